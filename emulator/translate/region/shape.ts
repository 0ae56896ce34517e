import type { Fields } from '../../isa/instruction.ts';
import type { Action, Block, Node, Operation } from '../ir/node.ts';
import { registerSlot } from './reading.ts';

/** How control leaves an instruction, as far as a region has to know. */
export type Shape =
  /** To the next instruction (it may also leave the region from its middle). */
  | { readonly kind: 'plain' }
  /** PC-relative, always. */
  | { readonly kind: 'branch'; readonly offset: (f: Fields) => number }
  /** PC-relative, or to the next instruction. */
  | { readonly kind: 'conditional'; readonly offset: (f: Fields) => number }
  /** PC-relative, always, with the link register written. */
  | { readonly kind: 'call'; readonly offset: (f: Fields) => number }
  /** To the address in a register (by its slot), and meant as a return. */
  | { readonly kind: 'return'; readonly register: (f: Fields) => number }
  /** Elsewhere, as only the guest knows: the region ends with it. */
  | { readonly kind: 'leave' }
  /** Always hands over to the processor: it is not translated. */
  | { readonly kind: 'stop' };

const shapes = new WeakMap<Operation, Shape>();

/** The shape of an operation. */
export function shapeOf(operation: Operation): Shape {
  let shape = shapes.get(operation);
  if (!shape) {
    shape = classify(operation.body);
    shapes.set(operation, shape);
  }
  return shape;
}

function classify(body: Block): Shape {
  const last = body.nodes.at(-1);
  if (!last) return { kind: 'plain' };
  const { action } = last;
  switch (action.kind) {
    case 'branch':
      // A branch that writes the link register is a call.
      return { kind: body.nodes.some((n) => n.action.kind === 'write-register') ? 'call' : 'branch', offset: action.offset };
    case 'branch-register':
      return returnOf(action, last);
    case 'exit':
      return { kind: 'stop' };
    case 'if':
      return conditional(action.met, action.unmet);
    default:
      return { kind: 'plain' };
  }
}

function conditional(met: Block, unmet: Block | undefined): Shape {
  const only = met.nodes.length === 1 ? met.nodes[0]!.action : undefined;
  if (unmet === undefined && only?.kind === 'branch') return { kind: 'conditional', offset: only.offset };
  return { kind: 'plain' };
}

/** A return to what is in a register, as it is: not one whose address is authenticated first. */
function returnOf({ branch }: Extract<Action, { kind: 'branch-register' }>, { operands }: Node): Shape {
  const target = operands[0]!.action;
  if (branch !== 'return' || target.kind !== 'read-register') return { kind: 'leave' };
  return { kind: 'return', register: (f) => registerSlot(target.source, f) };
}
