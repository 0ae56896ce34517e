import { debug, debugAt } from './exits/debug.ts';
import { kvmRun } from './exits/layout.ts';
import { handleGuestAbort } from './guest-abort.ts';
import { handleHvc, handleSmc } from './hypercall-handler.ts';
import { injectUndefined } from './inject.ts';
import { exceptionClass } from './syndrome.ts';
import { handleSystemRegister } from './system-registers.ts';
import type { HandlerResult, Vcpu } from './vcpu.ts';
import { register } from './vcpu-registers.ts';

type ExitHandler = (vcpu: Vcpu, esr: number) => HandlerResult;

const WFX_WFE = 1;
/** KVM_DEBUG_ARCH_HSR_HIGH_VALID: `hsr_high` means something. */
const HSR_HIGH_VALID = 1;

/** WFI waits until an interrupt is pending; WFE gives the other vCPUs a turn. */
const handleWfx: ExitHandler = (vcpu, esr) => {
  vcpu.skipInstruction();
  if (esr & WFX_WFE) return 'yield';
  vcpu.wait();
  return 'resume';
};

/** A debug exception that KVM_SET_GUEST_DEBUG routed here goes to user space. */
const handleGuestDebug: ExitHandler = (vcpu, esr) => {
  const { run } = vcpu;
  run.begin(debug.number);
  run.setNumber(kvmRun.flags, 2, HSR_HIGH_VALID);
  run.setNumber(debugAt.hsr, 4, esr >>> 0);
  run.setNumber(debugAt.hsrHigh, 4, vcpu.state.systemHigh(register.ESR_EL2));
  if (esr >>> 26 === exceptionClass.WATCHPT_LOW) run.set(debugAt.far, 8, vcpu.state.system(register.FAR_EL2));
  return 'exit';
};

const undefinedClass: ExitHandler = (vcpu) => {
  injectUndefined(vcpu);
  return 'resume';
};

/** What KVM does at an exception to EL2, by ESR_EL2.EC (arch/arm64/kvm/handle_exit.c). Any other class is UNDEFINED for the guest. */
const handlers: Readonly<Record<number, ExitHandler>> = {
  [exceptionClass.WFX]: handleWfx,
  [exceptionClass.HVC64]: handleHvc,
  [exceptionClass.SMC64]: handleSmc,
  [exceptionClass.SYS64]: (vcpu, esr) => handleSystemRegister(vcpu, esr & 0x1ff_ffff),
  [exceptionClass.SVE]: undefinedClass,
  [exceptionClass.IABT_LOW]: handleGuestAbort,
  [exceptionClass.DABT_LOW]: handleGuestAbort,
  [exceptionClass.SOFTSTP_LOW]: handleGuestDebug,
  [exceptionClass.WATCHPT_LOW]: handleGuestDebug,
  [exceptionClass.BREAKPT_LOW]: handleGuestDebug,
  [exceptionClass.BKPT32]: handleGuestDebug,
  [exceptionClass.BRK64]: handleGuestDebug,
};

export function handleTrap(vcpu: Vcpu, esr: number): HandlerResult {
  return (handlers[esr >>> 26] ?? undefinedClass)(vcpu, esr);
}
