import { vector } from '../cpu/core.ts';
import type { ProcessorExit } from '../cpu/processor-exit.ts';
import { PSTATE } from '../cpu/pstate.ts';
import { slots } from '../translate/layout.ts';
import { FAIL_ENTRY_CPU_UNSUPPORTED, failEntry, failEntryAt } from './exits/fail-entry.ts';
import { internalError, internalErrorAt, internalErrorData, internalErrorExit } from './exits/internal-error.ts';
import type { RunOutcome, Vcpu } from './vcpu.ts';

/** Why KVM could not enter the guest, or not handle what brought it back. What the architecture or Linux leaves to KVM is in `kvm_run`; the message is for people. */

/** M[4:0] of PSTATE: the mode, AArch32 included. */
const MODE = PSTATE.nRW | PSTATE.mode;
const EL2h = 9;
/** EL0t, EL1t, EL1h: there is no virtual EL2, and no AArch32 at any level. */
const guestModes: ReadonlySet<number> = new Set([0, 4, 5]);

/** Whether a vCPU can have this mode (M[4:0]). KVM_SET_ONE_REG refuses the others (arch/arm64/kvm/guest.c, `set_core_reg`). */
export const isGuestMode = (mode: number): boolean => guestModes.has(mode);

/** What an illegal exception return still takes from the SPSR (Arm ARM, "Illegal exception returns from AArch64 state"). */
const reinstated = PSTATE.NZCV | PSTATE.DAIF | PSTATE.PAN;

/**
 * Looked at before each entry; undefined: the guest can be entered. A physical CPU that the VM may not use is KVM_EXIT_FAIL_ENTRY with CPU_UNSUPPORTED, and KVM_RUN returns
 * 0 (`kvm_vcpu_exit_request`); a PSTATE whose return is illegal is KVM_EXIT_FAIL_ENTRY, and KVM_RUN returns -EINVAL (`handle_exit`, ARM_EXCEPTION_IL).
 */
export function entryFailure(vcpu: Vcpu): RunOutcome | undefined {
  if (((vcpu.vm.supportedCpus >>> vcpu.index) & 1) === 0) return unsupportedCpu(vcpu);
  return guestModes.has(vcpu.state.low(slots.pstate) & MODE) ? undefined : illegalReturn(vcpu);
}

function unsupportedCpu(vcpu: Vcpu): RunOutcome {
  vcpu.run.begin(failEntry.number);
  vcpu.run.set(failEntryAt.reason, 8, FAIL_ENTRY_CPU_UNSUPPORTED);
  vcpu.run.setNumber(failEntryAt.cpu, 4, vcpu.index);
  return { kind: 'exit' };
}

/**
 * The ERET to the guest stays at EL2 with PSTATE.IL set, and the Illegal Execution State exception that follows at once saves that as the guest's PSTATE. For EL2 and EL3 KVM
 * itself writes SPSR_EL2 = EL2h with IL, so that the return never is one to a more privileged level (`__sysreg_restore_el2_return_state`).
 */
function illegalReturn(vcpu: Vcpu): RunOutcome {
  const { processor, run } = vcpu;
  const wanted = processor.pstate;
  const privileged = (wanted & PSTATE.nRW) === 0 && (wanted & PSTATE.mode) >= 8;
  processor.pstate = ((privileged ? 0 : wanted & reinstated) | PSTATE.IL | EL2h) >>> 0;
  vcpu.count('IL');
  run.begin(failEntry.number);
  const mode = `M = 0b${(wanted & MODE).toString(2).padStart(5, '0')}`;
  const message = `PSTATE 0x${wanted.toString(16)} is an illegal exception return: the vCPU has no mode ${mode} (${nameOfMode(wanted)})`;
  return { kind: 'error', errno: 'EINVAL', message, recorded: true };
}

function nameOfMode(pstate: number): string {
  if (pstate & PSTATE.nRW) return 'AArch32';
  const level = (pstate & PSTATE.mode) >>> PSTATE.elShift;
  const reserved = (pstate & 2) !== 0 || (level === 0 && (pstate & PSTATE.SP) !== 0);
  return reserved ? 'reserved' : `EL${level}${pstate & PSTATE.SP ? 'h' : 't'}`;
}

/** The processor model stopped: an instruction that is offered and not implemented, or a configuration that is not supported. KVM_EXIT_INTERNAL_ERROR. */
export function processorStopped(vcpu: Vcpu, { message, word }: Extract<ProcessorExit, { kind: 'stop' }>): RunOutcome {
  recordInternalError(vcpu, internalError.EMULATION, word);
  return { kind: 'fatal', message };
}

/** An exception came to EL2 by a vector that no handler is for (`handle_exit`, "Unsupported exception type"). */
export function unsupportedException(vcpu: Vcpu): RunOutcome | undefined {
  const taken = vcpu.processor.hypervisorVector;
  if (taken === undefined || taken === vector.synchronous) return undefined;
  recordInternalError(vcpu, internalError.UNEXPECTED_EXIT_REASON);
  const pc = vcpu.state.get(slots.pc).toString(16);
  return { kind: 'fatal', message: `an exception came to EL2 by vector 0x${taken.toString(16)}, which KVM has no handler for, at 0x${pc}` };
}

function recordInternalError({ run, state }: Vcpu, suberror: number, word?: number): void {
  run.begin(internalErrorExit.number);
  run.setNumber(internalErrorAt.suberror, 4, suberror);
  run.setNumber(internalErrorAt.count, 4, word === undefined ? 1 : 2);
  run.set(internalErrorData.pc, 8, state.get(slots.pc));
  if (word !== undefined) run.set(internalErrorData.instruction, 8, BigInt(word >>> 0));
}
