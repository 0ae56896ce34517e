import { enableCapability } from '../kvm/capabilities.ts';
import type { Vm } from '../kvm/vm.ts';
import { LaunchError } from './loader/errors.ts';

const ARM_NISV_TO_USER = 177;

/** Capabilities of KVM that user space may enable, by name without KVM_CAP_, and their number in the kernel that runs. */
const numbers = {
  ARM_NISV_TO_USER: () => ARM_NISV_TO_USER,
  ARM_SEA_TO_USER: (vm: Vm) => vm.kernel.capabilities.ARM_SEA_TO_USER,
} as const satisfies Readonly<Record<string, (vm: Vm) => number>>;

export type EnabledCapability = keyof typeof numbers;
export const enableableCapabilities = Object.keys(numbers) as readonly EnabledCapability[];

/** @throws LaunchError that names what is at fault. */
export function checkCapabilities(given: unknown): readonly EnabledCapability[] {
  if (!Array.isArray(given))
    throw new LaunchError(`"capabilities" is a list of ${enableableCapabilities.join(', ')}, not ${JSON.stringify(given)}.`);
  for (const name of given)
    if (!enableableCapabilities.includes(name as EnabledCapability))
      throw new LaunchError(
        `"capabilities": ${JSON.stringify(name)} is none that user space can enable: ${enableableCapabilities.join(', ')}.`,
      );
  return given as EnabledCapability[];
}

/** KVM_ENABLE_CAP of each. */
export function enableCapabilities(vm: Vm, names: readonly EnabledCapability[]): void {
  for (const name of names) enableCapability(vm, numbers[name](vm));
}
