import { RequestError } from '../request-error.ts';
import type { Frame, Guest, SessionState } from '../session-state.ts';

/** The guest, launched. Throws RequestError before launch and after the end. */
export function liveGuest({ guest }: SessionState): Guest {
  if (!guest) throw new RequestError('no guest has been launched');
  if (guest.state === 'ended') throw new RequestError('the guest has ended');
  return guest;
}

/** The guest, standing still. */
export function stoppedGuest(session: SessionState): Guest {
  const guest = liveGuest(session);
  if (guest.state === 'running') throw new RequestError('the guest is running: pause it first');
  return guest;
}

/** Threads are vCPUs, counted from 1 because DAP clients take 0 for none. */
export const threadOf = (vcpu: number): number => vcpu + 1;

/** The vCPU of a thread. Throws RequestError for a thread that is none. */
export function vcpuOf(threadId: unknown, { configuration }: Guest): number {
  if (!Number.isInteger(threadId) || (threadId as number) < 1 || (threadId as number) > configuration.cpus) {
    throw new RequestError(`there is no thread ${String(threadId)}: the guest has ${configuration.cpus}`);
  }
  return (threadId as number) - 1;
}

/** A frame handed out since the machine stopped. Throws RequestError for a stale or invented one. */
export function frameOf(frameId: unknown, session: SessionState): Frame {
  const frame = typeof frameId === 'number' ? session.frames.get(frameId) : undefined;
  if (!frame) throw new RequestError(`frame ${String(frameId)} is not one of the current stop`);
  return frame;
}

/** The vCPU a request is about: that of its frame, or the one that stopped last. */
export function vcpuInFocus(frameId: number | undefined, session: SessionState): number {
  return frameId === undefined ? (session.guest?.stop?.vcpu ?? 0) : frameOf(frameId, session).vcpu;
}
