import type { DebugProtocol } from '@vscode/debugprotocol';
import { parseExpression } from '../../emulator/machine/expression/parser.ts';
import { fieldsOf } from '../../emulator/machine/names.ts';
import { RequestError } from '../request-error.ts';
import type { SessionState } from '../session-state.ts';
import { fieldNodes } from '../views/fields.ts';
import { kvmRunNodes } from '../views/kvm-run.ts';
import type { VariableNode } from '../views/node.ts';
import { accessTo, registerNodes, type Subject } from '../views/registers.ts';
import { simdNodes } from '../views/simd.ts';
import { systemRegisterGroups } from '../views/system-registers.ts';
import { memslotNodes, translationNodes } from '../views/translation-scope.ts';
import { vmNodes } from '../views/vm.ts';
import { stateChanged } from './changes.ts';
import { frameOf, liveGuest, stoppedGuest } from './guest.ts';

const general = [...Array.from({ length: 31 }, (_, n) => `x${n}`), 'sp', 'pc', 'pstate'];

/** What a frame's registers are shown under. */
export function scopes(args: DebugProtocol.ScopesArguments, session: SessionState): DebugProtocol.ScopesResponse['body'] {
  const guest = stoppedGuest(session);
  const { vcpu } = frameOf(args.frameId, session);
  const subject: Subject = { guest, vcpu, changed: () => stateChanged(session) };
  const scope = (name: string, children: () => Promise<readonly VariableNode[]>, expensive = false): DebugProtocol.Scope => ({
    name,
    variablesReference: session.variables.create({ name, value: '', children }),
    expensive,
    ...(name === 'General' ? { presentationHint: 'registers' } : {}),
  });
  return {
    scopes: [
      scope('General', () => registerNodes(general, subject)),
      scope('PSTATE', () => pstateNodes(subject)),
      scope('kvm_run', () => kvmRunNodes(subject)),
      scope('FP/SIMD', () => simdNodes(subject), true),
      scope('System registers', async () => systemRegisterGroups(subject), true),
      scope('Translation', () => translationNodes(subject), true),
      scope('VM', async () => [...(await vmNodes(subject)), ...(await memslotNodes(subject))]),
    ],
  };
}

async function pstateNodes(subject: Subject): Promise<readonly VariableNode[]> {
  const access = accessTo('pstate', subject);
  return fieldNodes(fieldsOf('pstate'), await access.read(), '$pstate', access, 64);
}

/** Rows inside a scope, a register or a field. */
export async function variables(
  args: DebugProtocol.VariablesArguments,
  session: SessionState,
): Promise<DebugProtocol.VariablesResponse['body']> {
  stoppedGuest(session);
  const children = await childrenOf(args.variablesReference, session);
  const start = args.start ?? 0;
  const wanted = children.slice(start, args.count ? start + args.count : undefined);
  return { variables: wanted.map((node) => rowOf(node, session)) };
}

/** Changes a register or a field of one. */
export async function setVariable(
  args: DebugProtocol.SetVariableArguments,
  session: SessionState,
): Promise<DebugProtocol.SetVariableResponse['body']> {
  const guest = stoppedGuest(session);
  const node = await nodeInside(args.variablesReference, args.name, session);
  if (!node.set) throw new RequestError(`${node.name} cannot be changed`);
  const vcpu = guest.stop?.vcpu ?? 0;
  await node.set(await typedValue(args.value, vcpu, session));
  const after = (await childrenOf(args.variablesReference, session)).find((n) => n.name === args.name) ?? node;
  const { name: _, ...shown } = variable(after, session);
  return shown;
}

/** Value a person typed for a register: an expression, or 128 bits in hexadecimal. */
export async function typedValue(text: string, vcpu: number, session: SessionState): Promise<bigint> {
  // A value copied from the view may carry the symbol or the meaning behind it.
  const typed = String(text)
    .replace(/\s+(<[^>]*>|\([^()]*\))\s*$/, '')
    .trim();
  if (/^0x[0-9a-f]{1,32}$/i.test(typed)) return BigInt(typed);
  const { machine, names } = liveGuest(session);
  return machine.evaluate(vcpu, parseExpression(typed, names));
}

/** The row of that name under a scope, a register or a field. Throws RequestError. */
export async function nodeInside(reference: unknown, name: string, session: SessionState): Promise<VariableNode> {
  const node = (await childrenOf(reference, session)).find((n) => n.name === name);
  if (!node) throw new RequestError(`there is no variable "${name}" here`);
  return node;
}

async function childrenOf(reference: unknown, session: SessionState): Promise<readonly VariableNode[]> {
  const node = typeof reference === 'number' ? session.variables.get(reference) : undefined;
  if (!node) throw new RequestError(`variablesReference ${String(reference)} is not one of the current stop`);
  return (await node.children?.()) ?? [];
}

/** Rows that have been shown, for nodes that stay while their value stays. */
const rows = new WeakMap<VariableNode, { readonly client: object; readonly row: DebugProtocol.Variable }>();

function rowOf(node: VariableNode, session: SessionState): DebugProtocol.Variable {
  // What has something inside gets another reference at every stop.
  if (node.children) return variable(node, session);
  const known = rows.get(node);
  if (known?.client === session.client) return known.row;
  const row = variable(node, session);
  rows.set(node, { client: session.client, row });
  return row;
}

const readOnly: DebugProtocol.VariablePresentationHint = { attributes: ['readOnly'] };

/** A node as DAP shows it. */
export function variable(node: VariableNode, session: SessionState): DebugProtocol.Variable {
  const { name, value, type, expression, memoryReference } = node;
  const { supportsVariableType, supportsMemoryReferences } = session.client;
  const shown: DebugProtocol.Variable = { name, value, variablesReference: node.children ? session.variables.create(node) : 0 };
  // These two only where the client says that it uses them, as the protocol has it.
  if (type !== undefined && supportsVariableType) shown.type = type;
  if (expression !== undefined) shown.evaluateName = expression;
  if (memoryReference !== undefined && supportsMemoryReferences) shown.memoryReference = memoryReference;
  if (!node.set) shown.presentationHint = readOnly;
  return shown;
}
