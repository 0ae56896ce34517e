import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { CompileThread } from '../../emulator/vmm/compile-thread.ts';
import { createMachine } from '../../emulator/vmm/create.ts';
import type { VirtMachine } from '../../emulator/vmm/virt-machine.ts';
import { busyInitramfs, ROUND } from '../guests/busy.ts';
import { guestFiles } from '../guests/guests.ts';

const MEMORY = 192 * 2 ** 20;
const SLICE = 4_000_000;
const PAGE = 4096;

/** What a long run holds, bytes where nothing else is said. */
export interface Held {
  /** Rounds that the guest has done. */
  readonly rounds: number;
  readonly instructions: number;
  readonly resident: number;
  readonly heap: number;
  /** WebAssembly modules and regions made so far, and the modules and the estimate of bytes since all were last given up. */
  readonly modules: number;
  readonly regions: number;
  readonly kept: number;
}

/** A machine with the busy guest, with a thread that translates, as `kvm-arm64 run` has it. */
export class BusyMachine {
  private rounds = 0;
  private line = '';

  private constructor(
    private readonly machine: VirtMachine,
    private readonly compileThread: CompileThread,
  ) {}

  static async start(): Promise<BusyMachine> {
    const { image } = guestFiles().kernels['6.1'];
    const compileThread = new CompileThread();
    const machine = await createMachine(
      {
        kernel: { name: image, bytes: readFileSync(image) },
        initrd: { name: 'busy', bytes: busyInitramfs('6.1') },
        append: 'console=ttyAMA0 quiet',
        cpu: 'cortex-a57',
        cpus: 1,
        memory: MEMORY,
      },
      compileThread,
    );
    // All of the machine's memory is resident from the start: what grows later is something else.
    const { bytes } = machine.silicon.memory;
    for (let at = 0; at < bytes.length; at += PAGE) bytes[at] = bytes[at]!;
    return new BusyMachine(machine, compileThread);
  }

  /** Runs until the guest has done so many rounds, or `over` says so. @throws Error when the guest ends. */
  async run(rounds: number, over: () => boolean = () => false): Promise<void> {
    while (this.rounds < rounds && !over()) {
      const end = this.machine.run(SLICE);
      this.read(new TextDecoder().decode(this.machine.console.take()));
      if (end.kind !== 'budget') throw new Error(`the guest has ended (${JSON.stringify(end)}): ${this.line}`);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  private read(text: string): void {
    const lines = (this.line + text).split('\n');
    this.line = lines.pop()!;
    for (const line of lines) {
      const done = new RegExp(`^${ROUND} (\\d+)`).exec(line);
      if (done) this.rounds = Number(done[1]);
      else if (line.trim() !== '') throw new Error(`the guest says: ${line}`);
    }
  }

  /** Collects what can be collected, and looks. */
  held(): Held {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    collect();
    collect();
    const { heapUsed, external, rss } = process.memoryUsage();
    const { modules, translated, kept } = this.machine.silicon.translator!;
    const { instructions } = this.machine.silicon.clock;
    return { rounds: this.rounds, instructions, resident: rss, heap: heapUsed + external, modules, regions: translated, kept };
  }

  async stop(): Promise<void> {
    await this.compileThread.close();
  }
}
