import type { RuntimeFunctionName } from '../../isa/functions/index.ts';
import type { Fields } from '../../isa/instruction.ts';
import type { Operation } from '../ir/node.ts';
import { RECORDS_PER_PAGE, slots } from '../layout.ts';
import { isWithin, leafAt, leafBounds } from './leaves.ts';
import { functionsCalledBy } from './registers.ts';
import { type Shape, shapeOf } from './shape.ts';

/** One instruction, ready to be translated. */
export interface TranslatableInstruction {
  readonly fields: Fields;
  readonly operation: Operation;
}

/** The code around a region's entry. Instructions are numbered from the start of the entry's page; numbers outside it lie in other pages. */
export interface Surveyed {
  /** undefined: it cannot be part of a region. */
  instruction(place: number): TranslatableInstruction | undefined;
  /** Records of the page where a called function begins, if it is another page than the entry's and known; undefined: the entry's own. */
  recordsOf(place: number): number | undefined;
}

export interface RegionInstruction extends TranslatableInstruction {
  /** Number, counted from the start of the entry's page. */
  readonly place: number;
  readonly shape: Shape;
}

/** Where control goes: to a block of the region, perhaps through a dispatch, or out of the region to an instruction by its number. */
export type Edge = { readonly block: RegionBlock; readonly through?: RegionBlock } | { readonly dispatch: number };

/** The block that control reaches first; undefined: it leaves the region. */
export const reached = (edge: Edge): RegionBlock | undefined => ('block' in edge ? (edge.through ?? edge.block) : undefined);

export interface RegionBlock {
  /** Number of its first instruction. */
  readonly start: number;
  readonly instructions: readonly RegionInstruction[];
  /** The last instruction calls a function of another page, whose block follows: records that the page must have. */
  readonly guard?: number | undefined;
  /** What follows: nothing where the last instruction leaves by itself; one edge; met and unmet of a condition; or all that a dispatch chooses from. */
  edges: Edge[];
  /** No guest code: control goes on to the block whose `entry` is in a local (dispatch.ts). */
  readonly dispatches?: true;
  /** What a dispatch knows the block by. */
  entry?: number;
}

/** Instructions in one region at most: larger functions take V8 longer than they win. */
export const MOST_INSTRUCTIONS = 300;

/** A stretch of code as it is entered in one way: the entry's own, or a small function for one of its callers. */
interface Context {
  /** Instructions that may be part of it: from the first to before the second number. */
  readonly within: readonly [number, number];
  readonly found: Map<number, RegionInstruction>;
  readonly leaders: Set<number>;
  /** Where the function returns to. */
  readonly caller?: { readonly context: Context; readonly place: number };
  /** Functions that are called from here and part of the region, by the place of the call. */
  readonly calls: Map<number, Context>;
  readonly blocks: Map<number, RegionBlock>;
}

const makeContext = (entry: number, within: Context['within'], caller?: Context['caller']): Context => ({
  within,
  found: new Map(),
  leaders: new Set([entry]),
  ...(caller ? { caller } : {}),
  calls: new Map(),
  blocks: new Map(),
});

/**
 * The blocks reachable from `entry`, as far as they can be translated: in its page, and in small functions that are called from there and call nothing
 * themselves, once for each place that calls them. @returns The entry block first; undefined where not even the entry can be translated.
 */
export function discover(entry: number, code: Surveyed): RegionBlock[] | undefined {
  const contexts = [makeContext(entry, [0, RECORDS_PER_PAGE])];
  const [own] = contexts as [Context];
  const work: { context: Context; start: number }[] = [{ context: own, start: entry }];
  let size = 0;
  const lead = (context: Context, place: number): void => {
    if (!isWithin(place, context.within) || context.leaders.has(place)) return;
    context.leaders.add(place);
    work.push({ context, start: place });
  };
  for (let item = work.shift(); item; item = work.shift()) {
    const { context, start } = item;
    for (let place = start; isWithin(place, context.within) && !context.found.has(place) && size < MOST_INSTRUCTIONS; place++) {
      const instruction = code.instruction(place);
      if (!instruction) break;
      const shape = shapeOf(instruction.operation);
      if (shape.kind === 'stop') break;
      context.found.set(place, { ...instruction, place, shape });
      size++;
      if (shape.kind === 'plain') continue;
      if (shape.kind === 'branch') lead(context, place + shape.offset(instruction.fields) / 4);
      else if (shape.kind === 'conditional') {
        lead(context, place + shape.offset(instruction.fields) / 4);
        lead(context, place + 1);
      } else if (shape.kind === 'call' && context === own) {
        const target = place + shape.offset(instruction.fields) / 4;
        const leaf = leafAt(target, code);
        if (leaf !== undefined && size + leaf <= MOST_INSTRUCTIONS) {
          const callee = makeContext(target, leafBounds(target), { context, place: place + 1 });
          contexts.push(callee);
          context.calls.set(place, callee);
          // Callee first: it is known to fit.
          work.unshift({ context: callee, start: target });
          lead(context, place + 1);
        }
      }
      break;
    }
  }
  if (!own.found.has(entry)) return undefined;
  for (const context of contexts) makeBlocks(context, code);
  for (const context of contexts) connect(context);
  const all = contexts.flatMap((context) => [...context.blocks.values()]);
  const first = own.blocks.get(entry)!;
  return [first, ...all.filter((block) => block !== first)];
}

function makeBlocks({ found, leaders, calls, blocks }: Context, code: Surveyed): void {
  for (const start of leaders) {
    if (!found.has(start)) continue;
    const instructions: RegionInstruction[] = [];
    for (let place = start; ; place++) {
      const instruction = found.get(place);
      if (!instruction || (place !== start && leaders.has(place))) break;
      instructions.push(instruction);
      if (instruction.shape.kind !== 'plain') break;
    }
    const callee = calls.get(instructions.at(-1)!.place);
    const guard = callee ? code.recordsOf([...callee.leaders][0]!) : undefined;
    blocks.set(start, { start, instructions, guard, edges: [] });
  }
}

function connect(context: Context): void {
  const to = (place: number, { blocks }: Context = context): Edge => {
    const block = blocks.get(place);
    return block ? { block } : { dispatch: place };
  };
  for (const block of context.blocks.values()) {
    const { place, shape, fields } = block.instructions.at(-1)!;
    if (shape.kind === 'plain') block.edges = [to(place + 1)];
    else if (shape.kind === 'branch') block.edges = [to(place + shape.offset(fields) / 4)];
    else if (shape.kind === 'conditional') block.edges = [to(place + shape.offset(fields) / 4), to(place + 1)];
    else if (shape.kind === 'call') {
      const callee = context.calls.get(place);
      const target = place + shape.offset(fields) / 4;
      if (callee?.blocks.has(target)) block.edges = [to(target, callee)];
    } else if (shape.kind === 'return' && context.caller && shape.register(fields) === slots.x + 30) {
      // Nothing in the function writes the link register.
      block.edges = [to(context.caller.place, context.caller.context)];
    }
  }
}

/** Runtime functions that the blocks call. */
export function calledFunctions(blocks: readonly RegionBlock[]): Set<RuntimeFunctionName> {
  const names = new Set<RuntimeFunctionName>();
  for (const { instructions } of blocks)
    for (const { operation } of instructions) for (const name of functionsCalledBy(operation)) names.add(name);
  return names;
}
