import { type TakenException, vector } from '../../cpu/core.ts';
import { decodeExit, exitDefinition } from '../../kvm/exits/index.ts';
import { kvmRun } from '../../kvm/exits/layout.ts';
import { mpState } from '../../kvm/mp-state.ts';
import type { Vcpu } from '../../kvm/vcpu.ts';
import { tableMap } from '../../memory/table-map.ts';
import { slots } from '../../translate/layout.ts';
import type { VirtMachine } from '../../vmm/virt-machine.ts';
import { exceptionClassOf } from '../exception-classes.ts';
import type { RegisterWords } from '../expression/words.ts';
import type { Evaluate, Intervention, PoisonedMemory } from '../intervention.ts';
import type { AddressSpace, DataBreakpoint, ExitRecord, GuestException, LoadedGuest, MemoryRead, VcpuStatus } from '../machine.ts';
import type { CacheQuery, CacheView, MemslotView, TableMap, TableMapQuery, Translation, TranslationQuery } from '../memory-views.ts';
import { ScriptRunner } from '../script/runner.ts';
import type { ScriptStep } from '../script/step.ts';
import type { RunEnd, Target, TargetHooks } from '../target.ts';
import { CodeBreakpoints } from './breakpoints.ts';
import { cacheView } from './cache.ts';
import { accessOf, DataBreakpoints } from './data-breakpoints.ts';
import { intervene } from './intervene.ts';
import { type MemoryMap, readMemory, writeMemory } from './memory.ts';
import { memslotViews } from './memslots.ts';
import { PoisonBook } from './poison.ts';
import { readRegister, registerNumber, writeRegister } from './registers.ts';
import { placeOf, translationOf } from './translation.ts';

type Places = readonly { readonly space: AddressSpace; readonly address: bigint }[];

/** The VMM's machine as the debugger controls it. */
export class VirtTarget implements Target {
  hooks: TargetHooks | undefined;
  readonly guest: LoadedGuest;
  readonly registerWords: RegisterWords = {
    registerNumber,
    low: (index, register) => this.vcpu(index).state.low(register),
    high: (index, register) => this.vcpu(index).state.high(register),
  };
  private exits: ReadonlySet<string> = new Set();
  private armedPlaces: Places = [];
  private scriptPlaces: Places = [];
  private readonly map: MemoryMap;
  private readonly breakpoints: CodeBreakpoints;
  private readonly data: DataBreakpoints;
  private readonly poison: PoisonBook;

  constructor(private readonly machine: VirtMachine) {
    const { silicon, kernel } = machine;
    const { mmu, memory: physical, code } = silicon;
    const placed = kernel.placements;
    const base = Math.min(...placed.map((p) => p.address));
    this.guest = { entry: BigInt(kernel.entry), base: BigInt(base), size: kernel.end - base, host: machine.hostFacts };
    this.poison = new PoisonBook(machine);
    const hostOfIpa = (ipa: number): number => machine.hostAddress(ipa);
    this.map = { mmu, physical, hostOfIpa };
    const hostOf = (space: 'ipa' | 'pa', address: bigint): number =>
      address >= 1n << 53n ? -1 : space === 'ipa' ? hostOfIpa(Number(address)) : physical.hostOf(Number(address));
    this.breakpoints = new CodeBreakpoints(code, hostOf, () => mmu.flushFetch(), physical.cache?.distance);
    this.data = new DataBreakpoints(hostOf, (ranges) => silicon.setWatches(ranges));
    machine.hooks = {
      breakpoint: (vcpu) => this.hooks?.breakpoint(vcpu) ?? false,
      watch: (index, accesses) => {
        const { hooks } = this;
        if (!hooks || accesses.every(({ id }) => hooks.passesData?.(index, id))) return false;
        const { state } = this.vcpu(index);
        // Every instruction that accesses memory goes on at the next.
        const pc = BigInt.asUintN(64, state.get(slots.pc) - 4n);
        const known = accesses.flatMap((access) => accessOf(access, pc, state, this.map) ?? []);
        return known.length > 0 && hooks.data(index, pc, known);
      },
      exit: (vcpu, name) => this.exits.has(name) && (this.hooks?.exit(vcpu, name) ?? false),
      // The processor was told to stop at the vector: `onException` has asked the debugger.
      exception: () => true,
    };
  }

  get vcpuCount(): number {
    return this.machine.vcpus.length;
  }

  takeConsole(): Uint8Array {
    return this.machine.console.take();
  }

  consoleInput(bytes: Uint8Array): void {
    this.machine.consoleInput(bytes);
  }

  status(index: number): VcpuStatus {
    const vcpu = this.vcpu(index);
    const state = vcpu.mpState === mpState.STOPPED ? 'stopped' : vcpu.isWaiting ? 'waiting' : 'runnable';
    return { index, pc: vcpu.state.get(slots.pc), el: vcpu.el, state };
  }

  instructionsOf(index: number): number {
    return this.vcpu(index).instructions;
  }

  readRegister(index: number, name: string): bigint | undefined {
    return readRegister(this.vcpu(index).processor, name);
  }

  writeRegister(index: number, name: string, value: bigint): void {
    // KVM moves PC past the access when it completes it, wherever PC is then.
    if (name === 'pc' && this.vcpu(index).pendingMmio) throw new Error('pc cannot be set in the middle of an MMIO exit: step once first');
    writeRegister(this.vcpu(index).processor, name, value);
  }

