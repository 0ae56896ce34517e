import type { SystemRegister } from './register.ts';

/** Every system register, in slot order. */
export const systemRegisters: readonly SystemRegister[] = [];

/** Storage slot (in the vCPU's system block) of a register by name. Throws for an unknown name. */
export function systemRegisterSlot(name: string): number {
  const slot = systemRegisters.findIndex((r) => r.name === name);
  if (slot < 0) throw new Error(`no system register is called ${name}`);
  return slot;
}
