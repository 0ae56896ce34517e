import { decode } from '../isa/decoder.ts';
import { systemRegisters } from '../isa/registers/index.ts';
import { ICH_VTR } from '../isa/registers/virtual-interface.ts';
import { exitNames, type InterpreterExit } from '../translate/exits.ts';
import type { Interpreter } from '../translate/interpreter/interpreter.ts';
import { slots } from '../translate/layout.ts';
import { takeAbort } from './aborts.ts';
import { type Clock, COUNTER_FREQUENCY } from './clock.ts';
import {
  type Core,
  completeInstruction,
  countInstruction,
  readPstate,
  type TakenException,
  type Translation,
  type Vector,
  writePstate,
} from './core.ts';
import { deriveInterrupts, deriveState, unsupportedConfiguration } from './derived-state.ts';
import { takeExitException } from './exception-exits.ts';
import { exceptionReturn } from './exception-return.ts';
import { takeSynchronous, takeUndefined } from './exceptions.ts';
import { Features } from './features.ts';
import { touchesGic, VirtualInterface } from './gic/virtual-interface.ts';
import { atBreakpoint, breakpointsInForce, takeBreakpoint } from './hardware-breakpoints.ts';
import { takeInterrupt } from './interrupts.ts';
import { pointerAuthCheck } from './pointer-auth.ts';
import { EXIT, type ProcessorExit } from './processor-exit.ts';
import { idRegister, type Profile } from './profiles/profile.ts';
import { PSTATE } from './pstate.ts';
import { HCR, R } from './registers.ts';
import type { SharedSilicon } from './shared-silicon.ts';
import { stepping, takeStep, wordAtPc } from './software-step.ts';
import type { CpuState } from './state.ts';
import { EC } from './syndrome.ts';
import { DirectAccesses } from './system/direct-accesses.ts';
import { performSystem } from './system/instructions.ts';
import { readRegister, writeRegister } from './system/registers.ts';
import { signalEvent, waitFor } from './waiting.ts';
import { type WatchHit, watchpointHit } from './watchpoints.ts';

/**
 * One processor at EL0 and EL1, with EL2 above it played by KVM: `run` is KVM's ERET into the guest, and it comes back at the next exception to EL2.
 */
export class Processor implements Core {
  readonly features: Features;
  readonly gic: VirtualInterface;
  readonly clock: Clock;
  readonly cacheSizes: Readonly<Record<number, bigint>>;
  readonly breakpoints: number;
  readonly watchpoints: number;
  readonly pointerAuth: Core['pointerAuth'];
  readonly directAccesses = new DirectAccesses();
  cacheTypeAnswered = false;
  event = false;
  hypervisorVector: Vector | undefined;
  timersChanged = false;
  onException: ((taken: TakenException) => boolean) | undefined;
  /** Asked, from inside a run, before an instruction with a breakpoint executes: true stops the processor there. Without it every breakpoint stops. */
  onBreakpoint: (() => boolean) | undefined;
  /** Told, from inside a run, after an instruction that accessed watched memory: true stops the processor there. `mmu.watches.accesses` says what it did. */
  onWatch: (() => boolean) | undefined;
  stopAtVector = false;
  lastException = -1;
  steppedWord: number | undefined;
  watchHit: WatchHit | undefined;
  private readonly stops = (): boolean => this.onBreakpoint?.() ?? true;
  /** The instruction at PC cannot be fetched: memory has an error there. */
  private fetchAborts = false;
  /** Instructions the last `run` executed. */
  executed = 0;
  /** Instructions left when the clock was last brought up to date. */
  private counted = 0;

  constructor(
    readonly state: CpuState,
    private readonly profile: Profile,
    readonly mmu: Translation,
    private readonly interpreter: Interpreter,
    private readonly silicon: SharedSilicon,
  ) {
    const read = (name: string): bigint => idRegister(profile, name);
    this.features = new Features(read);
    this.gic = new VirtualInterface(state);
    this.clock = silicon.clock;
    this.cacheSizes = profile.cacheSizes;
    const debug = Number(read('ID_AA64DFR0_EL1') & 0xffff_ffffn);
    this.breakpoints = ((debug >>> 12) & 15) + 1;
    this.watchpoints = ((debug >>> 20) & 15) + 1;
    const qarma3 = Number((read('ID_AA64ISAR2_EL1') >> 12n) & 15n);
    this.pointerAuth = qarma3
      ? { level: qarma3, algorithm: 'QARMA3' }
      : { level: Number((read('ID_AA64ISAR1_EL1') >> 4n) & 15n), algorithm: 'QARMA5' };
    this.reset();
  }

