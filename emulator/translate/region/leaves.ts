import { RECORDS_PER_PAGE, slots } from '../layout.ts';
import type { Surveyed } from './graph.ts';
import { registerAccesses } from './registers.ts';
import { shapeOf } from './shape.ts';

/** How far behind its first instruction those of a function may lie for it to be made part of its callers' regions. */
export const LEAF_MOST = 48;

/** The instructions that a small function at `entry` may consist of, from the first to before the second number: all in one page. */
export function leafBounds(entry: number): readonly [number, number] {
  return [entry, Math.min(entry + LEAF_MOST, (Math.floor(entry / RECORDS_PER_PAGE) + 1) * RECORDS_PER_PAGE)];
}

export const isWithin = (place: number, [first, end]: readonly [number, number]): boolean => place >= first && place < end;

const LINK_REGISTER = slots.x + 30;

/**
 * A function that calls nothing, never writes the link register and ends by returning to it: what is known of its instructions from `entry` on.
 * Where control goes to code that cannot be translated, or out of its bounds, a region ends as anywhere else.
 * @returns How many instructions it has; undefined: it is not such a function.
 */
export function leafAt(entry: number, code: Surveyed): number | undefined {
  const bounds = leafBounds(entry);
  const seen = new Set<number>();
  const work = [entry];
  let returns = false;
  for (let start = work.shift(); start !== undefined; start = work.shift()) {
    for (let place = start; !seen.has(place) && isWithin(place, bounds); place++) {
      const instruction = code.instruction(place);
      if (!instruction) break;
      const shape = shapeOf(instruction.operation);
      if (shape.kind === 'stop') break;
      if (shape.kind === 'call' || shape.kind === 'leave') return undefined;
      if (registerAccesses(instruction).registers.some(({ slot, write }) => write && slot === LINK_REGISTER)) return undefined;
      seen.add(place);
      if (shape.kind === 'plain') continue;
      if (shape.kind === 'return') {
        if (shape.register(instruction.fields) !== LINK_REGISTER) return undefined;
        returns = true;
      } else {
        work.push(place + shape.offset(instruction.fields) / 4);
        if (shape.kind === 'conditional') work.push(place + 1);
      }
      break;
    }
  }
  return returns ? seen.size : undefined;
}
