import type { SessionState } from '../session-state.ts';

/** Tells the client that the person changed the guest: what it shows is out of date. */
export function stateChanged(
  session: SessionState,
  change: { readonly memory?: { readonly memoryReference: string; readonly offset: number; readonly count: number } } = {},
): void {
  if (change.memory && session.client.supportsMemoryEvent) session.send('memory', change.memory);
  if (session.client.supportsInvalidatedEvent) session.send('invalidated', { areas: ['variables', 'stacks'] });
}