  sendEvent(): void {
    this.silicon.sendEvent();
  }

  watchAccesses(on: boolean): void {
    this.silicon.watch(on ? this : undefined);
    if (!on) return;
    const never = this.silicon.emptyTlb();
    this.state.setWords(slots.dataTlb, never, 0);
    this.state.setWords(slots.unprivilegedTlb, never, 0);
  }

  /** An access while watchpoints are in force. Faults go first; an access that hits is not performed. */
  watchedAccess(vaLow: number, vaHigh: number, flags: number): number {
    const host = this.mmu.access(vaLow, vaHigh, flags);
    if (host === 0) return 0;
    this.watchHit = watchpointHit(this, vaLow, vaHigh, flags);
    return this.watchHit ? 0 : host;
  }

  /** Cold reset: ID registers of the profile, the others at their reset values or 0, EL1h with everything masked. EL2 registers are KVM's to set. */
  reset(): void {
    const { state, profile } = this;
    for (let slot = 0; slot <= slots.fetchTbi; slot++) state.set(slot, 0n);
    for (let v = 0; v < 32; v++) state.setV(v, 0n, 0n);
    for (let slot = 0; slot < systemRegisters.length; slot++) {
      const register = systemRegisters[slot]!;
      const isId = register.group === 'Identification';
      state.setSystem(slot, isId ? idRegister(profile, register.name) : (register.reset ?? 0n));
    }
    state.setSystem(R.SCTLR_EL1, profile.resetSctlr);
    state.setSystem(R.CNTFRQ_EL0, BigInt(COUNTER_FREQUENCY));
    state.setSystem(R.VPIDR_EL2, idRegister(profile, 'MIDR_EL1'));
    state.setSystem(R.VMPIDR_EL2, 1n << 31n);
    state.setSystem(R.HCR_EL2, BigInt(HCR.RW >>> 0) | (this.features.pauth ? BigInt(HCR.high.API | HCR.high.APK) << 32n : 0n));
    state.setSystem(R.OSLSR_EL1, 8n);
    state.setSystem(R.ICH_VTR_EL2, BigInt(ICH_VTR));
    state.setSystem(R.ICC_SRE_EL1, 7n);
    state.setSystem(R.ICC_SRE_EL2, 0xfn);
    state.setSystem(R.CNTHCTL_EL2, 3n);
    writePstate(state, PSTATE.DAIF | (1 << PSTATE.elShift) | PSTATE.SP);
    this.event = false;
    this.hypervisorVector = undefined;
    this.timersChanged = false;
    this.stopAtVector = false;
    this.lastException = -1;
    this.steppedWord = undefined;
    this.watchHit = undefined;
  }

  invalidateDerivedState(): void {} // Registers were written from outside; they are looked at again at the next entry in any case.

  /**
   * Runs the guest from PC for at most `budget` instructions. After an exception to EL2 this is the ERET back: KVM has changed PC, PSTATE and registers
   * as it pleased.
   */
  run(budget: number): ProcessorExit {
    const { state, clock } = this;
    const from = clock.instructions;
    if (this.silicon.select(state) || this.hypervisorVector !== undefined) state.setWords(slots.exclusiveHost, 0, 0);
    this.hypervisorVector = undefined;
    this.stopAtVector = false;
    this.timersChanged = false;
    const unsupported = unsupportedConfiguration(this);
    if (unsupported) return { kind: 'stop', message: unsupported };
    state.setWords(slots.remaining, budget, 0);
    state.setEntryEnd(clock.now + budget);
    deriveState(this);
    let exit: ProcessorExit | undefined;
    while (!exit) exit = this.slice();
    this.executed = clock.instructions - from;
    return exit;
  }

