import { PSTATE } from '../cpu/pstate.ts';
import { R } from '../cpu/registers.ts';
import { slots } from '../translate/layout.ts';
import { KvmError } from './errno.ts';
import { type GuestDebugRegisters, noDebugRegisters, swapDebugRegisters } from './guest-debug-registers.ts';
import type { Vcpu } from './vcpu.ts';
import { register } from './vcpu-registers.ts';

/** KVM_GUESTDBG_*: `control` of KVM_SET_GUEST_DEBUG. */
export const guestDebugControl = { ENABLE: 1 << 0, SINGLESTEP: 1 << 1, USE_SW_BP: 1 << 16, USE_HW: 1 << 17 } as const;

/** KVM_GUESTDBG_VALID_MASK. */
export const VALID_GUEST_DEBUG =
  guestDebugControl.ENABLE | guestDebugControl.SINGLESTEP | guestDebugControl.USE_SW_BP | guestDebugControl.USE_HW;
/** MDCR_EL2.TDE: debug exceptions go to EL2. */
const MDCR_TDE = 1n << 8n;
/** MDSCR_EL1. */
const SS = 1 << 0;
const KDE = 1 << 13;
const MDE = 1 << 15;
const OSLK = 2;

/** User space debugs the guest with the processor's own means (KVM_SET_GUEST_DEBUG, arch/arm64/kvm/debug.c). */
export class GuestDebug {
  private control = 0;
  /** What user space has put into the breakpoints and watchpoints (`external_debug_state`). */
  private registers: GuestDebugRegisters = noDebugRegisters;
  /** The guest's own debug state while KVM's is in force. */
  private guestRegisters: GuestDebugRegisters = noDebugRegisters;
  private guestMdscr = 0;
  private guestOslsr = 0;
  private guestSs = 0;
  /** The step is done and its exception not taken yet (HOST_SS_ACTIVE_PENDING): it comes before anything else, whenever the vCPU runs on. */
  private activePending = false;

  constructor(private readonly vcpu: Vcpu) {}

  /**
   * KVM_SET_GUEST_DEBUG. Without ENABLE everything is off. `registers` count with USE_HW.
   * @throws KvmError EINVAL for a bit that is not valid.
   */
  set(control: number, registers: GuestDebugRegisters = noDebugRegisters): void {
    if (control & ~VALID_GUEST_DEBUG) throw new KvmError('EINVAL', `KVM_SET_GUEST_DEBUG with control 0x${(control >>> 0).toString(16)}`);
    this.control = control & guestDebugControl.ENABLE ? control : 0;
    if (this.control & guestDebugControl.USE_HW) this.registers = registers;
    if (!this.control) this.activePending = false;
    this.rearm();
  }

  /** Sends debug exceptions to KVM where user space debugs; the vCPU's EL2 registers may have been reset. */
  rearm(): void {
    const { state } = this.vcpu;
    const mdcr = state.system(register.MDCR_EL2) & ~MDCR_TDE;
    state.setSystem(register.MDCR_EL2, this.control ? mdcr | MDCR_TDE : mdcr);
  }

  /** User space debugs: the guest's own debug exceptions are off, and its debug registers are reached through KVM only. */
  get enabled(): boolean {
    return this.control !== 0;
  }

  private get usesHardware(): boolean {
    return (this.control & guestDebugControl.USE_HW) !== 0;
  }

  get singleStep(): boolean {
    return (this.control & guestDebugControl.SINGLESTEP) !== 0;
  }

  /** KVM_RUN begins: PSTATE.SS lets one instruction run before the step exception. */
  beginRun(): void {
    const { state } = this.vcpu;
    const pstate = state.low(slots.pstate);
    this.guestSs = pstate & PSTATE.SS;
    state.setLow(slots.pstate, this.activePending ? pstate & ~PSTATE.SS : pstate | PSTATE.SS);
  }

  /** @param stepped The run ended with the step's exception. */
  endRun(stepped: boolean): void {
    const { state } = this.vcpu;
    const pstate = state.low(slots.pstate);
    this.activePending = !stepped && (pstate & PSTATE.SS) === 0;
    state.setLow(slots.pstate, (pstate & ~PSTATE.SS) | this.guestSs);
  }

  /** KVM has performed the instruction itself: that was the step. */
  skipped(): void {
    if (this.singleStep) this.activePending = true;
  }

  /** Before an entry: MDSCR_EL1 is KVM's (`setup_external_mdscr`), the breakpoints too where user space uses them, and the guest's OS lock must not hide them. */
  enter(): void {
    const { state } = this.vcpu;
    this.guestMdscr = state.systemLow(R.MDSCR_EL1);
    this.guestOslsr = state.systemLow(R.OSLSR_EL1);
    const mdscr = (this.guestMdscr & ~(SS | MDE | KDE)) | (this.singleStep ? SS : 0) | (this.usesHardware ? MDE | KDE : 0);
    state.setSystemWords(R.MDSCR_EL1, mdscr, 0);
    state.setSystemWords(R.OSLSR_EL1, this.guestOslsr & ~OSLK, 0);
    if (this.usesHardware) this.guestRegisters = swapDebugRegisters(state, this.registers);
  }

  /** After an exit, before it is handled: the guest's registers are its own again. */
  leave(): void {
    const { state } = this.vcpu;
    state.setSystemWords(R.MDSCR_EL1, this.guestMdscr, 0);
    state.setSystemWords(R.OSLSR_EL1, this.guestOslsr, 0);
    if (this.usesHardware) swapDebugRegisters(state, this.guestRegisters);
  }
}
