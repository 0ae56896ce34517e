import type { DebugProtocol } from '@vscode/debugprotocol';
import { exceptionBreakpointFilters } from '../breakpoints/filters.ts';
import type { GuestControl } from '../guest-control.ts';
import { RequestError } from '../request-error.ts';
import type { SessionState } from '../session-state.ts';
import { liveGuest } from './guest.ts';

/** What this adapter can do. One line per ability, in the protocol's order. */
const capabilities: DebugProtocol.Capabilities = {
  supportsConfigurationDoneRequest: true,
  supportsFunctionBreakpoints: true,
  supportsConditionalBreakpoints: true,
  supportsHitConditionalBreakpoints: true,
  supportsEvaluateForHovers: true,
  exceptionBreakpointFilters,
  supportsSetVariable: true,
  supportsGotoTargetsRequest: true,
  supportsCompletionsRequest: true,
  completionTriggerCharacters: ['.', '$', '_'],
  supportsRestartRequest: true,
  supportsExceptionInfoRequest: true,
  supportTerminateDebuggee: true,
  supportsDelayedStackTraceLoading: true,
  supportsLogPoints: true,
  supportsSetExpression: true,
  supportsTerminateRequest: true,
  supportsDataBreakpoints: true,
  supportsReadMemoryRequest: true,
  supportsWriteMemoryRequest: true,
  supportsDisassembleRequest: true,
  supportsBreakpointLocationsRequest: true,
  supportsSteppingGranularity: true,
  supportsInstructionBreakpoints: true,
  supportsDataBreakpointBytes: true,
  supportsExceptionFilterOptions: true,
  supportsValueFormattingOptions: true,
  supportsLoadedSourcesRequest: true,
};

export function initialize(
  args: DebugProtocol.InitializeRequestArguments | undefined,
  session: SessionState,
): DebugProtocol.InitializeResponse['body'] {
  if (args?.pathFormat !== undefined && args.pathFormat !== 'path') throw new RequestError('only the path format "path" is supported');
  session.client = args ?? {};
  return capabilities;
}

export const launch = (args: unknown, session: SessionState, control: GuestControl): Promise<void> => control.launch(args, session);

export function attach(): never {
  throw new RequestError('there is nothing to attach to: use request "launch"');
}

export function configurationDone(_: unknown, session: SessionState, control: GuestControl): void {
  liveGuest(session);
  control.configured();
}

export const restart = (args: { readonly arguments?: unknown } | undefined, session: SessionState, control: GuestControl): Promise<void> =>
  control.restart(args?.arguments, session);

/** Ends the guest; the session goes on until the client disconnects. */
export const terminate = (_: unknown, session: SessionState, control: GuestControl): Promise<void> => control.end(session);

/** Ends the guest and the session. */
export async function disconnect(_: unknown, session: SessionState, control: GuestControl): Promise<void> {
  await control.end(session, { quiet: true });
  control.sessionOver();
}