  readMemory(index: number, space: AddressSpace, address: bigint, length: number): MemoryRead {
    return readMemory(this.map, this.vcpu(index).state, space, address, length);
  }

  writeMemory(index: number, space: AddressSpace, address: bigint, bytes: Uint8Array): number {
    return writeMemory(this.map, this.vcpu(index).state, space, address, bytes, (host, count) => this.machine.silicon.written(host, count));
  }

  translate(index: number, query: TranslationQuery): Translation {
    return translationOf(this.map, this.vcpu(index), query);
  }

  tableMap(index: number, query: TableMapQuery): TableMap {
    const { mmu, physical } = this.map;
    return tableMap(mmu.translation, physical, mmu.spaceOf(this.vcpu(index).state), query);
  }

  memslots(): readonly MemslotView[] {
    return memslotViews(this.vcpu(0).vm, (from, to) => this.tableMap(0, { tables: 'VTTBR_EL2', from, to }).runs);
  }

  cacheDifferences(index: number, query: CacheQuery): CacheView {
    return cacheView(this.map, this.vcpu(index).state, query);
  }

  placeOf(index: number, va: bigint): { readonly ipa?: bigint; readonly pa?: bigint } {
    return placeOf(this.map, this.vcpu(index), va);
  }

  /** `kvm_run` is all zero until the first exit. */
  exitRecord(index: number): ExitRecord | undefined {
    const { run } = this.vcpu(index);
    if (run.exitReason === 0 && run.bytes.subarray(kvmRun.exit, kvmRun.exit + 8).every((byte) => byte === 0)) return undefined;
    const { reason, name, fields, summary } = decodeExit(run);
    const answer = this.machine.userSpace.answerOf(this.vcpu(index));
    return { vcpu: index, reason, name, fields, summary, ...(answer === undefined ? {} : { answer }) };
  }

  writeExitField(index: number, name: string, value: bigint): void {
    const { run } = this.vcpu(index);
    const [, member, element] = /^(\w+?)(?:\[([0-9]+)\])?$/.exec(name) ?? [];
    const field = exitDefinition(run)?.fields.find((f) => f.name === member);
    const at = Number(element ?? 0);
    if (!field || at >= (field.count ?? 1)) throw new Error(`this exit has no ${name}`);
    if (value >> BigInt(field.size * 8) !== 0n) throw new Error(`${name} has ${field.size} bytes: 0x${value.toString(16)} does not fit`);
    run.set(field.offset + at * field.size, field.size, value);
  }

  intervene(index: number, intervention: Intervention, evaluate: Evaluate): string {
    return intervene(this.machine.userSpace, this.poison, this.vcpu(index), intervention, evaluate);
  }

  setScript(steps: readonly ScriptStep[], say: (text: string) => void): void {
    const script = new ScriptRunner(this, steps, say);
    this.machine.planned.plan = steps.length > 0 ? script : undefined;
    this.scriptPlaces = script.places;
    this.arm();
  }

  poisoned(): readonly PoisonedMemory[] {
    return this.poison.list();
  }

  armBreakpoints(places: Places): void {
    if (places === this.armedPlaces) return;
    this.armedPlaces = places;
    this.arm();
  }

  /** Breakpoints of the debugger and places of the script. */
  private arm(): void {
    this.breakpoints.set(this.scriptPlaces.length > 0 ? [...this.armedPlaces, ...this.scriptPlaces] : this.armedPlaces);
    this.machine.silicon.mmu.fetchWatch = this.breakpoints.any ? (low, high, host) => this.breakpoints.fetched(low, high, host) : undefined;
  }

  armData(watches: readonly DataBreakpoint[]): void {
    this.data.set(watches);
  }

  armHooks({ exits, exceptions }: { readonly exits: ReadonlySet<string>; readonly exceptions: boolean }): void {
    this.exits = exits;
    for (const { index, processor } of this.machine.vcpus) {
      processor.onException = exceptions ? (taken) => this.hooks?.exception(guestException(index, taken)) ?? false : undefined;
    }
  }

  run(budget: number, interrupted: () => boolean): RunEnd {
    return this.machine.run(budget, interrupted);
  }

  step(index: number, count: number, interrupted: () => boolean): RunEnd {
    return this.machine.step(index, count, interrupted);
  }

  get time(): number {
    return this.machine.time;
  }

  passTime(nanoseconds: number): void {
    this.machine.passTime(nanoseconds);
  }

  statistics(): { readonly instructions: number; readonly exits: Readonly<Record<string, number>> } {
    return { instructions: this.machine.silicon.clock.instructions, exits: this.machine.exitCounts };
  }

  reset(): void {
    this.machine.reset();
  }

  private vcpu(index: number): Vcpu {
    return this.machine.vcpus[index]!;
  }
}

/** An interrupt is told by its vector, everything else by its syndrome. */
function guestException(vcpu: number, { targetEl, vector: taken, esr, far, elr, spsr }: TakenException): GuestException {
  const key = taken === vector.irq ? 'irq' : taken === vector.fiq ? 'fiq' : exceptionClassOf(esr);
  return { vcpu, class: key, targetEl, esr, far, elr, spsr };
}
