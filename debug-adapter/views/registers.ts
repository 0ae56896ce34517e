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
  return values.map(({ name, value }) => registerNode(name, value, subject));
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
  const located = layout.length === 0 ? guest.symbols.locate(value) : undefined;
  const access = accessTo(name, subject);
  const expression = `$${name}`;
  return {
    name,
    value: `${hex(value, 64)}${located ? ` <${locationText(located)}>` : ''}`,
    type: '64 bits',
    expression,
    set: (to) => access.write(to),
    ...(layout.length > 0
      ? { children: async () => fieldNodes(layout, await access.read(), expression, access, 64) }
      : { memoryReference: memoryReference({ space: 'va', address: value, vcpu }) }),
  };
}
