/**
 * The speed of stops, measured through the adapter (`dist/cli.js dap`) and beside gdb on QEMU's stub: instruction steps with all general registers read after each, conditions that
 * are false, watchpoints that are not hit, and a boot with every filter on.
 */
import { join } from 'node:path';
import { repository } from '../guests/guests.ts';
import { exportedAddress } from '../guests/kernel-symbols.ts';
import { spread } from './figures.ts';
import { type BootKind, bootKinds, bootStops } from './stops/boots.ts';
import { DebugSession } from './stops/debug-session.ts';
import { gdbFigures } from './stops/gdb-figures.ts';
import { TooLong } from './stops/gdb-on-qemu.ts';
import { HOT_FUNCTION, kernel, linux } from './stops/guest.ts';
import { hitsInLoop } from './stops/loop.ts';
import { findHotStack, type HotStack, ours } from './stops/stack-watch.ts';

export interface StopOptions {
  readonly rounds: number;
  readonly cpu: string;
  readonly scratch: string;
  readonly steps: number;
  /** Times through the loop with a breakpoint in it. */
  readonly loops: number;
  /** What boots are timed with. */
  readonly bootKinds: readonly BootKind[];
  /** Whether the sha256 phase is run for the watchpoint in its stack. */
  readonly stackWatch: boolean;
  /** Hits of gdb's conditional breakpoint. */
  readonly gdbHits: number;
  /** Seconds after which gdb's runs are cut short. */
  readonly gdbPatience: number;
}

const program = join(repository, 'dist', 'cli.js');

/** Instructions stepped at each visit of the hot function: calls are stepped over, and it returns to its caller. */
const VISIT = 25;

/** `next`, the stopped event, and all general registers, per second, in the middle of a boot. */
async function stepsPerSecond(program: string, cpu: string, steps: number): Promise<number> {
  const one = await DebugSession.atEntry(program, linux(cpu));
  const { client } = one;
  const resume = async (request: string): Promise<void> => {
    const stopped = client.event('stopped');
    await client.request(request, { threadId: 1, granularity: 'instruction' });
    await stopped;
  };
  const step = async (): Promise<void> => {
    await resume('next');
    const { stackFrames } = await client.request('stackTrace', { threadId: 1, startFrame: 0, levels: 1 });
    const { scopes } = await client.request('scopes', { frameId: stackFrames[0].id });
    await client.request('variables', { variablesReference: scopes[0].variablesReference });
  };
  await client.request('setFunctionBreakpoints', { breakpoints: [{ name: HOT_FUNCTION }] });
  let milliseconds = 0;
  const visits = Math.ceil(steps / VISIT);
  const warmUp = Math.ceil(visits / 5);
  for (let visit = -warmUp; visit < visits; visit++) {
    await resume('continue');
    const started = performance.now();
    for (let i = 0; i < VISIT; i++) await step();
    if (visit >= 0) milliseconds += performance.now() - started;
  }
  await one.end();
  return (visits * VISIT) / (milliseconds / 1000);
}

/** Rounds of a kind of measurement. */
async function repeat(rounds: number, measure: () => Promise<number>): Promise<number[]> {
  const figures: number[] = [];
  for (let round = 0; round < rounds; round++) figures.push(await measure());
  return figures;
}

/** Slowdown of the sha256 phase by the watchpoint, by round. */
const stackSlowdowns = (stack: HotStack, rounds: number, cpu: string) =>
  repeat(rounds, async () => {
    const plain = await ours(stack, program, cpu, false);
    return (await ours(stack, program, cpu, true)) / plain;
  });

/** What both debuggers reach, said on stdout as it comes. What cannot be measured is a failure. */
export async function stopPart({ rounds, cpu, scratch, bootKinds: kinds, ...options }: StopOptions) {
  const failures: string[] = [];
  /** A line on stdout; a measurement that fails is undefined. */
  const attempt = async <T>(what: string, measure: () => Promise<T>, say: (result: T) => string): Promise<T | undefined> => {
    try {
      const result = await measure();
      console.log(`${what}: ${say(result)}`);
      return result;
    } catch (error) {
      const { message } = error as Error;
      if (error instanceof TooLong) console.log(`${what}: ${message}`);
      else failures.push(`stops: ${what}: ${message}`);
      return undefined;
    }
  };
  console.log(`\nStops, through the adapter; ${rounds} rounds, median (range)`);
  const perSecond = (figures: readonly number[]) => `${spread(figures.map((figure) => figure / 1000))} thousand/s`;
  const steps = await attempt('instruction steps', () => repeat(rounds, () => stepsPerSecond(program, cpu, options.steps)), perSecond);
  const inLoop = await attempt(
    'false condition in a loop',
    () => repeat(rounds, () => hitsInLoop(program, options.loops, scratch)),
    perSecond,
  );
  const jiffies = exportedAddress(kernel, 'jiffies_64');
  const boots = await attempt(
    'boots',
    () => bootStops({ program, cpu, rounds, kinds, jiffies }),
    ({ seconds, hits, slowdowns }) => {
      const each = kinds.map((kind) => `${spread(slowdowns[kind] ?? [])} by ${bootKinds[kind]}`);
      return `${seconds.toFixed(2)} s to user space, ${hits} hits of ${HOT_FUNCTION}; slowdowns: ${each.join(', ')}`;
    },
  );
  const stack = options.stackWatch
    ? await attempt(
        'hot stack',
        () => findHotStack(program, cpu),
        ({ pc, watched }) => `watching 0x${watched.toString(16)} from 0x${pc.toString(16)} on`,
      )
    : undefined;
  const stackWatch = stack && (await attempt('watchpoint in the stack page, slowdown', () => stackSlowdowns(stack, rounds, cpu), spread));
  const { steps: stepCount, gdbHits, gdbPatience: patience } = options;
  const gdbOptions = { cpu, scratch, steps: stepCount, hits: gdbHits, patience, jiffies };
  const gdb = await attempt('gdb on QEMU', () => gdbFigures(gdbOptions, stack), JSON.stringify);
  return { program: 'kvm-arm64 dap', steps, hitsInLoop: inLoop, boots, stack: stack && hexadecimal(stack), stackWatch, gdb, failures };
}

const hexadecimal = ({ pc, watched }: HotStack) => ({ pc: `0x${pc.toString(16)}`, watched: `0x${watched.toString(16)}` });
