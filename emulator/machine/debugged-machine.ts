import { stoppingExits } from '../vmm/exits/policy.ts';
import { Pace, REALTIME_SLICE, type Timekeeping } from '../vmm/pace.ts';
import { contextOf } from './debug/context.ts';
import type { RunGoal } from './debug/stepping.ts';
import type { Say } from './debug/stop-decision.ts';
import { StopHooks } from './debug/stop-hooks.ts';
import type { Expression } from './expression/ast.ts';
import { compile } from './expression/evaluate.ts';
import type { Intervention, PoisonedMemory } from './intervention.ts';
import type {
  AddressSpace,
  ExitRecord,
  LoadedGuest,
  Machine,
  MachineConfiguration,
  MachineEvent,
  MemoryRead,
  RegisterValue,
  Statistics,
  StopCause,
  StopPoints,
  Termination,
  VcpuStatus,
} from './machine.ts';
import type { CacheQuery, CacheView, MemslotView, TableMap, TableMapQuery, Translation, TranslationQuery } from './memory-views.ts';
import type { ScriptStep } from './script/step.ts';
import { type StandingView, viewOf } from './standing-view.ts';
import type { RunEnd, Target } from './target.ts';

/** Guest instructions and host milliseconds between looks at the mailbox, so that every request is answered soon while the guest runs. */
const SLICE = 8_000_000;
const SLICE_MILLISECONDS = 15;

/** What the host's timers can do, milliseconds. */
const LONGEST_SLEEP = 2 ** 31 - 1;

/** A piece of a run, and how it ended. */
type Slice = (budget: number, interrupted: () => boolean) => SliceEnd;
type SliceEnd = RunEnd | { readonly kind: 'stop'; readonly vcpu: number; readonly cause: StopCause };

export type BuildTarget = (configuration: MachineConfiguration, progress: (title: string, percent: number) => void) => Promise<Target>;

/** The machine with a debugger around it, in the thread it runs in. */
export class DebuggedMachine implements Machine {
  private target: Target | undefined;
  private listener: (event: MachineEvent) => void = () => {};
  private hooks: StopHooks | undefined;
  /** Set before the machine is there. */
  private points: StopPoints = { breakpoints: [], exits: [], exceptions: [] };
  private running: Promise<void> | undefined;
  private pauseAsked = false;
  private ended = false;
  private seconds = 0;
  private saidIdle = false;
  private pace: Pace | undefined;
  private timekeeping: Timekeeping = 'skip';
  /** Ends the sleep of a guest that waits. */
  private wake: () => void = () => {};

  /**
   * @param build Builds what the debugger controls.
   * @param pauseFlag Set to 1 by another thread to interrupt a slice.
   * @param ready Resolves when the listener can take more console output: a flooding guest waits instead of filling memory.
   */
  constructor(
    private readonly build: BuildTarget,
    private readonly pauseFlag: Int32Array = new Int32Array(1),
    private readonly ready: () => Promise<void> | undefined = () => undefined,
  ) {}

  onEvent(listener: (event: MachineEvent) => void): void {
    this.listener = listener;
  }

  async launch(configuration: MachineConfiguration): Promise<LoadedGuest> {
    if (this.target) throw new Error('the machine has been launched already');
    const target = await this.build(configuration, (title, percent) => this.listener({ type: 'progress', title, percent }));
    this.target = target;
    this.timekeeping = configuration.timekeeping ?? 'skip';
    this.pace = this.newPace(target);
    const say: Say = (category, text) => this.listener({ type: 'log', category, text });
    this.hooks = new StopHooks(target, say, stoppingExits(configuration.onExit));
    this.hooks.set(this.points);
    target.hooks = this.hooks;
    return target.guest;
  }

  async reset(): Promise<void> {
    const target = this.live();
    await this.halt();
    this.ended = false;
    target.reset();
    this.pace = this.newPace(target);
    this.hooks!.forget();
  }

  async shutdown(): Promise<void> {
    await this.halt();
    this.ended = true;
    this.target = undefined;
  }

  async vcpus(): Promise<readonly VcpuStatus[]> {
    const target = this.live();
    return Array.from({ length: target.vcpuCount }, (_, i) => target.status(i));
  }

  async readRegisters(vcpu: number, names: readonly string[]): Promise<readonly RegisterValue[]> {
    const target = this.vcpu(vcpu);
    const values: RegisterValue[] = [];
    for (const name of names) {
      const value = target.readRegister(vcpu, name);
      if (value !== undefined) values.push({ name, value });
    }
    return values;
  }

  async writeRegister(vcpu: number, name: string, value: bigint): Promise<void> {
    this.vcpu(vcpu).writeRegister(vcpu, name, value);
  }

