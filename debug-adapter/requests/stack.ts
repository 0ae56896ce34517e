import type { DebugProtocol } from '@vscode/debugprotocol';
import { hex } from '../../emulator/machine/expression/format.ts';
import { memoryReference } from '../references/memory-reference.ts';
import type { Frame, Guest, SessionState } from '../session-state.ts';
import { walkStack } from '../stack/walk.ts';
import { locationText } from '../symbols/symbols.ts';
import { liveGuest, stoppedGuest, threadOf, vcpuOf } from './guest.ts';

/** Threads are vCPUs. Clients ask at any time, before the launch too. */
export async function threads(_: unknown, session: SessionState): Promise<DebugProtocol.ThreadsResponse['body']> {
  if (!session.guest || session.guest.state === 'ended') return { threads: [] };
  const vcpus = await liveGuest(session).machine.vcpus();
  return {
    threads: vcpus.map(({ index, el, state }) => ({
      id: threadOf(index),
      name: `vCPU ${index} (${state === 'stopped' ? 'powered off' : `EL${el}${state === 'waiting' ? ', waiting' : ''}`})`,
    })),
  };
}

/** Call stack of a vCPU, frames from `startFrame` on. */
export async function stackTrace(
  args: DebugProtocol.StackTraceArguments,
  session: SessionState,
): Promise<DebugProtocol.StackTraceResponse['body']> {
  const guest = stoppedGuest(session);
  const vcpu = vcpuOf(args.threadId, guest);
  const start = args.startFrame ?? 0;
  // One more than asked tells the client that there are more; counting them all at every step is slow.
  const frames = await walkStack(guest, vcpu, args.levels ? start + args.levels + 1 : undefined);
  const wanted = frames.slice(start, args.levels ? start + args.levels : undefined);
  return { totalFrames: frames.length, stackFrames: wanted.map((frame) => stackFrame(frame, guest, session)) };
}

function stackFrame(frame: Frame, { symbols, program }: Guest, session: SessionState): DebugProtocol.StackFrame {
  // A caller's address is that after the call: its line and function are those of the call.
  const at = frame.index === 0 ? frame.pc : frame.pc - 4n;
  const located = symbols.locate(at);
  const line = program?.lineAt(at);
  return {
    id: session.frames.create(frame),
    name: located ? locationText({ name: located.name, offset: located.offset + (frame.pc - at) }) : hex(frame.pc),
    instructionPointerReference: memoryReference({ space: 'va', address: frame.pc, vcpu: frame.vcpu }),
    line: line ?? 0,
    column: line === undefined ? 0 : 1,
    ...(program && line !== undefined ? { source: { name: program.name, path: program.path } } : {}),
  };
}
