import type { GuestControl } from '../guest-control.ts';
import type { SessionState } from '../session-state.ts';
import {
  breakpointLocations,
  setBreakpoints,
  setExceptionBreakpoints,
  setFunctionBreakpoints,
  setInstructionBreakpoints,
} from './breakpoints.ts';
import { cacheDifferences } from './cache.ts';
import { completions } from './completions.ts';
import { consoleInput } from './console-input.ts';
import { dataBreakpointInfo, setDataBreakpoints } from './data-breakpoints.ts';
import { disassemble } from './disassemble.ts';
import { evaluate, setExpression } from './evaluate.ts';
import { exceptionInfo } from './exception-info.ts';
import { continueGuest, next, pause, stepIn, stepOut } from './execution.ts';
import { goto, gotoTargets } from './goto.ts';
import { exitAnswersRequest, intervene } from './intervene.ts';
import { attach, configurationDone, disconnect, initialize, launch, restart, terminate } from './lifecycle.ts';
import { readMemory, writeMemory } from './memory.ts';
import { memslots } from './memslots.ts';
import { pageTables } from './page-tables.ts';
import { loadedSources, source } from './sources.ts';
import { stackTrace, threads } from './stack.ts';
import { stage2 } from './stage2.ts';
import { translate } from './translate.ts';
import { scopes, setVariable, variables } from './variables.ts';

/** Answers a request: the body of its response, or an error whose message the person reads. Arguments come from outside: never trust them. */
export type RequestHandler = (args: any, session: SessionState, control: GuestControl) => unknown;

/** Every request this adapter answers, by its command. */
export const requests: Readonly<Record<string, RequestHandler>> = {
  initialize,
  launch,
  attach,
  configurationDone,
  restart,
  terminate,
  disconnect,
  setBreakpoints,
  setFunctionBreakpoints,
  setInstructionBreakpoints,
  setExceptionBreakpoints,
  dataBreakpointInfo,
  setDataBreakpoints,
  breakpointLocations,
  continue: continueGuest,
  pause,
  next,
  stepIn,
  stepOut,
  gotoTargets,
  goto,
  threads,
  stackTrace,
  scopes,
  variables,
  setVariable,
  evaluate,
  setExpression,
  completions,
  exceptionInfo,
  disassemble,
  readMemory,
  writeMemory,
  source,
  loadedSources,
  'kvmArm64.input': consoleInput,
  'kvmArm64.intervene': intervene,
  'kvmArm64.exitAnswers': exitAnswersRequest,
  'kvmArm64.translate': translate,
  'kvmArm64.pageTables': pageTables,
  'kvmArm64.memslots': memslots,
  'kvmArm64.stage2': stage2,
  'kvmArm64.cacheDifferences': cacheDifferences,
};
