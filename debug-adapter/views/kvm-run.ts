import { hex } from '../../emulator/machine/expression/format.ts';
import type { ExitField } from '../../emulator/machine/machine.ts';
import { fieldsOf } from '../../emulator/machine/names.ts';
import { fieldNodes } from './fields.ts';
import type { VariableNode } from './node.ts';
import { registerNodes, type Subject } from './registers.ts';

/** EL2 registers in which KVM finds why the guest came out (Arm ARM, exceptions taken to EL2). */
const syndromeRegisters = ['ESR_EL2', 'FAR_EL2', 'HPFAR_EL2', 'ELR_EL2', 'SPSR_EL2'];

/** The fields of a record that are in use: of `data[16]` the first `ndata`. */
export function meaningful(fields: readonly ExitField[]): readonly ExitField[] {
  const used = fields.find((f) => f.name === 'ndata')?.value;
  if (used === undefined) return fields;
  return fields.filter(({ name }) => {
    const index = /^data\[([0-9]+)\]$/.exec(name);
    return !index || BigInt(index[1]!) < used;
  });
}

/** `kvm_run` at the last exit, and the exception to EL2 behind it. */
export async function kvmRunNodes(subject: Subject): Promise<VariableNode[]> {
  const exit = await subject.guest.machine.exitRecord(subject.vcpu);
  const record: VariableNode[] = exit
    ? [
        { name: 'exit_reason', value: `${exit.reason} (${exit.name})`, type: 'u32' },
        ...(exit.answer === undefined ? [] : [{ name: 'answer', value: exit.answer, type: 'by hand' }]),
        ...meaningful(exit.fields).map(({ name, value, bytes, meaning }): VariableNode => {
          const layout = bytes >= 4 ? fieldsOf(name) : [];
          return {
            name,
            value: `${hex(value)}${meaning === undefined ? '' : ` (${meaning})`}`,
            type: `u${bytes * 8}`,
            set: async (to) => {
              await subject.guest.machine.writeExitField(subject.vcpu, name, to);
              subject.changed();
            },
            ...(layout.length > 0 ? { children: async () => fieldNodes(layout, value, undefined, undefined, bytes * 8) } : {}),
          };
        }),
      ]
    : [{ name: 'exit_reason', value: 'no exit to user space yet' }];
  return [...record, ...(await registerNodes(syndromeRegisters, subject))];
}
