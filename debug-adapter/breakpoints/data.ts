import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Expression } from '../../emulator/machine/expression/ast.ts';
import { hex } from '../../emulator/machine/expression/format.ts';
import { parseExpression } from '../../emulator/machine/expression/parser.ts';
import type { DataAccess, DataBreakpoint } from '../../emulator/machine/machine.ts';
import { memoryReference, parseMemoryReference } from '../references/memory-reference.ts';
import { RequestError } from '../request-error.ts';
import type { Guest } from '../session-state.ts';
import { locationText } from '../symbols/symbols.ts';
import type { Wish } from './book.ts';
import { type ConditionTexts, parseConditions } from './conditions.ts';
import { imagePlace, type Place } from './place.ts';

/** More is no watch but a mistake: every access of the guest would take the slow path. */
const MAX_BYTES = 1 << 30;
const END = 1n << 64n;

/** Memory to watch, as a client keeps it: a place, or a symbol, which is looked for again in the next guest. */
export interface WatchedData {
  readonly of: string;
  readonly bytes: number;
  /** It was worked out from registers or memory: in another run it is something else. */
  readonly momentary?: true;
}

const dataId = ({ of, bytes }: WatchedData): string => `${of}/${bytes}`;

/** Reads what `dataId` wrote. Throws RequestError. */
function parseDataId(text: unknown): WatchedData {
  const match = typeof text === 'string' ? /^(.+)\/([0-9]+)$/s.exec(text) : null;
  if (!match)
    throw new RequestError(`"${String(text)}" is no dataId of dataBreakpointInfo: write va:0x…/8, ipa:0x…/8, pa:0x…/8 or symbol:name/8`);
  return { of: match[1]!, bytes: checkedBytes(Number(match[2])) };
}

function checkedBytes(bytes: number): number {
  if (!Number.isInteger(bytes) || bytes < 1 || bytes > MAX_BYTES)
    throw new RequestError(`1 to ${MAX_BYTES} bytes can be watched, not ${bytes}`);
  return bytes;
}

/**
 * Where watched data is. A symbol of the kernel image is watched at the guest physical address it was loaded to: accesses count before the MMU is on, wherever KASLR
 * maps the image, and by whatever mapping.
 */
function placeOf(of: string, guest: Guest): Place {
  const name = /^symbol:(.*)$/s.exec(of)?.[1];
  if (name === undefined) return parseMemoryReference(of);
  const symbol = guest.symbols.find(name);
  if (!symbol) throw new RequestError(`no symbol is called "${name}"`);
  return imagePlace(symbol.address, guest) ?? { space: 'va', address: guest.symbols.runtimeAddress(name)! };
}

/** The largest access that is aligned at an address. */
const naturalBytes = (address: bigint): number => [8, 4, 2].find((bytes) => address % BigInt(bytes) === 0n) ?? 1;

/**
 * What a name in the editor stands for: an address (`va:0x…`, `ipa:0x…`, `pa:0x…`), a symbol with its size, or an expression that is memory (`[sp]`, `*(u32*)x0`).
 * Throws RequestError with the reason where it is no memory.
 */
export async function watchedData(name: string, bytes: number | undefined, vcpu: number, guest: Guest): Promise<WatchedData> {
  const text = name.trim();
  if (/^(va|ipa|pa):/i.test(text)) {
    const { space, address } = parseMemoryReference(text);
    return { of: memoryReference({ space, address }), bytes: checkedBytes(bytes ?? naturalBytes(address)) };
  }
  const symbol = guest.names.register(text) ? undefined : guest.symbols.find(text);
  if (symbol) return { of: `symbol:${text}`, bytes: checkedBytes(bytes ?? (symbol.size || naturalBytes(symbol.address))) };
  const memory = memoryIn(parsed(text, guest));
  if (!memory) throw new RequestError(`${text} is not in memory: watch what it points to with [${text}]`);
  const address = await guest.machine.evaluate(vcpu, memory.address);
  return { of: memoryReference({ space: memory.space, address }), bytes: checkedBytes(bytes ?? memory.bytes), momentary: true };
}

/** An address to watch: as `watchedData`, and a value is one too. */
export async function watchedAddress(name: string, bytes: number | undefined, vcpu: number, guest: Guest): Promise<WatchedData> {
  if (/^\s*(va|ipa|pa):/i.test(name)) return watchedData(name, bytes, vcpu, guest);
  const address = await guest.machine.evaluate(vcpu, parsed(name, guest));
  return { of: memoryReference({ space: 'va', address }), bytes: checkedBytes(bytes ?? naturalBytes(address)) };
}

function parsed(text: string, { names }: Guest): Expression {
  try {
    return parseExpression(text, names);
  } catch (error) {
    throw new RequestError((error as Error).message);
  }
}

function memoryIn(e: Expression): Extract<Expression, { readonly kind: 'memory' }> | undefined {
  return e.kind === 'memory' ? e : e.kind === 'cast' ? memoryIn(e.operand) : undefined;
}

/** For dataBreakpointInfo. */
export function dataInfo(data: WatchedData, guest: Guest): DebugProtocol.DataBreakpointInfoResponse['body'] {
  const { space, address } = placeOf(data.of, guest);
  const named = data.of.startsWith('symbol:') ? `${data.of.slice(7)} at ` : '';
  const located = named === '' && space === 'va' ? guest.symbols.locate(address) : undefined;
  const where = `${named}${space}:${hex(address)}${located ? ` <${locationText(located)}>` : ''}`;
  return {
    dataId: dataId(data),
    description: `${data.bytes} byte${data.bytes === 1 ? '' : 's'}: ${where}`,
    accessTypes: ['read', 'write', 'readWrite'],
    canPersist: !data.momentary,
  };
}

/** A data breakpoint as a client asks for it. */
export function dataWish(asked: DebugProtocol.DataBreakpoint & ConditionTexts): Wish {
  return {
    key: JSON.stringify(asked),
    resolve(id, guest) {
      try {
        const { of, bytes } = parseDataId(asked.dataId);
        const { space, address } = placeOf(of, guest);
        if (address + BigInt(bytes) > END) throw new RequestError(`${bytes} bytes at ${hex(address)} reach beyond the address space`);
        const access = asked.accessType ?? 'write';
        if (!['read', 'write', 'readWrite'].includes(access)) throw new RequestError(`there is no access type "${String(access)}"`);
        const data: DataBreakpoint = { id, space, address, bytes, access, ...parseConditions(asked, guest.names) };
        return { shown: { verified: true }, data };
      } catch (error) {
        return { shown: { verified: false, message: (error as Error).message, reason: 'failed' } };
      }
    },
  };
}

/** What happened to watched memory, in one line: `8 bytes at va:0x… <jiffies_64>: 0x1 → 0x2, written by tick+0x10`. */
export function accessText({ read, write, address, before, after }: DataAccess, pc: bigint, { symbols }: Guest): string {
  const name = (at: bigint): string => {
    const located = symbols.locate(at);
    return located ? ` <${locationText(located)}>` : '';
  };
  const done = [...(read ? ['read'] : []), ...(write ? ['written'] : [])].join(' and ');
  const change = write ? `${valueText(before)} → ${valueText(after)}` : valueText(after);
  const bytes = `${after.length} byte${after.length === 1 ? '' : 's'}`;
  return `${bytes} at va:${hex(address)}${name(address)}: ${change}, ${done} by va:${hex(pc)}${name(pc)}`;
}

/** Little-endian. */
function valueText(bytes: Uint8Array): string {
  return hex(BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`), bytes.length * 8);
}
