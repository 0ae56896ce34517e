import { debug } from './debug.ts';
import { exception } from './exception.ts';
import { extensions } from './extensions.ts';
import { provideRegisterNames } from './fields/encoding-names.ts';
import { registerFields } from './fields/index.ts';
import { gicCpuInterface, gicVirtual } from './gic.ts';
import { hypervisor } from './hypervisor.ts';
import { identification } from './identification.ts';
import { control, memoryControl, pointerAuthentication, threads } from './memory-control.ts';
import { performance } from './performance.ts';
import { processState } from './process-state.ts';
import type { SystemRegister } from './register.ts';
import { timer } from './timer.ts';

const groups: readonly SystemRegister[] = [
  ...processState,
  ...memoryControl,
  ...control,
  ...exception,
  ...threads,
  ...pointerAuthentication,
  ...timer,
  ...gicCpuInterface,
  ...hypervisor,
  ...gicVirtual,
  ...identification,
  ...debug,
  ...performance,
  ...extensions,
];

/** Every system register, in slot order, with the layout of its fields. */
export const systemRegisters: readonly SystemRegister[] = groups.map((register) => {
  const fields = registerFields[register.name];
  return fields ? { ...register, fields } : register;
});

/** op0:op1:CRn:CRm:op2 in 16 bits, as bits 20:5 of MRS, MSR and SYS hold them. */
export const registerKey = (op0: number, op1: number, CRn: number, CRm: number, op2: number): number =>
  (op0 << 14) | (op1 << 11) | (CRn << 7) | (CRm << 3) | op2;

const slotsByName = new Map(systemRegisters.map((r, slot) => [r.name.toLowerCase(), slot]));
const slotsByKey = new Map(systemRegisters.map((r, slot) => [registerKey(r.op0, r.op1, r.CRn, r.CRm, r.op2), slot]));

/** Storage slot (in the vCPU's system block) of a register by name, whatever its case. Throws for an unknown name. */
export function systemRegisterSlot(name: string): number {
  const slot = slotsByName.get(name.toLowerCase());
  if (slot === undefined) throw new Error(`no system register is called ${name}`);
  return slot;
}

/** Storage slot by packed encoding (`registerKey`), or -1 where no register is known. */
export function slotByKey(key: number): number {
  return slotsByKey.get(key) ?? -1;
}

/** The register with this name, whatever its case, or undefined. */
export function byName(name: string): SystemRegister | undefined {
  const slot = slotsByName.get(name.toLowerCase());
  return slot === undefined ? undefined : systemRegisters[slot];
}

/** The register with this encoding, or undefined. */
export function byEncoding(op0: number, op1: number, CRn: number, CRm: number, op2: number): SystemRegister | undefined {
  return systemRegisters[slotByKey(registerKey(op0, op1, CRn, CRm, op2))];
}

/** The name every assembler accepts for an encoding without a name: `S3_0_C5_C2_0`. */
export const genericName = (op0: number, op1: number, CRn: number, CRm: number, op2: number): string =>
  `S${op0}_${op1}_C${CRn}_C${CRm}_${op2}`;

provideRegisterNames((op0, op1, CRn, CRm, op2) => byEncoding(op0, op1, CRn, CRm, op2)?.name ?? genericName(op0, op1, CRn, CRm, op2));
