import type { DebugProtocol } from '@vscode/debugprotocol';
import { hex } from '../../emulator/machine/expression/format.ts';
import { samePath } from '../launch/program.ts';
import { memoryReference } from '../references/memory-reference.ts';
import { RequestError } from '../request-error.ts';
import type { SessionState } from '../session-state.ts';
import { stoppedGuest, threadOf, vcpuOf } from './guest.ts';

/** Where execution can be moved to from a source line. The target's number is its place among the lines that have code. */
export function gotoTargets(args: DebugProtocol.GotoTargetsArguments, session: SessionState): DebugProtocol.GotoTargetsResponse['body'] {
  const { program } = stoppedGuest(session);
  if (!program || !samePath(program.path, args.source?.path ?? '')) throw new RequestError('the guest was not assembled from this file');
  const targets = program.lines.flatMap(({ line, address }, id) =>
    line === args.line ? [{ id, label: hex(address), line, instructionPointerReference: memoryReference({ space: 'va', address }) }] : [],
  );
  return { targets };
}

/** Moves PC there; nothing is executed. */
export async function goto(args: DebugProtocol.GotoArguments, session: SessionState): Promise<void> {
  const guest = stoppedGuest(session);
  const vcpu = vcpuOf(args.threadId, guest);
  const target = guest.program?.lines[args.targetId];
  if (!target) throw new RequestError(`there is no goto target ${String(args.targetId)}`);
  await guest.machine.writeRegister(vcpu, 'pc', target.address);
  session.frames.clear();
  session.variables.clear();
  session.send('stopped', { reason: 'goto', threadId: threadOf(vcpu), allThreadsStopped: true });
}
