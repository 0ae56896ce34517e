import { enableCapability } from '../kvm/capabilities.ts';
import type { Vm } from '../kvm/vm.ts';
import { LaunchError } from './loader/errors.ts';

/** Capabilities this VMM can make use of, by their names without KVM_CAP_, and their numbers in the kernel of a VM. */
const numbers = {
  ARM_NISV_TO_USER: () => 177,
  ARM_SEA_TO_USER: ({ kernel }: Vm) => kernel.capabilities.ARM_SEA_TO_USER,
} as const satisfies Readonly<Record<string, (vm: Vm) => number>>;

export type VmmCapability = keyof typeof numbers;

/** What it enables where nobody chose. */
export const vmmCapabilities = Object.keys(numbers) as readonly VmmCapability[];

/** KVM_ENABLE_CAP for each. @throws LaunchError for one that this VMM does not know. */
export function enableCapabilities(vm: Vm, wanted: readonly string[] = vmmCapabilities): void {
  for (const name of wanted) {
    if (!Object.hasOwn(numbers, name))
      throw new LaunchError(`"capabilities": this VMM can enable ${vmmCapabilities.join(' and ')}, not "${name}".`);
    enableCapability(vm, numbers[name as VmmCapability](vm));
  }
}
