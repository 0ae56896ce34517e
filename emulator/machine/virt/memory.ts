import type { CpuState } from '../../cpu/state.ts';
import { PROBE, READ } from '../../memory/access.ts';
import type { Mmu } from '../../memory/mmu.ts';
import type { PhysicalMemory } from '../../memory/physical-memory.ts';
import type { AddressSpace, MemoryRead } from '../machine.ts';

const PAGE = 4096;
const END = 1n << 64n;

/** What finds the bytes behind an address. */
export interface MemoryMap {
  readonly mmu: Mmu;
  readonly physical: PhysicalMemory;
  /** Host address of a guest physical address, or -1 where there is no memory. */
  hostOfIpa(ipa: number): number;
}

/** Where a page is, or why it is nowhere. */
export type Located = { readonly host: number } | { readonly reason: string };

/**
 * Host address behind a guest address, found without changing anything the guest can see: no Access flag is set, no fault is taken, and a page that KVM
 * has not mapped yet is found in its memory slot.
 */
export function locate({ mmu, physical, hostOfIpa }: MemoryMap, state: CpuState, space: AddressSpace, address: bigint): Located {
  if (space === 'pa') return found(address < 1n << 53n ? physical.hostOf(Number(address)) : -1, 'no physical memory');
  if (space === 'ipa') return found(address < 1n << 53n ? hostOfIpa(Number(address)) : -1, 'no guest memory');
  const { translation } = mmu;
  if (!translation.first(mmu.spaceOf(state), Number(address & 0xffff_ffffn) | 0, Number(address >> 32n) | 0, READ | PROBE))
    return { reason: translation.fault.describe() };
  return found(hostOfIpa(translation.ipa), `no guest memory at ipa 0x${translation.ipa.toString(16)}`);
}

const found = (host: number, reason: string): Located => (host < 0 ? { reason } : { host });

/** Reads page by page; what is not there is a hole. */
export function readMemory(map: MemoryMap, state: CpuState, space: AddressSpace, address: bigint, length: number): MemoryRead {
  const bytes = new Uint8Array(length);
  const holes: { offset: number; length: number; reason: string }[] = [];
  eachPage(address, length, (at, offset, count) => {
    const located = at >= END ? { reason: 'beyond the address space' } : locate(map, state, space, at);
    if ('host' in located) {
      map.physical.cache?.settle(located.host, count);
      bytes.set(map.physical.bytes.subarray(located.host, located.host + count), offset);
    } else {
      const last = holes.at(-1);
      if (last && last.offset + last.length === offset && last.reason === located.reason) last.length += count;
      else holes.push({ offset, length: count, reason: located.reason });
    }
    return true;
  });
  return { bytes, holes };
}

/**
 * Writes page by page up to the first that is not there; returns how many bytes were written.
 * @param written Told of every piece: code may have been there.
 */
export function writeMemory(
  map: MemoryMap,
  state: CpuState,
  space: AddressSpace,
  address: bigint,
  bytes: Uint8Array,
  written: (host: number, count: number) => void,
): number {
  let done = 0;
  eachPage(address, bytes.length, (at, offset, count) => {
    const located = at >= END ? undefined : locate(map, state, space, at);
    if (!located || !('host' in located)) return false;
    map.physical.bytes.set(bytes.subarray(offset, offset + count), located.host);
    map.physical.cache?.poked(located.host, count);
    written(located.host, count);
    done = offset + count;
    return true;
  });
  return done;
}

/** Pieces of a range that lie in one page each, until `visit` says false. */
function eachPage(address: bigint, length: number, visit: (at: bigint, offset: number, count: number) => boolean): void {
  for (let offset = 0; offset < length; ) {
    const at = address + BigInt(offset);
    const count = Math.min(length - offset, PAGE - Number(at % BigInt(PAGE)));
    if (!visit(at, offset, count)) return;
    offset += count;
  }
}
