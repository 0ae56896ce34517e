import { bits } from '../../emulator/isa/registers/field-lookup.ts';
import type { ExitRecord, Machine, StopCause } from '../../emulator/machine/machine.ts';
import type { TranslationQuery } from '../../emulator/machine/memory-views.ts';

/** The address a stop is about, and the access that was made to it. */
export interface FaultAddress {
  /** What holds it. */
  readonly register: string;
  readonly query: TranslationQuery;
}

/** Instruction and data aborts from a lower level, and from the same. */
const aborts: ReadonlyMap<number, 'fetch' | 'data'> = new Map([
  [0x20, 'fetch'],
  [0x21, 'fetch'],
  [0x24, 'data'],
  [0x25, 'data'],
]);

/** Exits that aborts make; at the others ESR_EL2 may be of an earlier exception. */
const abortExits: ReadonlySet<string> = new Set([
  ...['KVM_EXIT_MMIO', 'KVM_EXIT_ARM_NISV', 'KVM_EXIT_ARM_LDST64B', 'KVM_EXIT_ARM_SEA', 'KVM_EXIT_MEMORY_FAULT'],
]);

/** FnV: FAR holds no address. */
const FNV = 1n << 10n;
const WNR = 1n << 6n;
/** CM, S1PTW: WnR is not of the access the program made. */
const NOT_THE_ACCESS = (1n << 8n) | (1n << 7n);

/** Where an abort was, of an exit to the hypervisor or a guest exception; undefined: the stop is none, or the syndrome names no address. */
export async function faultAddress(cause: StopCause, vcpu: number, machine: Machine): Promise<FaultAddress | undefined> {
  if (cause.kind === 'exit') {
    if (!abortExits.has(cause.exit.name)) return undefined;
    const values = await machine.readRegisters(vcpu, ['ESR_EL2', 'FAR_EL2', 'pstate']);
    const value = (name: string): bigint => values.find((r) => r.name === name)?.value ?? 0n;
    return addressOf('FAR_EL2', value('ESR_EL2'), value('FAR_EL2'), value('pstate')) ?? guestPhysical(cause.exit);
  }
  if (cause.kind !== 'exception') return undefined;
  const { esr, far, spsr, targetEl } = cause.exception;
  return addressOf(`FAR_EL${targetEl}`, esr, far, spsr);
}

/** FAR holds no address, but `kvm_run` a guest physical one. */
function guestPhysical({ fields }: ExitRecord): FaultAddress | undefined {
  const valid = fields.find(({ name }) => name === 'flags')?.meaning?.includes('GPA_VALID');
  const address = fields.find(({ name }) => name === 'gpa')?.value;
  return valid && address !== undefined ? { register: 'gpa', query: { space: 'ipa', address } } : undefined;
}

/** @param pstate Where the access was made: taking the exception has changed it since. */
function addressOf(register: string, esr: bigint, address: bigint, pstate: bigint): FaultAddress | undefined {
  const abort = aborts.get(Number(bits(esr, 31, 26)));
  const external = bits(esr, 5, 0) === 0b010000n;
  if (!abort || (external && (esr & FNV) !== 0n)) return undefined;
  const kind = abort === 'fetch' ? 'fetch' : (esr & WNR) !== 0n && (esr & NOT_THE_ACCESS) === 0n ? 'write' : 'read';
  const el = bits(pstate, 3, 2) === 0n ? 0 : 1;
  return { register, query: { space: 'va', address, kind, el, pan: bits(pstate, 22, 22) !== 0n } };
}
