import { systemRegisters } from '../../emulator/isa/registers/index.ts';
import type { VariableNode } from './node.ts';
import { registerNodes, type Subject } from './registers.ts';

/** The system registers by the Arm ARM's functional groups. */
export function systemRegisterGroups(subject: Subject): VariableNode[] {
  const groups = new Map<string, string[]>();
  for (const { name, group } of systemRegisters) groups.set(group, [...(groups.get(group) ?? []), name]);
  return [...groups].map(([group, names]) => ({
    name: group,
    value: `${names.length} registers`,
    children: () => registerNodes(names, subject),
  }));
}
