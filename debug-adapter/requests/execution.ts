import type { DebugProtocol } from '@vscode/debugprotocol';
import { decode } from '../../emulator/isa/decoder.ts';
import { RequestError } from '../request-error.ts';
import type { Guest, SessionState } from '../session-state.ts';
import { walkStack } from '../stack/walk.ts';
import { liveGuest, stoppedGuest, vcpuOf } from './guest.ts';

/** Runs every vCPU. */
export async function continueGuest(
  args: DebugProtocol.ContinueArguments,
  session: SessionState,
): Promise<DebugProtocol.ContinueResponse['body']> {
  const guest = stoppedGuest(session);
  vcpuOf(args.threadId, guest);
  await guest.machine.continue();
  return { allThreadsContinued: true };
}

export async function pause(args: DebugProtocol.PauseArguments, session: SessionState): Promise<void> {
  const guest = liveGuest(session);
  // Thread 0 means all of them to some clients.
  if (args.threadId !== 0) vcpuOf(args.threadId, guest);
  await guest.machine.pause();
}

/** One instruction of one vCPU; the others stand still. */
export async function stepIn(args: DebugProtocol.StepInArguments, session: SessionState): Promise<void> {
  const guest = stoppedGuest(session);
  await guest.machine.step(vcpuOf(args.threadId, guest), 1);
}

/** Instructions after which control comes back to the next one: calls, and exceptions into another level. */
const comesBack = /^(BL|BLR|BLRA[AB]Z?|SVC)\b/;

/** One instruction, a call and all it does taken as one. */
export async function next(args: DebugProtocol.NextArguments, session: SessionState): Promise<void> {
  const guest = stoppedGuest(session);
  const vcpu = vcpuOf(args.threadId, guest);
  const { pc, sp } = await position(guest, vcpu);
  const { bytes, holes } = await guest.machine.readMemory(vcpu, 'va', pc, 4);
  const word = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  if (holes.length === 0 && comesBack.test(decode(word)?.instruction.name ?? '')) await guest.machine.runTo(vcpu, pc + 4n, sp);
  else await guest.machine.step(vcpu, 1);
}

/** Until the current function returns to its caller. */
export async function stepOut(args: DebugProtocol.StepOutArguments, session: SessionState): Promise<void> {
  const guest = stoppedGuest(session);
  const vcpu = vcpuOf(args.threadId, guest);
  const { sp } = await position(guest, vcpu);
  const [, caller] = await walkStack(guest, vcpu, 2);
  if (!caller) throw new RequestError('this frame has no caller to step out to');
  await guest.machine.runTo(vcpu, caller.pc, sp);
}

async function position({ machine }: Guest, vcpu: number): Promise<{ readonly pc: bigint; readonly sp: bigint }> {
  const [pc, sp] = await machine.readRegisters(vcpu, ['pc', 'sp']);
  return { pc: pc!.value, sp: sp!.value };
}
