import type { Processor } from '../cpu/processor.ts';
import { PSTATE } from '../cpu/pstate.ts';
import type { CpuState } from '../cpu/state.ts';
import { slots } from '../translate/layout.ts';
import { ccsidrOf } from './cache-ids.ts';
import { entryFailure, processorStopped, unsupportedException } from './entry-failure.ts';
import type { Errno } from './errno.ts';
import { handleTrap } from './exit-handlers.ts';
import { KvmRun } from './exits/layout.ts';
import { mmio } from './exits/mmio.ts';
import { interrupted } from './exits/plain.ts';
import { GuestDebug } from './guest-debug.ts';
import { VcpuHypercall } from './hypercall-context.ts';
import { isSErrorPending } from './inject.ts';
import { InterfaceRegisters } from './interface-registers.ts';
import { completeUserLoad, type DecodedAccess } from './mmio.ts';
import { type MpState, mpState } from './mp-state.ts';
import { PendingException } from './pending-exception.ts';
import { exceptionClass, exceptionClassNames } from './syndrome.ts';
import { ArchTimers } from './timer.ts';
import { register } from './vcpu-registers.ts';
import { resetVcpu } from './vcpu-reset.ts';
import { VgicCpu } from './vgic/vgic.ts';
import type { Vm } from './vm.ts';

/** What a handler decides: back into the guest, out to user space, or let the other vCPUs have a turn first. */
export type HandlerResult = 'resume' | 'exit' | 'yield' | 'error';

/** Why KVM_RUN returned. */
export type RunOutcome =
  /** 0: `run` holds an exit for user space. */
  | { readonly kind: 'exit' }
  /** -EINTR: the budget is used up, or immediate_exit was set. */
  | { readonly kind: 'interrupted' }
  /** The guest waits in WFI. */
  | { readonly kind: 'waiting' }
  /** The guest spins (WFE, YIELD): another vCPU may have what it waits for. */
  | { readonly kind: 'yield' }
  /** Powered off by PSCI. */
  | { readonly kind: 'stopped' }
  | { readonly kind: 'breakpoint' }
  /** The instruction before PC accessed bytes that a debugger watches, and the debugger wants to stop. */
  | { readonly kind: 'watch' }
  | { readonly kind: 'exception' }
  /** KVM_RUN failed. `recorded`: `run` says more (KVM_EXIT_MEMORY_FAULT, KVM_EXIT_FAIL_ENTRY). */
  | { readonly kind: 'error'; readonly errno: Errno; readonly message: string; readonly recorded: boolean }
  /** The processor cannot go on: `run` holds KVM_EXIT_INTERNAL_ERROR, the message is for the person. */
  | { readonly kind: 'fatal'; readonly message: string };

/** ICH_HCR_EL2.TC, TALL0, TALL1: without an interrupt controller there is no CPU interface either, its registers are UNDEFINED. */
const NO_INTERFACE = 0b111 << 10;

const outcomes = {
  exit: { kind: 'exit' },
  interrupted: { kind: 'interrupted' },
  waiting: { kind: 'waiting' },
  yield: { kind: 'yield' },
  stopped: { kind: 'stopped' },
  breakpoint: { kind: 'breakpoint' },
  watch: { kind: 'watch' },
  exception: { kind: 'exception' },
} as const satisfies Record<string, RunOutcome>;

const MPIDR_RES1 = 1n << 31n;

/** A virtual CPU: its registers, its `kvm_run`, and KVM_RUN. */
export class Vcpu {
  readonly run: KvmRun;
  readonly vgic: VgicCpu;
  readonly timers: ArchTimers;
  /** KVM_SET_GUEST_DEBUG. */
  readonly guestDebug = new GuestDebug(this);
  mpState: MpState = mpState.RUNNABLE;
  /** MPIDR_EL1 of the guest. */
  affinityRegister: bigint;
  /** KVM_ARM_VCPU_INIT features; undefined: not initialized yet. */
  features: number | undefined;
  /** KVM_RUN has been as far as the guest (`vcpu_has_run_once`). */
  hasRun = false;
  /** An MMIO read or write that user space is emulating: finished at the next KVM_RUN. */
  pendingMmio: DecodedAccess | undefined;
  /** An exception that KVM has injected and the guest has not entered yet. */
  readonly exception = new PendingException(this);
  /** Guest physical page that the last abort was about; undefined: it is not known. */
  faultIpa: number | undefined;
  /** CCSIDR_EL1 by CSSELR_EL1, where user space has chosen one. */
  readonly cacheSizes = new Map<number, bigint>();
  /** Instructions this vCPU has executed. */
  instructions = 0;
  /** Instruction count at the last abort that left the guest where it was. */
  private stood = -1;
  /** Waits for an interrupt (WFI). */
  private waiting = false;
  /** Set while KVM_RUN is inside: instructions left of its budget. */
  private left = 0;
  /** Clock at which `instructions` and `left` were last brought up to date, while the guest runs. */
  private counted = 0;
  private failure: { readonly errno: Errno; readonly message: string; readonly recorded: boolean } | undefined;

