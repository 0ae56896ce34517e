/** gdb on the stub of a qemu-system-aarch64, driven by commands: what people debug a guest with otherwise. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Console } from './console.ts';

export interface QemuGuest {
  readonly kernel: string;
  readonly initrd: string;
  readonly append: string;
  readonly cpu: string;
}

/** gdb did not end in time: no wrong result, but no figure either. */
export class TooLong extends Error {}

const SOCKET_PATIENCE = 10_000;
/** Seconds that a command may take which does not run the guest. */
const COMMAND_PATIENCE = 20;

const delay = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** The commands that make gdb usable without a person and without an executable. */
const setUp = ['set pagination off', 'set confirm off', 'set width 0', 'set architecture aarch64'];

export class GdbOnQemu {
  readonly console: Console;
  private output = '';
  private heard = (): void => {};
  private giveUp = (): void => {};
  private commands = 0;

  private constructor(
    private readonly qemu: ChildProcess,
    private readonly gdb: ChildProcess,
  ) {
    this.console = new Console(qemu.stdout!);
    for (const stream of [gdb.stdout!, gdb.stderr!])
      stream.on('data', (chunk: Buffer) => {
        this.output += chunk.toString('latin1');
        this.heard();
      });
  }

  /** A guest that has not run its first instruction, with gdb connected. @throws Error when either cannot be started. */
  static async start(guest: QemuGuest, scratch: string): Promise<GdbOnQemu> {
    const socket = join(scratch, `gdb-${process.hrtime.bigint()}.sock`);
    const machine = `-M virt -cpu ${guest.cpu} -smp 1 -m 512 -accel tcg -nographic -no-reboot -S`.split(' ');
    const stub = ['-chardev', `socket,path=${socket},server=on,wait=off,id=stub`, '-gdb', 'chardev:stub'];
    const load = ['-kernel', guest.kernel, '-initrd', guest.initrd, '-append', guest.append];
    const qemu = spawn('qemu-system-aarch64', [...machine, ...stub, ...load], { stdio: ['ignore', 'pipe', 'ignore'] });
    let failure: Error | undefined;
    qemu.on('error', (error) => {
      failure = error;
    });
    for (const started = Date.now(); !existsSync(socket) && !failure; await delay(20))
      if (Date.now() - started > SOCKET_PATIENCE) failure = new Error('QEMU opened no stub for gdb');
    if (failure) {
      qemu.kill('SIGKILL');
      throw failure;
    }
    const gdb = spawn('gdb-multiarch', ['-q', '-nx', '-ex', 'set prompt'], { stdio: 'pipe' });
    gdb.stdin.on('error', () => undefined);
    gdb.on('error', (error) => {
      failure = error;
    });
    const both = new GdbOnQemu(qemu, gdb);
    try {
      for (const command of [...setUp, `target remote ${socket}`]) await both.command(command);
    } catch (error) {
      both.close();
      throw failure ?? error;
    }
    return both;
  }

  /** Runs a command, which may let the guest run; resolves with what gdb said. @param patience seconds. @throws TooLong. */
  command(text: string, patience = COMMAND_PATIENCE): Promise<string> {
    const end = `-- end of command ${++this.commands} --`;
    this.output = '';
    this.gdb.stdin!.write(`${text}\necho ${end}\\n\n`);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new TooLong(`gdb did not end "${text}" within ${patience} s`)), patience * 1000);
      this.giveUp = () => clearTimeout(timer);
      this.heard = () => {
        const at = this.output.indexOf(`${end}\n`);
        if (at < 0) return;
        clearTimeout(timer);
        resolve(this.output.slice(0, at));
      };
    });
  }

  /** The value of an expression, as an unsigned 64-bit number. @throws Error with gdb's message. */
  async value(expression: string): Promise<bigint> {
    const said = await this.command(`output/x (unsigned long)(${expression})`);
    const value = /0x[0-9a-f]+/.exec(said)?.[0];
    if (value === undefined) throw new Error(`gdb gave no value of ${expression}: ${said}`);
    return BigInt(value);
  }

  /** Ends both; a command that has not ended never will. */
  close(): void {
    this.giveUp();
    this.gdb.kill('SIGKILL');
    this.qemu.kill('SIGKILL');
  }
}
