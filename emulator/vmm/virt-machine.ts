import { exitDefinition } from '../kvm/exits/index.ts';
import { SeededBytes } from '../kvm/seed.ts';
import { BLOCK_BYTES } from '../kvm/stage2-geometry.ts';
import type { RunOutcome, Vcpu } from '../kvm/vcpu.ts';
import { Vm } from '../kvm/vm.ts';
import { HOST_DRAM_BASE } from '../memory/physical-memory.ts';
import { slots } from '../translate/layout.ts';
import { board } from './board.ts';
import { Bus } from './bus.ts';
import { checkCapabilities, enableableCapabilities, enableCapabilities } from './capabilities.ts';
import { GuestConsole } from './console.ts';
import { deviceTreeBlob } from './device-tree.ts';
import { Pl011 } from './devices/pl011.ts';
import { Pl031 } from './devices/pl031.ts';
import { Pl061 } from './devices/pl061.ts';
import { goOn } from './exits/perform.ts';
import { GuestMemory } from './guest-memory.ts';
import { apeiOfHost, checkHost, describeHost, type HostFact, kernelProfile } from './host.ts';
import { checkCommandLine, checkCpus, checkMemory, DEFAULT_EPOCH, DEFAULT_SEED, type LaunchConfiguration } from './launch.ts';
import { type LoadedKernel, loadKernel } from './loader/kernel.ts';
import { type Layout, placeBootFiles } from './loader/placement.ts';
import { checkMemslots, checkPfnmapPolicy } from './memslot-options.ts';
import { PlanKeeper } from './plan-keeper.ts';
import type { RunEnd, RunHooks } from './run-hooks.ts';
import { Scheduler } from './scheduler.ts';
import type { Silicon } from './silicon.ts';
import { type UnhandledExit, UserSpace } from './user-space.ts';
import { initVcpus, provideInterruptController } from './vm-setup.ts';

const NANOSECONDS = 1e9;
/** Host memory that KVM needs for stage-2 tables: a page for every 2 MiB, and the upper levels. */
const tableBytes = (ram: number): number => 4 * BLOCK_BYTES + Math.ceil(ram / BLOCK_BYTES) * 4096;

/** Host DRAM that a machine with this much guest RAM needs, bytes. */
export const hostDramBytes = (ram: number): number => ram + tableBytes(ram) + BLOCK_BYTES;

/** The whole machine: KVM's VM on its silicon, and the VMM's board around it (QEMU's `virt`). Synchronous; runs in the thread that calls it. */
export class VirtMachine {
  readonly vm: Vm;
  readonly console = new GuestConsole();
  readonly kernel: LoadedKernel;
  readonly layout: Layout;
  hooks: RunHooks | undefined;
  /** Ends a run instead of skipping the time that all vCPUs wait. Changes nothing the guest can see. */
  pace = false;
  readonly userSpace: UserSpace;
  /** What somebody planned to be done. */
  readonly planned: PlanKeeper;
  readonly bus = new Bus();
  private readonly uart: Pl011;
  private readonly rtc: Pl031;
  private readonly scheduler: Scheduler;
  /** The kernel profile and the host in force, for people. */
  readonly hostFacts: readonly HostFact[];
  private readonly ramHost: number;
  private readonly memoryBesideRam: GuestMemory;
  private readonly deviceTree: Uint8Array;
  /** Where each vCPU last passed a breakpoint: the same execution of an instruction is asked about once, however often KVM has to enter the guest for it. */
  private readonly passed: { instructions: number; low: number; high: number }[];
  private skipTo: number | undefined;

