/** What gdb on QEMU's stub reaches at the same stops. */
import { MARKER_INIT } from '../../guests/initramfs.ts';
import { functionAddress } from '../../guests/kernel-symbols.ts';
import type { AtLeast } from '../targets.ts';
import { GdbOnQemu } from './gdb-on-qemu.ts';
import { FALSE, HOT_FUNCTION, kernel, linuxOnQemu } from './guest.ts';
import { gdbs, type HotStack } from './stack-watch.ts';

export interface GdbOptions {
  readonly cpu: string;
  readonly scratch: string;
  readonly steps: number;
  /** Of the conditional breakpoint. */
  readonly hits: number;
  /** Seconds after which a run is cut short. */
  readonly patience: number;
  readonly jiffies: bigint;
}

type Measure<T> = (gdb: GdbOnQemu) => Promise<T>;

async function withGdb<T>({ cpu, scratch }: GdbOptions, measure: Measure<T>): Promise<T> {
  const gdb = await GdbOnQemu.start(linuxOnQemu(cpu), scratch);
  try {
    return await measure(gdb);
  } finally {
    gdb.close();
  }
}

const generalRegisters = [...Array.from({ length: 31 }, (_, n) => `x${n}`), 'sp', 'pc', 'cpsr'].join(' ');
const condition = `$${FALSE}`;

async function toHotFunction(gdb: GdbOnQemu): Promise<string> {
  const place = `*0x${functionAddress(kernel, HOT_FUNCTION).toString(16)}`;
  await gdb.command(`thbreak ${place}`);
  await gdb.command('continue');
  return place;
}

/** `stepi` and all general registers, per second: a loop of gdb's own, without a client. */
const stepsPerSecond =
  (steps: number): Measure<number> =>
  async (gdb) => {
    await toHotFunction(gdb);
    await gdb.command('set $step = 0');
    const started = performance.now();
    await gdb.command(`while $step++ < ${steps}\nstepi\ninfo registers ${generalRegisters}\nend`, 120);
    return steps / ((performance.now() - started) / 1000);
  };

/** Hits per second of a breakpoint whose condition is false until the last of them, while the kernel boots. */
const hitsPerSecond =
  (hits: number): Measure<number> =>
  async (gdb) => {
    const place = await toHotFunction(gdb);
    await gdb.command('set $hits = 0');
    await gdb.command(`hbreak ${place} if ++$hits == ${hits} || ${condition}`);
    const started = performance.now();
    const said = await gdb.command('continue', 120);
    const seconds = (performance.now() - started) / 1000;
    if ((await gdb.value('$hits')) !== BigInt(hits)) throw new Error(`gdb stopped at a false condition: ${said}`);
    return hits / seconds;
  };

/** Seconds to the first line of user space; Infinity beyond `patience`. */
const boot =
  (patience: number, commands: readonly string[]): Measure<number> =>
  async (gdb) => {
    for (const command of commands) await gdb.command(command);
    const started = performance.now();
    void gdb.command('continue', 2 * patience);
    return (await gdb.console.shows(MARKER_INIT, patience)) ? (performance.now() - started) / 1000 : Number.POSITIVE_INFINITY;
  };

/** How much longer than without; undefined where even that took too long. */
function slowdown(seconds: number, plain: number, patience: number): number | AtLeast | undefined {
  if (!Number.isFinite(plain)) return undefined;
  return Number.isFinite(seconds) ? seconds / plain : { atLeast: patience / plain };
}

/** All of them, once each: they differ by orders of magnitude. */
export async function gdbFigures(options: GdbOptions, stack: HotStack | undefined) {
  const { patience, jiffies } = options;
  const measure = <T>(one: Measure<T>) => withGdb(options, one);
  const steps = await measure(stepsPerSecond(options.steps));
  const conditional = await measure(hitsPerSecond(options.hits));
  const plainBoot = await measure(boot(patience, []));
  const watchedBoot = await measure(boot(patience, [`awatch *(long *)0x${jiffies.toString(16)} if ${condition}`]));
  const jiffiesWatch = slowdown(watchedBoot, plainBoot, patience);
  if (!stack) return { steps, conditional, jiffiesWatch };
  const plain = await measure((gdb) => gdbs(stack, gdb, false, patience));
  const watched = await measure((gdb) => gdbs(stack, gdb, true, patience));
  return { steps, conditional, jiffiesWatch, stackWatch: slowdown(watched, plain, patience) };
}
