import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Names } from '../emulator/machine/expression/names.ts';
import type { ExitRecord, GuestException, LoadedGuest, Machine, StopCause } from '../emulator/machine/machine.ts';
import type { BreakpointBook } from './breakpoints/book.ts';
import type { LaunchConfiguration } from './launch/configuration.ts';
import type { Program } from './launch/program.ts';
import type { Handles } from './references/handles.ts';
import type { SymbolTable } from './symbols/symbols.ts';
import type { VariableNode } from './views/node.ts';

/** One frame of a stack, as long as the machine stands. */
export interface Frame {
  readonly vcpu: number;
  readonly index: number;
  readonly pc: bigint;
  readonly sp: bigint;
  readonly fp: bigint;
}

/** The guest under the debugger, from launch to its end. */
export interface Guest {
  readonly machine: Machine;
  readonly configuration: LaunchConfiguration;
  readonly loaded: LoadedGuest;
  readonly symbols: SymbolTable;
  /** The assembled source, for a bare-metal guest. */
  readonly program: Program | undefined;
  readonly names: Names;
  state: 'configuring' | 'stopped' | 'running' | 'ended';
  /** The last stop, for exceptionInfo and as the default vCPU. */
  stop: { readonly vcpu: number; readonly cause: StopCause } | undefined;
}

/** What addresses of a guest are called by: enough to read what a person writes about it. */
export type NamedGuest = Pick<Guest, 'loaded' | 'symbols' | 'names'>;

/** What the client said it can do, for the events it may get. */
export type ClientCapabilities = Partial<DebugProtocol.InitializeRequestArguments>;

/** What every family of requests works on. */
export interface SessionState {
  client: ClientCapabilities;
  guest: Guest | undefined;
  readonly frames: Handles<Frame>;
  readonly variables: Handles<VariableNode>;
  readonly breakpoints: BreakpointBook;
  /** Sends an event to the client. */
  send(event: string, body?: unknown): void;
  /** Text in the Debug Console. */
  output(text: string, category?: 'console' | 'important' | 'stdout' | 'stderr'): void;
}

/** The exit or exception the machine stands at. */
export function happeningOf(cause: StopCause | undefined): ExitRecord | GuestException | undefined {
  if (cause?.kind === 'exit') return cause.exit;
  return cause?.kind === 'exception' ? cause.exception : undefined;
}