  /** Up to the next reason to look: an interrupt taken, or one run of generated code and what it left to do. */
  private slice(): ProcessorExit | undefined {
    const { state } = this;
    if (state.low(slots.remaining) <= 0) return EXIT.budget;
    const pending = state.low(slots.interruptPending);
    if (pending && takeInterrupt(this, pending)) return this.afterException();
    if (state.low(slots.pstate) & PSTATE.IL) {
      this.refuseIllegalState();
      return this.afterException();
    }
    if (stepping(this)) return this.step();
    if (breakpointsInForce(this)) return this.executeOne();
    return this.execute();
  }

  /** With hardware breakpoints in force every instruction's address is compared. */
  private executeOne(): ProcessorExit | undefined {
    if (atBreakpoint(this)) {
      takeBreakpoint(this);
      return this.afterException();
    }
    return this.alone().exit;
  }

  /** Runs one instruction of the slice. `used`: 1 where it executed. */
  private alone(): { readonly exit: ProcessorExit | undefined; readonly used: number } {
    const { state } = this;
    const left = state.low(slots.remaining);
    state.setWords(slots.remaining, 1, 0);
    const exit = this.execute();
    const used = 1 - state.low(slots.remaining);
    state.setWords(slots.remaining, left - used, 0);
    return { exit, used };
  }

  /** The instruction at PC was refused an access to watched memory: it runs alone, and what it does there is recorded. */
  private recorded(): ProcessorExit | undefined {
    const { watches } = this.mmu;
    const { exit } = watches.record(() => this.alone());
    return exit ?? (watches.accesses.length > 0 && this.onWatch?.() ? EXIT.watch : undefined);
  }

  /** PSTATE.IL: no instruction executes. A PC that cannot be fetched from goes first (Arm ARM, synchronous exception prioritization). */
  private refuseIllegalState(): void {
    const { state } = this;
    const low = state.low(slots.pc);
    if (low & 3) takeSynchronous(this, EC.pcAlignment, 0, state.get(slots.pc));
    else if (this.mmu.fetch(low, state.high(slots.pc)) === 0) takeAbort(this, this.mmu.fault, 0);
    else takeSynchronous(this, EC.illegalState, 0);
  }

  private execute(): ProcessorExit | undefined {
    const { state } = this;
    this.counted = state.low(slots.remaining);
    state.setFloat(slots.sliceEnd, this.clock.now + this.counted);
    this.interpreter.run();
    this.countExecuted();
    // Generated code keeps BTYPE for every processor; without FEAT_BTI there is none.
    if (!this.features.bti) state.setLow(slots.pstate, state.low(slots.pstate) & ~PSTATE.BTYPE);
    const name = exitNames[state.low(slots.exitCode)]!;
    return this.handle(name, state.low(slots.exitWord));
  }

  private countExecuted(): void {
    this.clock.instructions += this.counted - this.state.low(slots.remaining);
    this.counted = this.state.low(slots.remaining);
  }

  /** Import `breakpoint` of generated code: whether to stop before the instruction at PC. State and clock are exact meanwhile, and not to be changed. */
  breakpoint(): boolean {
    this.countExecuted();
    if (!this.features.bti) this.state.setLow(slots.pstate, this.state.low(slots.pstate) & ~PSTATE.BTYPE);
    if (this.mmu.physical.poison.empty) return this.stops();
    const found = this.mmu.atRecord(this.state.low(slots.pc), this.state.high(slots.pc), this.stops);
    this.fetchAborts = found === 'abort';
    return found !== 'good';
  }

  /** What follows an exception that was just taken. */
  private afterException(): ProcessorExit | undefined {
    this.mmu.watches.drop();
    if (this.hypervisorVector !== undefined) return EXIT.trap;
    deriveState(this);
    return this.stopAtVector ? EXIT.exception : undefined;
  }

