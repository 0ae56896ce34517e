import { hex } from '../../emulator/machine/expression/format.ts';
import { fieldsOf } from '../../emulator/machine/names.ts';
import { memoryReference } from '../references/memory-reference.ts';
import { RequestError } from '../request-error.ts';
import type { Guest } from '../session-state.ts';
import { locationText } from '../symbols/symbols.ts';
import { fieldNodes, type RegisterAccess } from './fields.ts';
import type { VariableNode } from './node.ts';

/** What a register view is of. */
export interface Subject {
  readonly guest: Guest;
  readonly vcpu: number;
  /** Called after the person changed something. */
  readonly changed: () => void;
}

/** Rows for registers, read in one go. Registers this machine lacks are left out. */
export async function registerNodes(names: readonly string[], subject: Subject): Promise<VariableNode[]> {
  const values = await subject.guest.machine.readRegisters(subject.vcpu, names);
  const known = knownNodes(subject);
  const { version } = subject.guest.symbols;
  return values.map(({ name, value }) => {
    const last = known.get(name);
    if (last?.value === value && last.version === version) return last.node;
    const node = registerNode(name, value, subject);
    known.set(name, { value, version, node });
    return node;
  });
}

/** A register's last node, and the value and the version of the symbols it was made for: from one stop to the next few change. */
interface KnownNode {
  readonly value: bigint;
  readonly version: number;
  readonly node: VariableNode;
}

const known = new WeakMap<Guest, Map<string, KnownNode>[]>();

function knownNodes({ guest, vcpu }: Subject): Map<string, KnownNode> {
  let ofGuest = known.get(guest);
  if (!ofGuest) known.set(guest, (ofGuest = []));
  return (ofGuest[vcpu] ??= new Map());
}

/** A register as something to read and change. */
export function accessTo(name: string, { guest, vcpu, changed }: Subject): RegisterAccess {
  return {
    async read() {
      const [register] = await guest.machine.readRegisters(vcpu, [name]);
      if (!register) throw new RequestError(`this machine has no register ${name}`);
      return register.value;
    },
    async write(value) {
      await guest.machine.writeRegister(vcpu, name, value);
      changed();
    },
  };
}

/** Row of a 64-bit register: the value, the symbol it points to, its fields inside. */
export function registerNode(name: string, value: bigint, subject: Subject): VariableNode {
  const { guest, vcpu } = subject;
  const layout = fieldsOf(name);
  const expression = `$${name}`;
  const type = '64 bits';
  if (layout.length > 0) {
    const access = accessTo(name, subject);
    const children = async () => fieldNodes(layout, await access.read(), expression, access, 64);
    return { name, value: hex(value, 64), type, expression, set: access.write, children };
  }
  const located = guest.symbols.locate(value);
  const location = located && locationText(located);
  return {
    name,
    value: location === undefined ? hex(value, 64) : `${hex(value, 64)} <${location}>`,
    type,
    expression,
    set: (to) => accessTo(name, subject).write(to),
    memoryReference: memoryReference({ space: 'va', address: value, vcpu }),
  };
}
