import { writeFile } from 'node:fs/promises';
import { ScriptError } from '../../emulator/machine/script/runner.ts';
import { compileInterpreter } from '../../emulator/translate/interpreter/compiled.ts';
import { CompileThread } from '../../emulator/vmm/compile-thread.ts';
import { createMachine } from '../../emulator/vmm/create.ts';
import { Pace, REALTIME_SLICE } from '../../emulator/vmm/pace.ts';
import type { RunEnd } from '../../emulator/vmm/run-hooks.ts';
import type { VirtMachine } from '../../emulator/vmm/virt-machine.ts';
import { arrangeRun } from './arrange.ts';
import { CliError, exitStatus } from './exit-status.ts';
import { type GuestOptions, readGuest } from './guest-files.ts';
import { Terminal } from './terminal.ts';
import { TextWatch } from './text-watch.ts';

/** How a guest runs on the console. */
export interface ConsoleOptions {
  readonly until?: string;
  readonly mark?: readonly string[];
  readonly timeout?: number;
  readonly stats?: string;
  readonly realtime?: boolean;
  readonly poison?: readonly string[];
  readonly script?: string;
  readonly symbols?: readonly string[];
}

/** Options of `kvm-arm64 run` as the command line gives them. */
export interface RunOptions extends GuestOptions, ConsoleOptions {}

/** Guest instructions between looks at the terminal and the clock. */
const SLICE = 4_000_000;

interface Mark {
  readonly seconds: number;
  readonly instructions: number;
}

/** Runs a guest with its console on stdin and stdout; the exit status of the program. */
export async function run(options: RunOptions): Promise<number> {
  // Every machine needs it: it is compiled while the files are read.
  void compileInterpreter();
  const compileThread = new CompileThread();
  const guest = readGuest(options);
  // A guest that follows the clock on the wall has its date too.
  const machine = await createMachine(options.realtime ? { ...guest, epoch: Math.floor(Date.now() / 1000) } : guest, compileThread);
  await arrangeRun(machine, guest.kernel, options);
  return await runMachine(machine, options);
}

/** Runs a machine with its console on stdin and stdout; the exit status of the program. */
export async function runMachine(machine: VirtMachine, options: ConsoleOptions): Promise<number> {
  const terminal = new Terminal();
  terminal.open();
  const session = new RunSession(machine, terminal, options);
  try {
    return await session.run();
  } catch (error) {
    if (error instanceof ScriptError) throw new CliError(error.message, exitStatus.stopped);
    throw error;
  } finally {
    terminal.close();
    if (options.stats !== undefined) await writeStatistics(options.stats, session.statistics());
  }
}

async function writeStatistics(path: string, statistics: object): Promise<void> {
  try {
    await writeFile(path, `${JSON.stringify(statistics, undefined, 2)}\n`);
  } catch (error) {
    throw new CliError(`--stats: ${(error as Error).message}`);
  }
}

/** One run of a machine on a terminal. */
class RunSession {
  private readonly started = performance.now();
  private readonly until: TextWatch | undefined;
  private readonly marks = new Map<string, Mark>();
  private readonly watches: { readonly text: string; readonly watch: TextWatch }[];
  private readonly pace: Pace;
  private seconds = 0;

  constructor(
    private readonly machine: VirtMachine,
    private readonly terminal: Terminal,
    private readonly options: ConsoleOptions,
  ) {
    this.pace = new Pace(options.realtime ? 'realtime' : 'wait', machine, (milliseconds) =>
      terminal.waitForInput(Math.min(milliseconds, this.left())),
    );
    this.until = options.until === undefined ? undefined : new TextWatch(options.until);
    this.watches = (options.mark ?? []).map((text) => ({ text, watch: new TextWatch(text) }));
  }

  async run(): Promise<number> {
    const { machine, terminal } = this;
    const late = (): boolean => this.left() === 0;
    this.pace.begin();
    for (;;) {
      const typed = terminal.takeInput();
      if (typed) machine.consoleInput(typed);
      // While somebody may type, a sleeping guest sleeps; without, its time goes on at once.
      machine.pace = !terminal.ended || this.options.realtime === true;
      await this.pace.keepUp();
      const end = machine.run(SLICE, this.options.realtime ? this.sliceUntil(late) : late);
      this.seconds = (performance.now() - this.started) / 1000;
      const output = machine.console.take();
      await terminal.write(output);
      this.mark(output);
      if (this.until?.add(output)) return exitStatus.powerOff;
      const status = await this.act(end);
      if (status !== undefined) return status;
      if (terminal.quit) return exitStatus.interrupted;
      if (late()) {
        process.stderr.write(`kvm-arm64: time-out after ${this.options.timeout} s\n`);
        return exitStatus.timeout;
      }
    }
  }

  /** For `--stats`. */
  statistics(): object {
    const { instructions, idle } = this.machine.silicon.clock;
    const { seconds } = this;
    return {
      instructions,
      seconds,
      mips: seconds > 0 ? instructions / seconds / 1e6 : 0,
      guestSeconds: (instructions + idle) / 1e9,
      exits: this.machine.exitCounts,
      peakMemory: process.resourceUsage().maxRSS * 1024,
      ...(this.marks.size > 0 ? { marks: Object.fromEntries(this.marks) } : {}),
    };
  }

  /** Ends a slice in time for a look at the clock. */
  private sliceUntil(late: () => boolean): () => boolean {
    const end = performance.now() + REALTIME_SLICE;
    return () => late() || performance.now() >= end;
  }

  private mark(output: Uint8Array): void {
    for (const { text, watch } of this.watches) {
      if (!watch.found && watch.add(output))
        this.marks.set(text, { seconds: this.seconds, instructions: this.machine.silicon.clock.instructions });
    }
  }

  private async act(end: RunEnd): Promise<number | undefined> {
    switch (end.kind) {
      case 'power-off':
        return exitStatus.powerOff;
      case 'reset':
        return exitStatus.reset;
      case 'fatal':
        process.stderr.write(`kvm-arm64: guest stopped: ${end.message}\n`);
        return exitStatus.stopped;
      case 'pause':
        await this.pace.pause(end.nanoseconds);
        return undefined;
      case 'idle':
        return await this.idle();
      default:
        await new Promise((resolve) => setImmediate(resolve));
        return undefined;
    }
  }

  /** Milliseconds until the time-out. */
  private left(): number {
    const { timeout } = this.options;
    return timeout === undefined ? Number.POSITIVE_INFINITY : Math.max(0, timeout * 1000 - (performance.now() - this.started));
  }

  /** Only input can wake the guest. */
  private async idle(): Promise<number | undefined> {
    const { terminal } = this;
    if (terminal.ended && terminal.takeInput() === undefined) {
      const why = this.machine.vcpus.some((vcpu) => vcpu.isWaiting)
        ? 'every vCPU waits for an interrupt, no timer is set and stdin has ended: nothing can wake the guest'
        : 'every vCPU has been powered off (PSCI CPU_OFF): nothing can start one again';
      process.stderr.write(`kvm-arm64: guest stopped: ${why}\n`);
      return exitStatus.stopped;
    }
    await terminal.waitForInput(this.left());
    return undefined;
  }
}
