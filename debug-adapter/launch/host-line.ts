import type { LoadedGuest } from '../../emulator/machine/machine.ts';

/** One line for the Debug Console: which kernel and which host are in force. */
export function hostLine({ host }: LoadedGuest): string | undefined {
  if (!host || host.length === 0) return undefined;
  const [profile, ...facts] = host;
  return `KVM: kernel profile ${profile!.value}; ${facts.map(({ name, value }) => `${name} ${value}`).join(', ')}\n`;
}
