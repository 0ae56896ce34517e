import type { RuntimeFunctionName } from '../../isa/functions/index.ts';
import type { Fields } from '../../isa/instruction.ts';
import type { Block, Flag, Node, OperandSource, Operation } from '../ir/node.ts';
import { slots } from '../layout.ts';
import { registerSlot } from './reading.ts';

/** Every node of an operation, nested ones too. */
export function forEachNode(block: Block, visit: (node: Node) => void): void {
  for (const node of block.nodes) {
    visit(node);
    const { action } = node;
    if (action.kind === 'if' || action.kind === 'choose') {
      forEachNode(action.met, visit);
      if (action.unmet) forEachNode(action.unmet, visit);
    }
    if (action.kind === 'access') forEachNode(action.access.body, visit);
  }
}

/** What an operation touches, whatever its operands are. */
interface Touched {
  readonly registers: readonly { readonly source: OperandSource; readonly write: boolean }[];
  readonly flags: readonly { readonly flag: Flag; readonly write: boolean }[];
  readonly functions: readonly RuntimeFunctionName[];
}

const touchedBy = new WeakMap<Operation, Touched>();

function touched(operation: Operation): Touched {
  let known = touchedBy.get(operation);
  if (known) return known;
  const registers: { source: OperandSource; write: boolean }[] = [];
  const flags: { flag: Flag; write: boolean }[] = [];
  const functions: RuntimeFunctionName[] = [];
  forEachNode(operation.body, ({ action }) => {
    if (action.kind === 'read-register' || action.kind === 'write-register')
      registers.push({ source: action.source, write: action.kind === 'write-register' });
    else if (action.kind === 'read-flag' || action.kind === 'write-flag')
      flags.push({ flag: action.flag, write: action.kind === 'write-flag' });
    else if (action.kind === 'call') functions.push(action.name);
  });
  known = { registers, flags, functions };
  touchedBy.set(operation, known);
  return known;
}

/** The register slots and flags that an instruction reads and writes, in order; the zero register is neither. */
export function registerAccesses({ operation, fields }: { readonly operation: Operation; readonly fields: Fields }): {
  readonly registers: readonly { readonly slot: number; readonly write: boolean }[];
  readonly flags: readonly { readonly flag: Flag; readonly write: boolean }[];
} {
  const { registers, flags } = touched(operation);
  const used: { slot: number; write: boolean }[] = [];
  for (const { source, write } of registers) {
    const slot = registerSlot(source, fields);
    if (slot !== slots.zero && slot !== slots.discard) used.push({ slot, write });
  }
  return { registers: used, flags };
}

/** Runtime functions that an operation calls. */
export function functionsCalledBy(operation: Operation): readonly RuntimeFunctionName[] {
  return touched(operation).functions;
}