  constructor(
    readonly vm: Vm,
    /** The n-th of the VM. */
    readonly index: number,
    /** Its number for user space (KVM_CREATE_VCPU). */
    readonly id: number,
    readonly processor: Processor,
  ) {
    // `kvm_reset_mpidr`: 16 vCPUs to a cluster, so that an SGI's target list reaches a whole cluster.
    this.affinityRegister = MPIDR_RES1 | BigInt((id & 15) | (((id >> 4) & 0xff) << 8) | ((id >> 12) << 16));
    processor.cacheTypeAnswered = true;
    this.run = new KvmRun(vm.kernel);
    this.vgic = new VgicCpu(index, this.affinity, new InterfaceRegisters(processor.state));
    this.timers = new ArchTimers(processor, vm.timerIrqs, (intid, level) => vm.vgic.present && vm.vgic.inject(this.vgic, intid, level));
  }

  /** MPIDR affinity: Aff2 to Aff0 in bits 23:0. */
  get affinity(): number {
    return Number(this.affinityRegister & 0xff_ffffn);
  }

  /** KVM_SET_ONE_REG of MPIDR_EL1. */
  setAffinityRegister(value: bigint): void {
    this.affinityRegister = value;
    this.state.setSystem(register.VMPIDR_EL2, value);
    this.vgic.affinity = this.affinity;
  }

  get state(): CpuState {
    return this.processor.state;
  }

  /** Exception level of the guest. */
  get el(): number {
    return (this.state.low(slots.pstate) >>> PSTATE.elShift) & 3;
  }

  /** The state KVM gives a vCPU before its first run, with a `kvm_run` of zeroes. `poweredOff`: starts stopped, for PSCI CPU_ON. */
  init(poweredOff = this.index > 0): void {
    this.run.bytes.fill(0);
    this.guestDebug.set(0);
    this.reset(poweredOff);
  }

  /** `kvm_reset_vcpu`: what KVM_ARM_VCPU_INIT does to a vCPU whose features are known. */
  reset(poweredOff: boolean): void {
    this.pendingMmio = undefined;
    this.exception.forget();
    this.faultIpa = undefined;
    this.failure = undefined;
    this.waiting = false;
    this.mpState = poweredOff ? mpState.STOPPED : mpState.RUNNABLE;
    this.timers.reset();
    resetVcpu(this);
    this.guestDebug.rearm();
  }

  /** PSCI CPU_ON: starts at `entry` with `context` in X0, everything else as after init. */
  start(entry: bigint, context: bigint): void {
    this.timers.reset();
    this.pendingMmio = undefined;
    this.exception.forget();
    this.waiting = false;
    resetVcpu(this);
    this.state.set(slots.pc, entry);
    this.state.set(slots.x, context);
    this.mpState = mpState.RUNNABLE;
    this.processor.invalidateDerivedState();
  }

  /** CCSIDR_EL1 of the cache that this CSSELR_EL1 names: user space's, or what KVM makes up. */
  cacheSize(selector: number): bigint {
    return this.cacheSizes.get(selector) ?? ccsidrOf(this.state.named('CTR_EL0'), selector);
  }

  /** WFI: nothing to do until an interrupt is pending. */
  wait(): void {
    this.waiting = true;
  }

  /** A signal has ended KVM_RUN: the next one goes on after the WFI. */
  signalled(): void {
    this.waiting = false;
  }

  /** Whether KVM_RUN would execute anything now: powered on, and not waiting for an interrupt that is not there (`kvm_arch_vcpu_runnable`). */
  canRun(): boolean {
    if (this.mpState !== mpState.RUNNABLE) return false;
    if (!this.waiting) return true;
    this.timers.sync();
    if (!this.vm.vgic.hasPending(this.vgic) && !isSErrorPending(this)) return false;
    this.waiting = false;
    return true;
  }

  /** WFI ends although there is no interrupt. */
  stopWaiting(): void {
    this.waiting = false;
  }

  get isWaiting(): boolean {
    return this.waiting && this.mpState === mpState.RUNNABLE;
  }

  /** Machine time of the next timer interrupt of this vCPU, nanoseconds. */
  nextEvent(): number {
    return this.mpState === mpState.RUNNABLE ? this.timers.deadline() : Number.POSITIVE_INFINITY;
  }

  /** Steps over an instruction that KVM has performed (`kvm_incr_pc`). It counts as executed. */
  skipInstruction(): void {
    const { state } = this;
    state.advance(slots.pc, 4);
    state.setSystemWords(register.ELR_EL2, state.low(slots.pc), state.high(slots.pc));
    state.setLow(slots.pstate, state.low(slots.pstate) & ~(PSTATE.BTYPE | PSTATE.SS));
    this.guestDebug.skipped();
    this.vm.clock.instructions++;
    this.instructions++;
    this.left--;
  }

  /** Ends KVM_RUN with an error. `recorded`: an exit record for it is in `run`. */
  fail(errno: Errno, message: string, recorded = false): HandlerResult {
    this.failure = { errno, message, recorded };
    return 'error';
  }

