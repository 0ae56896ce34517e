import type { CpuState } from '../../cpu/state.ts';
import type { LineState } from '../../memory/cache/cached-page.ts';
import { LINE_BYTES } from '../../memory/cache/cached-page.ts';
import type { CacheLineView, CacheQuery, CacheView } from '../memory-views.ts';
import { locate, type MemoryMap } from './memory.ts';

/**
 * The lines of a range that memory has otherwise than the cache, or all of them. Changes nothing.
 * @throws Error where the machine has no cache model.
 */
export function cacheView(map: MemoryMap, state: CpuState, { space, address, length, every = false }: CacheQuery): CacheView {
  const { cache } = map.physical;
  if (!cache) throw new Error('the machine has no cache model: launch it with "cacheModel": true');
  const counts: Record<LineState, number> = { absent: 0, clean: 0, dirty: 0 };
  const lines: CacheLineView[] = [];
  const holes: { address: bigint; reason: string }[] = [];
  const first = address - (address % BigInt(LINE_BYTES));
  for (let at = first; at < address + BigInt(Math.max(1, length)); at += BigInt(LINE_BYTES)) {
    const located = locate(map, state, space, at);
    if ('reason' in located) {
      if (holes.at(-1)?.reason !== located.reason) holes.push({ address: at, reason: located.reason });
      continue;
    }
    const { host } = located;
    const lineState = cache.stateOf(host);
    counts[lineState]++;
    const contents = cache.contents(host, LINE_BYTES);
    const differing = lineState === 'absent' ? [] : differingBytes(contents.cached, contents.memory);
    if (every || differing.length > 0)
      lines.push({ address: at, pa: BigInt(map.physical.physical(host)), state: lineState, ...contents, differing });
  }
  return { lines, counts, holes };
}

/** Runs of bytes that are not the same. */
function differingBytes(a: Uint8Array, b: Uint8Array): { offset: number; length: number }[] {
  const runs: { offset: number; length: number }[] = [];
  for (let n = 0; n < a.length; n++) {
    if (a[n] === b[n]) continue;
    const last = runs.at(-1);
    if (last && last.offset + last.length === n) last.length++;
    else runs.push({ offset: n, length: 1 });
  }
  return runs;
}
