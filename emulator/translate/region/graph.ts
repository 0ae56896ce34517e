import type { RuntimeFunctionName } from '../../isa/functions/index.ts';
import type { Fields } from '../../isa/instruction.ts';
import type { Operation } from '../ir/node.ts';
import { RECORDS_PER_PAGE } from '../layout.ts';
import { functionsCalledBy } from './registers.ts';
import { type Shape, shapeOf } from './shape.ts';

/** One instruction of a page, ready to be translated. */
export interface TranslatableInstruction {
  readonly fields: Fields;
  readonly operation: Operation;
}

export interface RegionInstruction extends TranslatableInstruction {
  /** Number in its page. */
  readonly index: number;
  readonly shape: Shape;
}

/** Where control goes: a block of the region, or back to the interpreter at an instruction, numbered from the start of the page (it may lie in another). */
export type Edge = { readonly block: RegionBlock } | { readonly dispatch: number };

export interface RegionBlock {
  /** Number of its first instruction in the page. */
  readonly start: number;
  readonly instructions: readonly RegionInstruction[];
  /** What follows: nothing where the last instruction leaves by itself; one edge; or met and unmet of a condition. */
  edges: Edge[];
}

/** Instructions in one region at most: larger functions take V8 longer than they win. */
const MOST_INSTRUCTIONS = 300;

/**
 * The blocks reachable from `entry` without leaving the page, as far as they can be translated.
 * @param lookup The instruction at a number in the page; undefined: it cannot be part of a region.
 * @returns The entry block first; undefined where not even the entry can be translated.
 */
export function discover(entry: number, lookup: (index: number) => TranslatableInstruction | undefined): RegionBlock[] | undefined {
  const found = new Map<number, RegionInstruction>();
  const leaders = new Set([entry]);
  const work = [entry];
  const lead = (index: number): void => {
    if (index < 0 || index >= RECORDS_PER_PAGE || leaders.has(index)) return;
    leaders.add(index);
    work.push(index);
  };
  for (let start = work.shift(); start !== undefined; start = work.shift()) {
    for (let index = start; index < RECORDS_PER_PAGE && !found.has(index) && found.size < MOST_INSTRUCTIONS; index++) {
      const instruction = lookup(index);
      if (!instruction) break;
      const shape = shapeOf(instruction.operation);
      if (shape.kind === 'stop') break;
      found.set(index, { ...instruction, index, shape });
      if (shape.kind === 'leave') break;
      if (shape.kind === 'plain') continue;
      lead(index + shape.offset(instruction.fields) / 4);
      if (shape.kind === 'branch') break;
      lead(index + 1);
      break;
    }
  }
  if (!found.has(entry)) return undefined;
  return blocksOf(entry, found, leaders);
}

function blocksOf(entry: number, found: ReadonlyMap<number, RegionInstruction>, leaders: ReadonlySet<number>): RegionBlock[] {
  const blocks = new Map<number, RegionBlock>();
  for (const start of leaders) {
    if (!found.has(start)) continue;
    const instructions: RegionInstruction[] = [];
    for (let index = start; ; index++) {
      const instruction = found.get(index);
      if (!instruction || (index !== start && leaders.has(index))) break;
      instructions.push(instruction);
      if (instruction.shape.kind !== 'plain') break;
    }
    blocks.set(start, { start, instructions, edges: [] });
  }
  const to = (index: number): Edge => {
    const block = blocks.get(index);
    return block ? { block } : { dispatch: index };
  };
  for (const block of blocks.values()) {
    const { index, shape, fields } = block.instructions.at(-1)!;
    if (shape.kind === 'plain') block.edges = [to(index + 1)];
    else if (shape.kind === 'branch') block.edges = [to(index + shape.offset(fields) / 4)];
    else if (shape.kind === 'conditional') block.edges = [to(index + shape.offset(fields) / 4), to(index + 1)];
  }
  const first = blocks.get(entry)!;
  return [first, ...[...blocks.values()].filter((b) => b !== first)];
}

/** Runtime functions that the blocks call. */
export function calledFunctions(blocks: readonly RegionBlock[]): Set<RuntimeFunctionName> {
  const names = new Set<RuntimeFunctionName>();
  for (const { instructions } of blocks)
    for (const { operation } of instructions) for (const name of functionsCalledBy(operation)) names.add(name);
  return names;
}
