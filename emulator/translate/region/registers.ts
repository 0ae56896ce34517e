import type { RuntimeFunctionName } from '../../isa/functions/index.ts';
import type { Fields } from '../../isa/instruction.ts';
import { type Block, innerBlocks, type Node, type OperandSource, type Operation } from '../ir/node.ts';
import { slots } from '../layout.ts';
import { registerSlot } from './reading.ts';

/** Every node of an operation, nested ones too. */
export function forEachNode(block: Block, visit: (node: Node) => void): void {
  for (const node of block.nodes) {
    visit(node);
    for (const inner of innerBlocks(node)) forEachNode(inner, visit);
  }
}

/** What an operation touches, whatever its operands are. */
interface Touched {
  readonly registers: readonly { readonly source: OperandSource; readonly write: boolean }[];
  readonly readsFlags: boolean;
  readonly setsFlags: boolean;
  readonly functions: readonly RuntimeFunctionName[];
}

const touchedBy = new WeakMap<Operation, Touched>();

function touched(operation: Operation): Touched {
  let known = touchedBy.get(operation);
  if (known) return known;
  const registers: { source: OperandSource; write: boolean }[] = [];
  let readsFlags = false;
  let setsFlags = false;
  const functions: RuntimeFunctionName[] = [];
  forEachNode(operation.body, ({ action }) => {
    if (action.kind === 'read-register' || action.kind === 'write-register')
      registers.push({ source: action.source, write: action.kind === 'write-register' });
    else if (action.kind === 'read-flag') readsFlags = true;
    else if (action.kind === 'set-flags') setsFlags = true;
    else if (action.kind === 'call') functions.push(action.name);
  });
  known = { registers, readsFlags, setsFlags, functions };
  touchedBy.set(operation, known);
  return known;
}

/** The register slots that an instruction reads and writes, in order (the zero register is none), and what it does with the flags. */
export function registerAccesses({ operation, fields }: { readonly operation: Operation; readonly fields: Fields }): {
  readonly registers: readonly { readonly slot: number; readonly write: boolean }[];
  readonly readsFlags: boolean;
  readonly setsFlags: boolean;
} {
  const { registers, readsFlags, setsFlags } = touched(operation);
  const used: { slot: number; write: boolean }[] = [];
  for (const { source, write } of registers) {
    const slot = registerSlot(source, fields);
    if (slot !== slots.zero && slot !== slots.discard) used.push({ slot, write });
  }
  return { registers: used, readsFlags, setsFlags };
}

/** Runtime functions that an operation calls. */
export function functionsCalledBy(operation: Operation): readonly RuntimeFunctionName[] {
  return touched(operation).functions;
}