  private handle(name: InterpreterExit, word: number): ProcessorExit | undefined {
    switch (name) {
      case 'budget':
      case 'resynchronise':
        return undefined;
      case 'interrupts':
        return EXIT.irq;
      case 'breakpoint':
        if (!this.fetchAborts) return EXIT.breakpoint;
        this.fetchAborts = false;
        takeAbort(this, this.mmu.fault, 0);
        return this.afterException();
      case 'unimplemented':
        return this.stop(`${nameOf(word)} is offered by --cpu ${this.profile.name} but not implemented`, word);
      case 'system':
        return this.system(word);
      case 'wfi':
      case 'wfe':
        return this.wait(name);
      case 'sev':
        signalEvent(this, word);
        return undefined;
      case 'yield':
        completeInstruction(this);
        return EXIT.yield;
      case 'eret':
        if (!this.eret(word)) return this.afterException();
        deriveState(this);
        return undefined;
      default:
        if (name === 'fault' && this.mmu.watches.takeStopped()) return this.recorded();
        takeExitException(this, name, word);
        return this.afterException();
    }
  }

  private system(word: number): ProcessorExit | undefined {
    const isRead = (word & (1 << 21)) !== 0;
    const pc = this.state.get(slots.pc);
    const outcome = performSystem(this, word);
    if (outcome === 'fault') {
      takeAbort(this, this.mmu.fault, word);
      return this.afterException();
    }
    if (outcome !== 'done') return this.stop(outcome.message, word);
    if (this.hypervisorVector !== undefined) return EXIT.trap;
    // A read changes nothing but interrupt state (ICC_IAR1_EL1); an exception moved PC away.
    if (isRead && this.state.get(slots.pc) === pc + 4n) deriveInterrupts(this);
    else deriveState(this);
    if (this.stopAtVector) return EXIT.exception;
    if (this.timersChanged || (touchesGic(word) && this.gic.maintenance() !== 0)) {
      this.timersChanged = false;
      return EXIT.irq;
    }
    return undefined;
  }

  private wait(name: 'wfi' | 'wfe'): ProcessorExit | undefined {
    const outcome = waitFor(this, name);
    return outcome === 'exception' ? this.afterException() : outcome === 'idle' ? EXIT.irq : undefined;
  }

  /** ERET, ERETAA, ERETAB. False: an exception was taken instead. */
  private eret(word: number): boolean {
    const { state } = this;
    if (state.low(slots.el) === 0) {
      takeUndefined(this);
      return false;
    }
    let target: bigint | undefined;
    if (word & (1 << 11)) {
      const key = (word >>> 10) & 1;
      const checked = pointerAuthCheck(state.system(R.ELR_EL1), state.get(slots.sp), key);
      if (checked.failed) {
        takeSynchronous(this, EC.pacFailure, key);
        return false;
      }
      target = checked.pointer;
    }
    countInstruction(this);
    exceptionReturn(this, target);
    return true;
  }

  /** Software step's state machine (Arm ARM D2.11): active-pending takes the exception, active-not-pending runs one instruction. */
  private step(): ProcessorExit | undefined {
    const { state } = this;
    if ((state.low(slots.pstate) & PSTATE.SS) === 0) {
      takeStep(this, this.steppedWord);
      return this.afterException();
    }
    this.steppedWord = wordAtPc(this);
    const pc = state.get(slots.pc);
    const { exit, used } = this.alone();
    // Still stepping at the same level: the instruction is done. An exception has cleared PSTATE.SS itself.
    if (used > 0 || state.get(slots.pc) !== pc) state.setLow(slots.pstate, state.low(slots.pstate) & ~PSTATE.SS);
    // Whoever takes an exception at EL2 returns by an ERET: no instruction was stepped since.
    if (used === 0 || this.hypervisorVector !== undefined) this.steppedWord = undefined;
    return exit;
  }

  private stop(what: string, word: number): ProcessorExit {
    const pc = this.state.get(slots.pc).toString(16);
    return { kind: 'stop', message: `${what}: ${nameOf(word)} (0x${(word >>> 0).toString(16).padStart(8, '0')}) at 0x${pc}`, word };
  }

  // ---- for KVM and the debugger, between runs ---------------------------------------------------------------------------

  readSystemRegister(slot: number): bigint {
    return readRegister(this, slot);
  }

  writeSystemRegister(slot: number, value: bigint): void {
    writeRegister(this, slot, value);
  }

  /** PSTATE in SPSR layout. */
  get pstate(): number {
    return readPstate(this.state);
  }

  set pstate(value: number) {
    writePstate(this.state, value);
  }
}

const nameOf = (word: number): string => decode(word)?.instruction.name ?? 'an unallocated instruction';
