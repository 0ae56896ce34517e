/** Hits of a breakpoint whose condition is false: in a two-instruction loop, all of the guest's time counted. */
import { DebugSession } from './debug-session.ts';
import { loopGuest } from './guest.ts';

/** Hits per second. @throws Error when the guest stops anywhere but at the last time, where the condition holds. */
export async function hitsInLoop(program: string, times: number, scratch: string): Promise<number> {
  const session = await DebugSession.atEntry(program, { program: loopGuest(times, scratch) });
  try {
    await session.client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'hot', condition: 'x1 == 1' }] });
    const started = performance.now();
    await session.toNextStop();
    const seconds = (performance.now() - started) / 1000;
    const left = await session.value('x1');
    if (left !== 1n) throw new Error(`the breakpoint with the condition x1 == 1 stopped at x1 = ${left}`);
    return times / seconds;
  } finally {
    await session.end();
  }
}
