import { hex } from '../../emulator/machine/expression/format.ts';
import type { AddressSpace } from '../../emulator/machine/machine.ts';
import { RequestError } from '../request-error.ts';

/** A place in memory that says which address space it is in and, for virtual addresses, whose translation applies. */
export interface MemoryReference {
  readonly space: AddressSpace;
  readonly address: bigint;
  /** vCPU whose current regime translates; undefined: the one the person looks at. */
  readonly vcpu?: number;
}

const syntax = /^\s*(?:(va|ipa|pa):)?(0x[0-9a-f]+|[0-9]+)(?:@([0-9]+))?\s*$/i;

/** `va:0x…`, `ipa:0x…`, `pa:0x…`, or a bare address (virtual); `@1` names a vCPU. Throws RequestError. */
export function parseMemoryReference(text: unknown): MemoryReference {
  const match = typeof text === 'string' ? syntax.exec(text) : null;
  if (!match) throw new RequestError(`"${String(text)}" is no memory reference: write va:0x…, ipa:0x… or pa:0x…`);
  const address = BigInt(match[2]!);
  if (address >= 1n << 64n) throw new RequestError(`${match[2]} does not fit into 64 bits`);
  const space = (match[1]?.toLowerCase() ?? 'va') as AddressSpace;
  return match[3] === undefined ? { space, address } : { space, address, vcpu: Number(match[3]) };
}

/** The text of a reference. vCPU 0 goes without saying. */
export function memoryReference({ space, address, vcpu }: MemoryReference): string {
  return `${space}:${hex(address)}${vcpu ? `@${vcpu}` : ''}`;
}
