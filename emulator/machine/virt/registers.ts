import { readPstate } from '../../cpu/core.ts';
import type { Processor } from '../../cpu/processor.ts';
import { levelOf, PSTATE } from '../../cpu/pstate.ts';
import type { CpuState } from '../../cpu/state.ts';
import { systemRegisterSlot, systemRegisters } from '../../isa/registers/index.ts';
import type { SystemRegister } from '../../isa/registers/register.ts';
import { slots } from '../../translate/layout.ts';

/** Reading these acknowledges an interrupt: a debugger must not. */
const readsWithEffect: ReadonlySet<string> = new Set(['ICC_IAR0_EL1', 'ICC_IAR1_EL1', 'ICC_NMIAR1_EL1', 'RNDR', 'RNDRRS']);

/** The banked register that the current stack pointer belongs to: while it is in use its value is in the SP slot. */
const stackInUse = (state: CpuState): string => (readPstate(state) & PSTATE.SP ? `SP_EL${levelOf(readPstate(state))}` : 'SP_EL0');

const byName = new Map<string, SystemRegister>(systemRegisters.map((r) => [r.name, r]));
const canBeRead = ({ access }: SystemRegister): boolean =>
  [access.el0, access.el1, access.el2].some((right) => right === 'read-only' || right === 'read-write');

/** Slot of a register that is nothing but its slot; undefined for the others. */
export const registerNumber = (name: string): number | undefined => plainSlots.get(name);

const plainSlots = new Map<string, number>([
  ...Array.from({ length: 31 }, (_, n): [string, number] => [`x${n}`, slots.x + n]),
  ['sp', slots.sp],
  ['pc', slots.pc],
]);

/** A register by the machine's name for it; undefined where this vCPU has none or where a read would change something. */
export function readRegister(processor: Processor, name: string): bigint | undefined {
  const { state, features } = processor;
  const plain = plainSlots.get(name);
  if (plain !== undefined) return state.get(plain);
  const vector = /^v([0-9]|[12][0-9]|3[01])$/.exec(name);
  if (vector) {
    const [low, high] = state.v(Number(vector[1]));
    return (high << 64n) | low;
  }
  switch (name) {
    case 'pstate':
      return BigInt(readPstate(state));
    case 'fpcr':
      return state.get(slots.fpcr);
    case 'fpsr':
      return state.get(slots.fpsr);
  }
  if (name === stackInUse(state)) return state.get(slots.sp);
  const register = byName.get(name);
  if (!register || readsWithEffect.has(name) || !canBeRead(register)) return undefined;
  if (register.feature && !features.has(register.feature)) return undefined;
  return processor.readSystemRegister(systemRegisterSlot(name));
}

/** Sets a register as the architecture lets MSR do it: read-only bits keep their value. Throws for what cannot be set. */
export function writeRegister(processor: Processor, name: string, value: bigint): void {
  const { state, features } = processor;
  const general = /^([xv])([0-9]|[12][0-9]|3[01])$/.exec(name);
  const word = BigInt.asUintN(64, value);
  if (general?.[1] === 'x' && general[2] !== '31') state.setX(Number(general[2]), word);
  else if (general?.[1] === 'v') state.setV(Number(general[2]), word, BigInt.asUintN(64, value >> 64n));
  else if (name === 'sp' || name === stackInUse(state)) state.set(slots.sp, word);
  else if (name === 'pc') {
    if (word % 4n !== 0n) throw new Error(`pc must be a multiple of 4, not 0x${word.toString(16)}`);
    state.set(slots.pc, word);
  } else if (name === 'pstate') processor.pstate = Number(BigInt.asUintN(32, value));
  else if (name === 'fpcr') state.set(slots.fpcr, word);
  else if (name === 'fpsr') state.set(slots.fpsr, word);
  else {
    const register = byName.get(name);
    if (!register || (register.feature && !features.has(register.feature))) throw new Error(`this vCPU has no register ${name}`);
    const rights = [register.access.el0, register.access.el1, register.access.el2];
    if (!rights.some((right) => right === 'read-write' || right === 'write-only')) throw new Error(`${name} is read-only`);
    processor.writeSystemRegister(systemRegisterSlot(name), word);
  }
  processor.invalidateDerivedState();
}