  async readMemory(vcpu: number, space: AddressSpace, address: bigint, length: number): Promise<MemoryRead> {
    return this.vcpu(vcpu).readMemory(vcpu, space, address, length);
  }

  async writeMemory(vcpu: number, space: AddressSpace, address: bigint, bytes: Uint8Array): Promise<number> {
    return this.vcpu(vcpu).writeMemory(vcpu, space, address, bytes);
  }

  async translate(vcpu: number, query: TranslationQuery): Promise<Translation> {
    return this.vcpu(vcpu).translate(vcpu, query);
  }

  async tableMap(vcpu: number, query: TableMapQuery): Promise<TableMap> {
    return this.vcpu(vcpu).tableMap(vcpu, query);
  }

  memslots = async (): Promise<readonly MemslotView[]> => this.live().memslots();

  cacheDifferences = async (vcpu: number, query: CacheQuery): Promise<CacheView> => this.vcpu(vcpu).cacheDifferences(vcpu, query);

  async exitRecord(vcpu: number): Promise<ExitRecord | undefined> {
    return this.vcpu(vcpu).exitRecord(vcpu);
  }

  async writeExitField(vcpu: number, name: string, value: bigint): Promise<void> {
    this.vcpu(vcpu).writeExitField(vcpu, name, value);
    this.hooks!.refresh();
  }

  async intervene(vcpu: number, intervention: Intervention): Promise<string> {
    const target = this.vcpu(vcpu);
    if (this.ended) throw new Error('the guest has powered off: restart it');
    const evaluate = (expression: Expression): bigint => compile(expression)(contextOf(target, vcpu, this.hooks?.happening));
    const account = target.intervene(vcpu, intervention, evaluate);
    this.hooks!.refresh();
    // A guest that waits may have something to do now.
    this.wake();
    return `vCPU ${vcpu}, after ${target.statistics().instructions} instructions: ${account}`;
  }

  async setScript(steps: readonly ScriptStep[]): Promise<void> {
    this.live().setScript(steps, (text) => this.listener({ type: 'log', category: 'note', text }));
  }

  async poisoned(): Promise<readonly PoisonedMemory[]> {
    return this.live().poisoned();
  }

  async evaluate(vcpu: number, expression: Expression): Promise<bigint> {
    return compile(expression)(contextOf(this.vcpu(vcpu), vcpu, this.hooks?.happening));
  }

  async setStopPoints(points: StopPoints): Promise<void> {
    this.points = points;
    this.hooks?.set(points);
  }

  async continue(): Promise<void> {
    this.begin({ kind: 'none' });
  }

  async runTo(vcpu: number, address: bigint, sp: bigint): Promise<void> {
    this.vcpu(vcpu);
    this.begin({ kind: 'return', vcpu, address, sp });
  }

  async step(vcpu: number, count: number): Promise<void> {
    this.running = this.loop(this.beginStep(vcpu, count));
  }

  /** `step` by one instruction within this call, all its events included; what takes longer goes on by itself afterwards. */
  stepAtOnce(vcpu: number): void {
    const slice = this.beginStep(vcpu, 1);
    const end = this.perform(slice);
    if (!this.ends(end)) this.running = this.waitOut(end).then(() => this.loop(slice));
  }

  /** A guest is there and does not run. */
  get stands(): boolean {
    return this.target !== undefined && this.running === undefined && !this.ended;
  }

  /** What a debugger asks first of a vCPU that stands. Whatever cannot be had now is asked for by name later. */
  view(vcpu: number): StandingView | undefined {
    try {
      return viewOf(this.vcpu(vcpu), vcpu);
    } catch {
      return undefined;
    }
  }

  async pause(): Promise<void> {
    if (!this.running) return;
    this.pauseAsked = true;
    this.wake();
  }

  async consoleInput(bytes: Uint8Array): Promise<void> {
    this.live().consoleInput(bytes);
    this.saidIdle = false;
    this.wake();
  }

  async statistics(): Promise<Statistics> {
    return { ...this.live().statistics(), seconds: this.seconds };
  }

  // ---- running -----------------------------------------------------------------------------------------------------

  private begin(goal: RunGoal): void {
    this.mayRun();
    this.prepareRun(goal, false);
    const target = this.live();
    this.running = this.loop((budget, interrupted) => target.run(budget, interrupted));
  }

  private beginStep(vcpu: number, count: number): Slice {
    const target = this.vcpu(vcpu);
    this.mayRun();
    this.prepareRun({ kind: 'none' }, true);
    this.hooks!.standsAt(vcpu);
    let left = count;
    return (budget, interrupted) => {
      const before = target.instructionsOf(vcpu);
      const end = target.step(vcpu, Math.min(left, budget), interrupted);
      left -= target.instructionsOf(vcpu) - before;
      return end.kind === 'budget' && left <= 0 ? { kind: 'stop', vcpu, cause: { kind: 'step' } } : end;
    };
  }

