import type { CpuState } from '../../cpu/state.ts';
import { READ, WRITE } from '../../memory/access.ts';
import type { WatchedAccess } from '../../memory/data-watches.ts';
import { virtualPage, type WatchedRange } from '../../memory/watched-ranges.ts';
import type { DataAccess, DataBreakpoint } from '../machine.ts';
import { locate, type MemoryMap } from './memory.ts';

const PAGE = 4096n;
/** Without the address tag (bits 63:56): an access with another tag is one to the same bytes. */
const UNTAGGED = (1n << 56n) - 1n;
const rights = { read: READ, write: WRITE, readWrite: READ | WRITE } as const;

/** Data breakpoints as the MMU watches them. */
export class DataBreakpoints {
  private current: readonly DataBreakpoint[] = [];

  /**
   * @param hostOf Host address of a guest physical or physical address, or -1.
   * @param watch Replaces the MMU's watches.
   */
  constructor(
    private readonly hostOf: (space: 'ipa' | 'pa', address: bigint) => number,
    private readonly watch: (ranges: readonly WatchedRange[]) => void,
  ) {}

  /** Watches these and no others. The list it has already is not looked at again. */
  set(watches: readonly DataBreakpoint[]): void {
    if (watches === this.current || (watches.length === 0 && this.current.length === 0)) return;
    this.current = watches;
    this.watch(watches.flatMap((w) => (w.space === 'va' ? virtualRange(w) : this.hostRanges(w, w.space))));
  }

  /** What is contiguous in the guest need not be in the host: pieces of whole pages, joined where they follow one another. */
  private hostRanges({ id, address, bytes, access }: DataBreakpoint, space: 'ipa' | 'pa'): WatchedRange[] {
    const pieces: { start: number; end: number }[] = [];
    const end = address + BigInt(bytes);
    for (let at = address; at < end; ) {
      const next = at - (at % PAGE) + PAGE;
      const count = Number((next < end ? next : end) - at);
      const host = this.hostOf(space, at);
      const last = pieces.at(-1);
      if (host >= 0 && last?.end === host) last.end += count;
      else if (host >= 0) pieces.push({ start: host, end: host + count });
      at = next;
    }
    return pieces.map((p) => ({
      id,
      virtual: false,
      firstPage: Math.floor(p.start / 4096),
      first: p.start % 4096,
      lastPage: Math.floor((p.end - 1) / 4096),
      last: (p.end - 1) % 4096,
      access: rights[access],
    }));
  }
}

function virtualRange({ id, address, bytes, access }: DataBreakpoint): WatchedRange {
  const first = address & UNTAGGED;
  const last = first + BigInt(bytes) - 1n;
  const page = (at: bigint): number => virtualPage(Number(BigInt.asIntN(32, at)), Number(at >> 32n));
  return {
    id,
    virtual: true,
    firstPage: page(first),
    first: Number(first % PAGE),
    lastPage: last > UNTAGGED ? page(UNTAGGED) : page(last),
    last: last > UNTAGGED ? 4095 : Number(last % PAGE),
    access: rights[access],
  };
}

/** STXR, STLXR, STXP, STLXP: these have a status register Rs, 1 where nothing was stored (Arm ARM C4.1.94, Load/store exclusive). */
function storedNothing(word: number, state: CpuState): boolean {
  const pair = (word & (1 << 21)) !== 0;
  const exclusive = (word & 0x3fc0_0000) === 0x0800_0000 && (!pair || word >>> 31 === 1);
  const status = (word >>> 16) & 31;
  return exclusive && status !== 31 && (state.x(status) & 1n) === 1n;
}

/**
 * What the instruction at `pc`, just executed, did; undefined: it was a store exclusive that stored nothing.
 */
export function accessOf(access: WatchedAccess, pc: bigint, state: CpuState, map: MemoryMap): DataAccess | undefined {
  const { bytes } = map.physical;
  const { id, host, before, vaLow, vaHigh } = access;
  const write = (access.access & WRITE) !== 0;
  if (write && storedNothing(wordAt(pc, state, map), state)) return undefined;
  return {
    id,
    read: (access.access & READ) !== 0,
    write,
    address: (BigInt(vaHigh >>> 0) << 32n) | BigInt(vaLow >>> 0),
    before,
    after: bytes.slice(host, host + before.length),
  };
}

function wordAt(pc: bigint, state: CpuState, map: MemoryMap): number {
  const at = locate(map, state, 'va', pc);
  return 'host' in at ? map.physical.words[at.host >>> 2]! : 0;
}
