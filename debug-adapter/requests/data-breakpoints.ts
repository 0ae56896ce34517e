import type { DebugProtocol } from '@vscode/debugprotocol';
import { dataInfo, dataWish, watchedAddress, watchedData } from '../breakpoints/data.ts';
import { RequestError } from '../request-error.ts';
import type { SessionState } from '../session-state.ts';
import { liveGuest, vcpuInFocus } from './guest.ts';
import { nodeInside } from './variables.ts';

/** What can be watched of a variable, an expression or an address; without a dataId the description says why nothing can. */
export async function dataBreakpointInfo(
  args: DebugProtocol.DataBreakpointInfoArguments,
  session: SessionState,
): Promise<DebugProtocol.DataBreakpointInfoResponse['body']> {
  const guest = liveGuest(session);
  if (typeof args.name !== 'string') throw new RequestError('dataBreakpointInfo: there is no name');
  const vcpu = vcpuInFocus(args.variablesReference ? undefined : args.frameId, session);
  try {
    const node = args.variablesReference ? await nodeInside(args.variablesReference, args.name, session) : undefined;
    const find = args.asAddress ? watchedAddress : watchedData;
    return dataInfo(await find(node?.expression ?? args.name, args.bytes, vcpu, guest), guest);
  } catch (error) {
    return { dataId: null, description: (error as Error).message };
  }
}

/** Data breakpoints: on virtual, guest physical and physical addresses, of any size, for reads and writes. */
export async function setDataBreakpoints(
  args: DebugProtocol.SetDataBreakpointsArguments,
  session: SessionState,
): Promise<DebugProtocol.SetDataBreakpointsResponse['body']> {
  return { breakpoints: await session.breakpoints.set('data', (args.breakpoints ?? []).map(dataWish), liveGuest(session)) };
}