  /** @throws LaunchError when the configuration cannot be a machine. */
  constructor(
    readonly silicon: Silicon,
    readonly configuration: LaunchConfiguration,
  ) {
    const { memory, cpus, initrd, kernel } = configuration;
    this.userSpace = new UserSpace(this.bus, configuration.onExit ?? {});
    this.planned = new PlanKeeper(silicon.clock, this.userSpace);
    checkMemory(memory);
    checkCpus(cpus);
    if (configuration.append !== undefined) checkCommandLine(configuration.append);
    const epoch = configuration.epoch ?? DEFAULT_EPOCH;
    const seed = configuration.seed ?? DEFAULT_SEED;
    const kernelProfileInForce = kernelProfile(configuration.kernelProfile);
    const host = checkHost(configuration.host ?? {});
    this.hostFacts = describeHost(silicon.profile, host, kernelProfileInForce);
    this.kernel = loadKernel(kernel, memory);
    this.ramHost = silicon.memory.allocate(memory, BLOCK_BYTES);
    this.vm = new Vm({
      clock: silicon.clock,
      host: {
        memory: silicon.memory.memory,
        physicalBase: HOST_DRAM_BASE,
        allocate: (bytes, alignment) => silicon.memory.allocate(bytes, alignment),
      },
      features: silicon.features,
      kernel: kernelProfileInForce,
      pfnmapPolicy: checkPfnmapPolicy(configuration.pfnmapPolicy),
      ...(silicon.maintenance ? { maintenance: silicon.maintenance } : {}),
      apei: apeiOfHost(host, (ipa) => this.physicalAddress(ipa)),
      epoch,
      seed,
      invalidate: () => silicon.invalidateStage2(),
      release: (address, bytes) => {
        silicon.written(address, bytes);
        silicon.memory.free(address, bytes);
      },
    });
    enableCapabilities(this.vm, checkCapabilities(configuration.capabilities ?? enableableCapabilities));
    this.vm.memslots.set({ slot: 0, flags: 0, guestPhysAddr: board.ram.base, memorySize: memory, userspaceAddr: this.ramHost });
    this.memoryBesideRam = new GuestMemory(silicon, this.vm, checkMemslots(configuration.memslots ?? []));
    for (const processor of silicon.processors) this.vm.createVcpu(processor);
    initVcpus(this.vm);
    provideInterruptController(this.vm);
    this.scheduler = new Scheduler(this.vm.vcpus);
    this.passed = this.vm.vcpus.map(() => ({ instructions: -1, low: 0, high: 0 }));
    for (const vcpu of this.vm.vcpus) {
      vcpu.processor.onBreakpoint = () => this.atBreakpoint(vcpu);
      vcpu.processor.onWatch = () => this.afterWatchedAccess(vcpu);
    }
    this.uart = new Pl011((byte) => this.console.transmit(byte), this.line(board.uart.spi));
    this.rtc = new Pl031(() => Math.floor(silicon.clock.now / NANOSECONDS), epoch, this.line(board.rtc.spi));
    this.bus.map(board.uart, this.uart);
    this.bus.map(board.rtc, this.rtc);
    this.bus.map(board.gpio, new Pl061(this.line(board.gpio.spi)));
    const seeds = new SeededBytes(seed);
    const treeOptions = {
      memory,
      cpus,
      cpuCompatible: silicon.compatible,
      ...(configuration.append === undefined ? {} : { bootArguments: configuration.append }),
      kaslrSeed: seeds.bytes(8),
      rngSeed: seeds.bytes(32),
    };
    const size = deviceTreeBlob(treeOptions).length;
    this.layout = placeBootFiles(this.kernel, initrd, size, memory);
    this.deviceTree = deviceTreeBlob({ ...treeOptions, ...(this.layout.initrd ? { initrd: this.layout.initrd } : {}) });
    this.load();
  }

  get vcpus(): readonly Vcpu[] {
    return this.vm.vcpus;
  }

  /** What holds state beside registers and memory, by name: for comparing whole machines. */
  get parts(): Readonly<Record<string, object>> {
    const { clock, memory } = this.silicon;
    return { ...(memory.cache ? { cache: memory.cache.state } : {}), clock, vm: this.vm, bus: this.bus, scheduler: this.scheduler };
  }

  /** Back to the state after construction. */
  reset(): void {
    this.userSpace.reset();
    this.planned.reset();
    for (const passed of this.passed) passed.instructions = -1;
    this.skipTo = undefined;
    this.clearMemory();
    this.silicon.memory.poison.reset();
    const { clock } = this.silicon;
    clock.instructions = 0;
    clock.idle = 0;
    this.vm.reset();
    this.bus.reset();
    this.console.reset();
    this.scheduler.reset();
    this.load();
  }

  /** Physical address of a guest physical address in RAM, or -1. */
  private physicalAddress(ipa: number): number {
    const { base } = board.ram;
    const inside = ipa >= base && ipa < base + this.configuration.memory;
    return inside ? this.silicon.memory.physical(this.ramHost + (ipa - base)) : -1;
  }

