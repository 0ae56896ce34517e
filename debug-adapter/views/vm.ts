import type { VariableNode } from './node.ts';
import type { Subject } from './registers.ts';

/** The virtual machine and its host: which kernel plays KVM, and what the host's processor has. */
export async function vmNodes({ guest }: Subject): Promise<VariableNode[]> {
  return (guest.loaded.host ?? []).map(({ name, value }) => ({ name, value }));
}