  private prepareRun(goal: RunGoal, stepping: boolean): void {
    this.hooks!.begin(goal, stepping);
    this.pauseAsked = false;
    this.saidIdle = false;
    Atomics.store(this.pauseFlag, 0, 0);
    this.pace!.begin();
    this.listener({ type: 'continued' });
  }

  /** Runs slices until something ends it, giving way to messages between them. */
  private async loop(slice: Slice): Promise<void> {
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      await this.ready();
      await this.pace!.keepUp();
      if (this.interrupted()) return this.stopped(this.firstRunnable(), { kind: 'pause' });
      const end = this.perform(slice);
      if (this.ends(end)) return;
      await this.waitOut(end);
    }
  }

  private readonly interrupted = (): boolean => this.pauseAsked || Atomics.load(this.pauseFlag, 0) !== 0;

  private perform(slice: Slice): SliceEnd {
    const started = performance.now();
    const milliseconds = this.timekeeping === 'realtime' ? REALTIME_SLICE : SLICE_MILLISECONDS;
    try {
      return slice(SLICE, () => this.interrupted() || performance.now() - started > milliseconds);
    } catch (error) {
      return { kind: 'fatal', vcpu: this.firstRunnable(), message: error instanceof Error ? error.message : String(error) };
    } finally {
      this.seconds += (performance.now() - started) / 1000;
      this.flushConsole();
    }
  }

  /** Whether the run is over; the listener has been told then. */
  private ends(end: SliceEnd): boolean {
    switch (end.kind) {
      case 'budget':
      case 'idle':
      case 'pause':
        return false;
      case 'stop':
        this.stopped(end.vcpu, end.cause);
        return true;
      case 'hook':
        this.stopped(end.vcpu, this.hooks!.cause ?? { kind: 'pause' });
        return true;
      case 'power-off':
      case 'reset':
        this.terminated({ kind: end.kind });
        return true;
      case 'fatal':
        this.stopped(end.vcpu, { kind: 'fatal', message: end.message });
        return true;
    }
  }

  private async waitOut(end: SliceEnd): Promise<void> {
    if (end.kind === 'idle') await this.idle();
    else if (end.kind === 'pause') await this.pace!.pause(end.nanoseconds);
  }

  private newPace(target: Target): Pace {
    return new Pace(this.timekeeping, target, (milliseconds) => this.sleep(milliseconds));
  }

  /** Until the time is over, or somebody types or wants the machine to stop (true). */
  private sleep(milliseconds: number): Promise<boolean> {
    if (this.interrupted()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const timer = setTimeout(() => done(false), Math.min(milliseconds, LONGEST_SLEEP));
      const done = (woken: boolean): void => {
        clearTimeout(timer);
        this.wake = () => {};
        resolve(woken);
      };
      this.wake = () => done(true);
    });
  }

  /** Nothing can happen until somebody types: waits without using the host's processor. */
  private async idle(): Promise<void> {
    if (!this.saidIdle) {
      this.saidIdle = true;
      this.listener({
        type: 'log',
        category: 'note',
        text: 'every vCPU waits for an interrupt and no timer is set: only console input can wake the guest',
      });
    }
    await this.sleep(LONGEST_SLEEP);
  }

  private stopped(vcpu: number, cause: StopCause): void {
    this.running = undefined;
    this.pauseAsked = false;
    this.hooks!.stands();
    this.listener({ type: 'stopped', vcpu, cause });
  }

  private terminated(termination: Termination): void {
    this.running = undefined;
    this.ended = true;
    this.listener({ type: 'terminated', termination });
  }

  private firstRunnable(): number {
    const target = this.target!;
    for (let i = 0; i < target.vcpuCount; i++) if (target.status(i).state === 'runnable') return i;
    return 0;
  }

  private flushConsole(): void {
    const bytes = this.target!.takeConsole();
    if (bytes.length > 0) this.listener({ type: 'console', bytes });
  }

  private async halt(): Promise<void> {
    const { listener } = this;
    if (!this.running) return;
    this.listener = () => {};
    this.pauseAsked = true;
    this.wake();
    await this.running;
    this.listener = listener;
  }

  private live(): Target {
    if (!this.target) throw new Error('the machine is not launched');
    return this.target;
  }

  private vcpu(index: number): Target {
    const target = this.live();
    if (!Number.isInteger(index) || index < 0 || index >= target.vcpuCount) throw new Error(`there is no vCPU ${index}`);
    return target;
  }

  private mayRun(): void {
    this.live();
    if (this.running) throw new Error('the machine is running');
    if (this.ended) throw new Error('the guest has powered off: restart it');
  }
}
