import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Wish } from '../breakpoints/book.ts';
import { filterWish } from '../breakpoints/filters.ts';
import { placeOfFunction, resolveAt } from '../breakpoints/place.ts';
import { samePath } from '../launch/program.ts';
import { parseMemoryReference } from '../references/memory-reference.ts';
import { RequestError } from '../request-error.ts';
import type { Guest, SessionState } from '../session-state.ts';
import { liveGuest } from './guest.ts';

type Body<R extends DebugProtocol.Response> = NonNullable<R['body']>;

/** Breakpoints on lines of an assembled guest's source. */
export async function setBreakpoints(
  args: DebugProtocol.SetBreakpointsArguments,
  session: SessionState,
): Promise<Body<DebugProtocol.SetBreakpointsResponse>> {
  const guest = liveGuest(session);
  const path = args.source?.path ?? args.source?.name;
  if (path === undefined) throw new RequestError('setBreakpoints: the source has no path');
  const asked = args.breakpoints ?? (args.lines ?? []).map((line) => ({ line }));
  const wishes = asked.map((breakpoint) => sourceWish(path, breakpoint));
  return { breakpoints: await session.breakpoints.set(`source:${path}`, wishes, guest) };
}

function sourceWish(path: string, breakpoint: DebugProtocol.SourceBreakpoint): Wish {
  return {
    key: JSON.stringify(breakpoint),
    resolve(id, guest) {
      let line = breakpoint.line;
      const resolution = resolveAt(
        id,
        breakpoint,
        guest,
        () => {
          const found = lineOf(path, line, guest);
          line = found.line;
          return { space: 'va', address: found.address };
        },
        () => ({ line, source: { path } }),
      );
      return resolution.shown.verified ? resolution : { ...resolution, shown: { ...resolution.shown, line, source: { path } } };
    },
  };
}

/** The first line at or after `line` that has code. Throws RequestError where there is none. */
function lineOf(path: string, line: number, { program }: Guest): { readonly line: number; readonly address: bigint } {
  if (!program)
    throw new RequestError('the kernel was not assembled from source here: set breakpoints on functions or in the Disassembly view');
  if (!samePath(program.path, path)) throw new RequestError(`the guest was assembled from ${program.path}, not from this file`);
  const found = program.lines.find((l) => l.line >= line);
  if (!found) throw new RequestError(`no instruction comes from line ${line} or below`);
  return found;
}

/** Breakpoints on functions, on `symbol + offset` and on addresses. */
export async function setFunctionBreakpoints(
  args: DebugProtocol.SetFunctionBreakpointsArguments,
  session: SessionState,
): Promise<Body<DebugProtocol.SetFunctionBreakpointsResponse>> {
  const wishes = (args.breakpoints ?? []).map(
    (breakpoint): Wish => ({
      key: JSON.stringify(breakpoint),
      resolve: (id, guest) => resolveAt(id, breakpoint, guest, () => placeOfFunction(String(breakpoint.name), guest)),
    }),
  );
  return { breakpoints: await session.breakpoints.set('functions', wishes, liveGuest(session)) };
}

/** Breakpoints on single instructions, as the Disassembly view sets them. */
export async function setInstructionBreakpoints(
  args: DebugProtocol.SetInstructionBreakpointsArguments,
  session: SessionState,
): Promise<Body<DebugProtocol.SetInstructionBreakpointsResponse>> {
  const wishes = (args.breakpoints ?? []).map(
    (breakpoint): Wish => ({
      key: JSON.stringify(breakpoint),
      resolve: (id, guest) =>
        resolveAt(id, breakpoint, guest, () => {
          const { space, address } = parseMemoryReference(breakpoint.instructionReference);
          return { space, address: BigInt.asUintN(64, address + BigInt(Math.trunc(breakpoint.offset ?? 0))) };
        }),
    }),
  );
  return { breakpoints: await session.breakpoints.set('instructions', wishes, liveGuest(session)) };
}

/** Exit and guest exception filters. */
export async function setExceptionBreakpoints(
  args: DebugProtocol.SetExceptionBreakpointsArguments,
  session: SessionState,
): Promise<Body<DebugProtocol.SetExceptionBreakpointsResponse>> {
  const options = (args.filterOptions ?? []).map(({ filterId, condition }) => filterWish(filterId, condition));
  const plain = (args.filters ?? []).map((filter) => filterWish(filter, undefined));
  return { breakpoints: await session.breakpoints.set('exceptions', [...plain, ...options], liveGuest(session)) };
}

/** Lines of a range that have code. */
export function breakpointLocations(
  args: DebugProtocol.BreakpointLocationsArguments,
  session: SessionState,
): Body<DebugProtocol.BreakpointLocationsResponse> {
  const { program } = liveGuest(session);
  if (!program || !samePath(program.path, args.source?.path ?? '')) return { breakpoints: [] };
  const last = args.endLine ?? args.line;
  const lines = new Set(program.lines.map((l) => l.line).filter((line) => line >= args.line && line <= last));
  return { breakpoints: [...lines].map((line) => ({ line })) };
}