  /** The thread of this vCPU gets SIGBUS (BUS_MCEERR_AR) for a page of user space with a memory error; KVM_RUN is interrupted (`kvm_send_hwpoison_signal`). */
  signalMemoryError(userAddress: number): HandlerResult {
    this.run.begin(interrupted.number);
    return this.fail('EINTR', `SIGBUS (BUS_MCEERR_AR) for the memory error at the user address 0x${userAddress.toString(16)}`, true);
  }

  beginHypercall(): VcpuHypercall {
    return new VcpuHypercall(this);
  }

  /** Counts an event of this VM by name. */
  count(name: string): void {
    this.vm.count(name);
  }

  /** The guest enters an exception that was injected. It may count as an instruction: a vector that faults again and again must not stop time. */
  commitException(): void {
    if (!this.exception.isPending) return;
    const { clock } = this.vm;
    const before = clock.instructions;
    this.exception.commit();
    const counted = clock.instructions - before;
    this.instructions += counted;
    this.left -= counted;
  }

  /** An abort that leaves the guest where it is: if nothing was executed since the last one time goes on all the same, so that an error consumed for ever ends its turn. */
  chargeStanding(): void {
    const { clock } = this.vm;
    if (this.stood === clock.instructions) {
      clock.instructions++;
      this.instructions++;
      this.left--;
    }
    this.stood = clock.instructions;
  }

  /** Performs what is left of an exit to user space: the load's data goes to its register, and PC moves on (`kvm_handle_mmio_return`). */
  completeMmio(): void {
    const access = this.pendingMmio;
    if (!access || this.exception.isPending) return;
    this.pendingMmio = undefined;
    if (!access.write) completeUserLoad(this, access);
    this.skipInstruction();
  }

  /** KVM_RUN begins: finishes the access that user space emulated, if `kvm_run` still says that there is one. */
  finishExit(): void {
    if (this.run.exitReason === mmio.number) this.completeMmio();
  }

  /**
   * KVM_RUN: finishes what user space emulated, then runs the guest until something needs user space, or `budget` instructions are executed.
   * Where the budget cuts the run changes nothing for the guest.
   */
  enter(budget: number): RunOutcome {
    if (!this.guestDebug.singleStep) return this.enterFor(budget);
    this.guestDebug.beginRun();
    const outcome = this.enterFor(budget);
    this.guestDebug.endRun(outcome.kind === 'exit' && this.state.systemLow(register.ESR_EL2) >>> 26 === exceptionClass.SOFTSTP_LOW);
    return outcome;
  }

  private enterFor(budget: number): RunOutcome {
    this.left = budget;
    this.commitException();
    if (this.exception.announce()) return outcomes.exception;
    this.finishExit();
    if (this.run.immediateExit) return outcomes.interrupted;
    while (this.left > 0) {
      if (!this.canRun()) return this.mpState === mpState.RUNNABLE ? outcomes.waiting : outcomes.stopped;
      const outcome = this.enterOnce();
      if (outcome) return outcome;
    }
    return outcomes.interrupted;
  }

  /** One entry into the guest and the handling of what brought it back; undefined: enter again. */
  private enterOnce(): RunOutcome | undefined {
    const { clock, vgic } = this.vm;
    this.timers.sync();
    vgic.flush(this.vgic);
    if (!this.vm.irqchip) this.state.setSystemWords(register.ICH_HCR_EL2, NO_INTERFACE, 0);
    const refused = entryFailure(this);
    if (refused) return refused;
    if (this.vm.renewVmid(this.index)) this.vm.loadVmid();
    const untilTimer = Math.max(1, this.timers.deadline() - clock.now);
    this.counted = clock.instructions;
    const debugged = this.guestDebug.enabled;
    if (debugged) this.guestDebug.enter();
    const exit = this.processor.run(Math.min(this.left, untilTimer));
    if (debugged) this.guestDebug.leave();
    this.countExecuted();
    vgic.fold(this.vgic);
    this.timers.sync();
    switch (exit.kind) {
      case 'trap':
        return unsupportedException(this) ?? this.afterTrap(this.state.systemLow(register.ESR_EL2));
      case 'breakpoint':
        return outcomes.breakpoint;
      case 'watch':
        return outcomes.watch;
      case 'exception':
        return outcomes.exception;
      case 'stop':
        return processorStopped(this, exit);
      case 'yield':
        return outcomes.yield;
      case 'irq':
        this.count('IRQ');
        return undefined;
      default:
        return undefined;
    }
  }

  /** Brings `instructions` up to date, from inside a run too. */
  countExecuted(): void {
    const { instructions } = this.vm.clock;
    this.instructions += instructions - this.counted;
    this.left -= instructions - this.counted;
    this.counted = instructions;
  }

  private afterTrap(esr: number): RunOutcome | undefined {
    this.count(exceptionClassNames[esr >>> 26] ?? `EC 0x${(esr >>> 26).toString(16)}`);
    const result = handleTrap(this, esr);
    this.commitException();
    if (this.exception.announce()) return outcomes.exception;
    if (result === 'resume') return undefined;
    if (result === 'error') return { kind: 'error', ...this.failure! };
    return outcomes[result];
  }
}
