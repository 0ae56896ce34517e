import { PROBE, READ } from './access.ts';
import type { AddressSpace } from './address-space.ts';
import type { CodePages } from './mmu.ts';
import type { PhysicalMemory } from './physical-memory.ts';
import type { Translation } from './translation.ts';

/** Which addresses: through both stages, through stage 2 only, or none. */
export type DebugSpace = 'va' | 'ipa' | 'pa';

/** Bytes read for a debugger; where nothing is mapped they are zero and counted as a hole. */
export interface DebugBytes {
  readonly bytes: Uint8Array;
  readonly holes: readonly { readonly offset: number; readonly length: number; readonly reason: string }[];
}

const PAGE = 4096n;

/** The debugger's access to memory: no permission, alignment, Access flag or poison check, and no effect on tables or TLBs. */
export class DebugMemory {
  constructor(
    private readonly translation: Translation,
    private readonly physical: PhysicalMemory,
    private readonly code: () => CodePages,
  ) {}

  /** Host address of a byte, or the reason why there is none. */
  locate(regime: AddressSpace, space: DebugSpace, address: bigint): number | string {
    const pa = this.physicalOf(regime, space, address);
    if (typeof pa === 'string') return pa;
    const host = this.physical.hostOf(pa);
    return host >= 0 ? host : `nothing answers at pa:0x${pa.toString(16)}`;
  }

  /** Physical address of a byte, or why there is none. */
  physicalOf(regime: AddressSpace, space: DebugSpace, address: bigint): number | string {
    const { translation } = this;
    if (space === 'va') {
      const low = Number(BigInt.asIntN(32, address));
      const high = Number(BigInt.asIntN(32, address >> 32n));
      return translation.translate(regime, low, high, READ | PROBE) ? translation.pa : translation.fault.describe();
    }
    const wide = Number(BigInt.asUintN(64, address));
    if (space === 'pa') return wide;
    if (wide >= 2 ** 48) return `ipa:0x${address.toString(16)} is out of range`;
    const { stage2 } = translation;
    return stage2.translate(regime.configuration, regime.stage2Space, wide, READ | PROBE) ? stage2.pa : translation.fault.describe();
  }

  read(regime: AddressSpace, space: DebugSpace, address: bigint, length: number): DebugBytes {
    const bytes = new Uint8Array(length);
    const holes: { offset: number; length: number; reason: string }[] = [];
    this.eachPage(address, length, (at, offset, count) => {
      const host = this.locate(regime, space, at);
      if (typeof host === 'number') {
        this.physical.cache?.settle(host, count);
        bytes.set(this.physical.bytes.subarray(host, host + count), offset);
      } else {
        const last = holes.at(-1);
        if (last && last.offset + last.length === offset && last.reason === host) last.length += count;
        else holes.push({ offset, length: count, reason: host });
      }
    });
    return { bytes, holes };
  }

  /** Writes what can be written from the start on; number of bytes written. Read-only pages are written too: the debugger patches code. */
  write(regime: AddressSpace, space: DebugSpace, address: bigint, bytes: Uint8Array): number {
    let written = 0;
    this.eachPage(address, bytes.length, (at, offset, count) => {
      if (written !== offset) return;
      const host = this.locate(regime, space, at);
      if (typeof host !== 'number') return;
      const code = this.code();
      if (code.holdsCode(host - (host & 0xfff))) code.written(host, count);
      this.physical.bytes.set(bytes.subarray(offset, offset + count), host);
      this.physical.cache?.poked(host, count);
      written += count;
    });
    return written;
  }

  private eachPage(address: bigint, length: number, visit: (address: bigint, offset: number, count: number) => void): void {
    for (let offset = 0; offset < length; ) {
      const at = BigInt.asUintN(64, address + BigInt(offset));
      const count = Math.min(length - offset, Number(PAGE - (at % PAGE)));
      visit(at, offset, count);
      offset += count;
    }
  }
}
