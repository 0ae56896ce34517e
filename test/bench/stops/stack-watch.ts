/**
 * A watchpoint that is never hit, in a page that is: busybox's sha256 keeps its words on the stack. Where that is, is found out once; then both debuggers stop at
 * the same instruction, set the watchpoint or don't, and are timed to the end of the sha256 phase.
 */
import { ZEROES_SHA256 } from '../../guests/initramfs.ts';
import { DebugSession } from './debug-session.ts';
import type { GdbOnQemu } from './gdb-on-qemu.ts';
import { linux } from './guest.ts';

export interface HotStack {
  /** An instruction of the loop over blocks. */
  readonly pc: bigint;
  /** The start of the page that the stack pointer is in, below everything in use. */
  readonly watched: bigint;
}

const BEFORE_SHA256 = 'aarch64 GNU/Linux';
const PAGE = 4096n;
const USER_SPACE = 1n << 48n;
const SAMPLES = 30;
const SAMPLE_MILLISECONDS = 10;
/** A stack pointer that is sampled so often is that of a hot function. */
const OFTEN = 3;

/**
 * The hot function of the sha256 phase with the deepest stack, by samples: the one that keeps its words there. The process at the other end of the pipe copies bytes without a
 * frame, higher up.
 */
export async function findHotStack(program: string, cpu: string): Promise<HotStack> {
  const session = await DebugSession.atEntry(program, linux(cpu));
  try {
    await session.secondsUntil(BEFORE_SHA256);
    const samples: { readonly pc: bigint; readonly sp: bigint }[] = [];
    for (let sample = 0; sample < SAMPLES; sample++) {
      await new Promise((resolve) => setTimeout(resolve, SAMPLE_MILLISECONDS));
      const stopped = session.client.event('stopped');
      await session.client.request('pause', { threadId: 1 });
      await stopped;
      samples.push({ pc: await session.value('pc'), sp: await session.value('sp') });
      await session.client.request('continue', { threadId: 1 });
    }
    const hot = samples.filter(({ pc, sp }) => pc < USER_SPACE && samples.filter((other) => other.sp === sp).length >= OFTEN);
    const [deepest] = hot.sort((a, b) => Number(a.sp - b.sp));
    if (!deepest) throw new Error(`no stack pointer came ${OFTEN} times in ${SAMPLES} samples of the sha256 phase`);
    return { pc: deepest.pc, watched: deepest.sp - (deepest.sp % PAGE) };
  } finally {
    await session.end();
  }
}

/** Seconds of the sha256 phase from its first time at the instruction. @throws Error when the guest stops on the way. */
export async function ours({ pc, watched }: HotStack, program: string, cpu: string, watching: boolean): Promise<number> {
  const session = await DebugSession.atEntry(program, linux(cpu));
  try {
    const breakpoints = [{ instructionReference: `va:0x${pc.toString(16)}` }];
    await session.client.request('setInstructionBreakpoints', { breakpoints });
    await session.toNextStop();
    await session.client.request('setInstructionBreakpoints', { breakpoints: [] });
    const data = watching ? [{ dataId: `va:0x${watched.toString(16)}/8`, accessType: 'read' }] : [];
    await session.client.request('setDataBreakpoints', { breakpoints: data });
    return await session.secondsUntil(ZEROES_SHA256);
  } finally {
    await session.end();
  }
}

/** The same under gdb; Infinity when it takes longer than `patience`. */
export async function gdbs({ pc, watched }: HotStack, gdb: GdbOnQemu, watching: boolean, patience: number): Promise<number> {
  await gdb.command(`thbreak *0x${pc.toString(16)}`);
  await gdb.command('continue', patience);
  if ((await gdb.value('$pc')) !== pc) throw new Error(`gdb did not reach ${pc.toString(16)}; console:\n${gdb.console.tail()}`);
  if (watching) await gdb.command(`rwatch *(long *)0x${watched.toString(16)}`);
  const started = performance.now();
  const stopped = gdb.command('continue', 2 * patience);
  const seen = await Promise.race([gdb.console.shows(ZEROES_SHA256, patience), stopped]);
  if (typeof seen === 'string') throw new Error(`gdb stopped the guest: ${seen}`);
  return seen ? (performance.now() - started) / 1000 : Number.POSITIVE_INFINITY;
}
