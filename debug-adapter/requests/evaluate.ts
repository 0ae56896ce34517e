import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Expression } from '../../emulator/machine/expression/ast.ts';
import { formatValue, hex, splitFormat } from '../../emulator/machine/expression/format.ts';
import { parseExpression, parseTyped } from '../../emulator/machine/expression/parser.ts';
import type { ValueFormat } from '../../emulator/machine/machine.ts';
import { fieldsOf } from '../../emulator/machine/names.ts';
import { memoryReference } from '../references/memory-reference.ts';
import { RequestError } from '../request-error.ts';
import type { Guest, SessionState } from '../session-state.ts';
import { locationText } from '../symbols/symbols.ts';
import { fieldNodes } from '../views/fields.ts';
import type { VariableNode } from '../views/node.ts';
import { registerNode } from '../views/registers.ts';
import { typedNode } from '../views/typed.ts';
import { assign } from './assignment.ts';
import { stateChanged } from './changes.ts';
import { consoleCommand } from './console-commands.ts';
import { liveGuest, vcpuInFocus } from './guest.ts';
import { variable } from './variables.ts';

/** Value of an expression for watches, hovers and the Debug Console, which also takes assignments and commands. */
export async function evaluate(
  args: DebugProtocol.EvaluateArguments,
  session: SessionState,
): Promise<DebugProtocol.EvaluateResponse['body']> {
  const guest = liveGuest(session);
  const vcpu = vcpuInFocus(args.frameId, session);
  const text = String(args.expression).trim();
  if (args.context === 'repl') {
    const answer = await consoleCommand(text, guest, vcpu, session);
    if (answer !== undefined) return { result: answer, variablesReference: 0 };
    const assignment = splitAssignment(text);
    if (assignment) {
      await assign(assignment.target, assignment.value, vcpu, session);
      stateChanged(session);
      return evaluated(assignment.target, vcpu, guest, session);
    }
  }
  return evaluated(text, vcpu, guest, session);
}

/** `target = value`, not taking a comparison for an assignment. */
function splitAssignment(text: string): { readonly target: string; readonly value: string } | undefined {
  const match = /^([^=]*[^=!<>])=(?!=)(.*)$/s.exec(text);
  return match ? { target: match[1]!.trim(), value: match[2]!.trim() } : undefined;
}

async function evaluated(text: string, vcpu: number, guest: Guest, session: SessionState): Promise<DebugProtocol.EvaluateResponse['body']> {
  const { expression, format } = splitFormat(text);
  const { expression: parsed, typed } = format
    ? { expression: parseExpression(expression, guest.names), typed: undefined }
    : parseTyped(expression, guest.names);
  const node = typed
    ? await typedNode(expression, parsed, typed, { guest, vcpu, changed: () => stateChanged(session) })
    : await nodeOf(parsed, format, vcpu, guest, session);
  // What can be set is decided by setExpression: a watch is not marked read-only.
  const { name: _, evaluateName: __, presentationHint: ___, value, ...rest } = variable({ ...node, name: text }, session);
  return { ...rest, result: value };
}

async function nodeOf(
  e: Expression,
  format: ValueFormat | undefined,
  vcpu: number,
  guest: Guest,
  session: SessionState,
): Promise<Omit<VariableNode, 'name'>> {
  const value = await guest.machine.evaluate(vcpu, e);
  if (format) return { value: formatValue(value, format), type: 'u64' };
  if (e.kind === 'register' && e.name !== 'vcpu') return registerNode(e.name, value, { guest, vcpu, changed: () => stateChanged(session) });
  const layout = e.kind === 'event' && e.field === undefined ? fieldsOf(e.name) : [];
  if (layout.length > 0)
    return { value: hex(value, 64), type: 'u64', children: async () => fieldNodes(layout, value, undefined, undefined, 64) };
  if (e.kind === 'field' || e.kind === 'cast') return { value: hex(value), type: 'u64' };
  const located = guest.symbols.locate(value);
  return {
    value: `${hex(value)}${located ? ` <${locationText(located)}>` : ''}`,
    type: 'u64',
    memoryReference: memoryReference({ space: 'va', address: value, vcpu }),
  };
}

/** Changes a register, a field or memory. */
export async function setExpression(
  args: DebugProtocol.SetExpressionArguments,
  session: SessionState,
): Promise<DebugProtocol.SetExpressionResponse['body']> {
  const guest = liveGuest(session);
  const vcpu = vcpuInFocus(args.frameId, session);
  if (typeof args.value !== 'string') throw new RequestError('setExpression: there is no value');
  await assign(String(args.expression), args.value, vcpu, session);
  stateChanged(session);
  const { result, ...rest } = (await evaluated(String(args.expression), vcpu, guest, session))!;
  return { ...rest, value: result };
}