  /** Zeros in all memory of the guest. */
  clearMemory(): void {
    this.silicon.memory.cache?.reset();
    this.silicon.memory.bytes.fill(0, this.ramHost, this.ramHost + this.configuration.memory);
    this.silicon.written(this.ramHost, this.configuration.memory);
    this.memoryBesideRam.reset();
  }

  /** Host address of a guest physical address in RAM, or -1. */
  hostAddress(ipa: number): number {
    return this.vm.memslots.hostAddress(ipa);
  }

  /** Characters typed at the console. */
  consoleInput(bytes: Uint8Array): void {
    const { instructions, idle } = this.silicon.clock;
    this.console.input(bytes, { instructions, idle });
    this.console.feed(this.uart);
  }

  /**
   * Runs the vCPUs in turn for at most `budget` instructions. `interrupted` is asked at the end of every turn.
   * How the budget is cut changes nothing for the guest.
   */
  run(budget: number, interrupted: () => boolean = () => false): RunEnd {
    const limit = this.silicon.clock.instructions + budget;
    const first = this.finishUnhandled();
    if (first) return first;
    while (this.silicon.clock.instructions < limit) {
      if (this.planned.stopsNow()) return { kind: 'hook', vcpu: 0 };
      const vcpu = this.scheduler.next();
      if (!vcpu) {
        const end = this.skipTime();
        if (end) return end;
        if (interrupted()) return { kind: 'budget' };
        continue;
      }
      this.skipTo = undefined;
      const before = vcpu.instructions;
      const outcome = vcpu.enter(Math.min(this.scheduler.quantum, limit - this.silicon.clock.instructions, this.planned.until));
      this.scheduler.used(vcpu.instructions - before);
      if (outcome.kind === 'yield') this.scheduler.yield();
      const end = this.after(vcpu, outcome);
      if (end) return end;
      if (this.scheduler.quantum <= 0) this.rtc.tick();
      if (interrupted()) return { kind: 'budget' };
    }
    return { kind: 'budget' };
  }

  /**
   * Runs one vCPU alone for exactly `count` instructions, less where a hook stops it. An instruction that KVM or user space completes is one like any other.
   * A vCPU that waits in WFI is woken by its next timer interrupt first.
   */
  step(index: number, count: number, interrupted: () => boolean = () => false): RunEnd {
    const first = this.finishUnhandled();
    if (first) return first;
    const vcpu = this.vm.vcpus[index]!;
    const limit = vcpu.instructions + count;
    while (vcpu.instructions < limit) {
      if (this.planned.stopsNow()) return { kind: 'hook', vcpu: index };
      if (!vcpu.canRun()) {
        const next = vcpu.nextEvent();
        if (!vcpu.isWaiting || next === Number.POSITIVE_INFINITY) return { kind: 'idle' };
        this.advanceTo(next);
        continue;
      }
      const outcome = vcpu.enter(Math.min(limit - vcpu.instructions, this.planned.until));
      const end = this.after(vcpu, outcome);
      if (end) return end;
      // The last instruction may be one that user space emulates: it is done only when KVM has completed it.
      vcpu.completeMmio();
      if (interrupted()) return { kind: 'budget' };
    }
    return { kind: 'budget' };
  }

  /** Machine time, nanoseconds. */
  get time(): number {
    return this.silicon.clock.now;
  }

  /** Between runs: so much time passes without an instruction. A run that ended in a pause goes on from here. */
  passTime(nanoseconds: number): void {
    this.skipTo = undefined;
    this.advanceTo(this.time + nanoseconds);
  }

  /** Exits by name: to KVM by exception class, to user space by reason. */
  get exitCounts(): Readonly<Record<string, number>> {
    return this.vm.exitCounts;
  }

  private line(spi: number): (level: boolean) => void {
    return (level) => this.vm.irqLine(spi, level);
  }

  /** Puts kernel, initrd and device tree into guest memory, and the boot vCPU at the entry point (booting.rst). */
  private load(): void {
    const { initrd } = this.configuration;
    const put = (address: number, bytes: Uint8Array): void =>
      this.silicon.memory.bytes.set(bytes, this.ramHost + (address - board.ram.base));
    for (const { address, bytes } of this.kernel.placements) put(address, bytes);
    if (initrd && this.layout.initrd) put(this.layout.initrd.start, initrd.bytes);
    put(this.layout.deviceTree, this.deviceTree);
    for (const vcpu of this.vm.vcpus) vcpu.init();
    const { state, processor } = this.vm.vcpus[0]!;
    state.set(slots.pc, BigInt(this.kernel.entry));
    state.set(slots.x, BigInt(this.layout.deviceTree));
    processor.invalidateDerivedState();
  }

  /** Nothing can run: time goes on to the next timer interrupt. */
  private skipTime(): RunEnd | undefined {
    this.rtc.tick();
    const next = Math.min(this.scheduler.nextEvent(), this.rtc.alarm * NANOSECONDS);
    if (next === Number.POSITIVE_INFINITY) return { kind: 'idle' };
    const { now } = this.silicon.clock;
    if (this.pace && next > now && this.skipTo === undefined) {
      this.skipTo = next;
      return { kind: 'pause', nanoseconds: next - now };
    }
    this.skipTo = undefined;
    this.advanceTo(next);
    return undefined;
  }

  private advanceTo(time: number): void {
    const { clock } = this.silicon;
    clock.idle += Math.max(0, time - clock.now);
    this.rtc.tick();
  }

  private after(vcpu: Vcpu, outcome: RunOutcome): RunEnd | undefined {
    switch (outcome.kind) {
      case 'exit':
        return this.atExit({ vcpu });
      case 'breakpoint':
        return (this.planned.stopsHere(vcpu) ?? true) ? { kind: 'hook', vcpu: vcpu.index } : undefined;
      case 'watch':
        return { kind: 'hook', vcpu: vcpu.index };
      case 'exception':
        return this.hooks?.exception(vcpu.index) ? { kind: 'hook', vcpu: vcpu.index } : undefined;
      case 'fatal':
        return this.atExit({ vcpu, message: outcome.message });
      case 'error': {
        const message = `KVM_RUN failed with -${outcome.errno}: ${outcome.message}`;
        return outcome.recorded ? this.atExit({ vcpu, message }) : { kind: 'fatal', vcpu: vcpu.index, message };
      }
      default:
        return undefined;
    }
  }

  /** `kvm_run` holds an exit: the debugger sees it first, then user space acts on it. */
  private atExit(at: UnhandledExit): RunEnd | undefined {
    const { index, run } = at.vcpu;
    const name = exitDefinition(run)?.name ?? `KVM_EXIT_${run.exitReason}`;
    this.vm.count(name);
    this.userSpace.arrived(at);
    this.planned.plan?.exited(index, name);
    if (!this.hooks?.exit(index, name)) return this.handle(at);
    this.userSpace.hold(at);
    return { kind: 'hook', vcpu: index };
  }

  private atBreakpoint(vcpu: Vcpu): boolean {
    if (!this.hooks) return true;
    vcpu.countExecuted();
    const { state, index, instructions } = vcpu;
    const passed = this.passed[index]!;
    const low = state.low(slots.pc);
    const high = state.high(slots.pc);
    if (passed.instructions === instructions && passed.low === low && passed.high === high) return false;
    if (this.planned.isDueBefore(vcpu) || this.hooks.breakpoint(index)) return true;
    passed.instructions = instructions;
    passed.low = low;
    passed.high = high;
    return false;
  }

  private afterWatchedAccess(vcpu: Vcpu): boolean {
    if (!this.hooks?.watch) return false;
    vcpu.countExecuted();
    return this.hooks.watch(vcpu.index, this.silicon.mmu.watches.accesses);
  }

  /** Finishes what user space is emulating: every vCPU stands between two instructions then. What ends the machine, if that does. */
  settle(): RunEnd | undefined {
    const end = this.finishUnhandled();
    for (const vcpu of this.vm.vcpus) vcpu.completeMmio();
    return end;
  }

  private finishUnhandled(): RunEnd | undefined {
    const at = this.userSpace.release();
    return at && this.handle(at);
  }

  private handle(exit: UnhandledExit): RunEnd | undefined {
    const { vcpu } = exit;
    const before = vcpu.instructions;
    const at = this.planned.atExit(exit);
    const handled = at ? this.userSpace.handle(at) : goOn;
    this.scheduler.used(vcpu.instructions - before);
    this.console.feed(this.uart);
    return handled.kind === 'continue' ? undefined : handled.kind === 'fatal' ? { ...handled, vcpu: vcpu.index } : handled;
  }
}
