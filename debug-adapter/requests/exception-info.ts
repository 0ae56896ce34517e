import type { DebugProtocol } from '@vscode/debugprotocol';
import { guestExceptionClasses } from '../../emulator/machine/exception-classes.ts';
import { exitAnswers } from '../../emulator/machine/exits.ts';
import { hex } from '../../emulator/machine/expression/format.ts';
import type { ExitRecord, GuestException, StopCause } from '../../emulator/machine/machine.ts';
import { fieldsOf } from '../../emulator/machine/names.ts';
import { RequestError } from '../request-error.ts';
import type { Guest, SessionState } from '../session-state.ts';
import { locationText } from '../symbols/symbols.ts';
import { faultAddress } from '../views/fault-address.ts';
import { fieldNodes } from '../views/fields.ts';
import { meaningful } from '../views/kvm-run.ts';
import { linesText } from '../views/lines.ts';
import type { VariableNode } from '../views/node.ts';
import { translationTree } from '../views/translation.ts';
import { stoppedGuest, vcpuOf } from './guest.ts';

type Body = DebugProtocol.ExceptionInfoResponse['body'];

/** The exit or exception a vCPU stopped at, decoded. */
export async function exceptionInfo(args: DebugProtocol.ExceptionInfoArguments, session: SessionState): Promise<Body> {
  const guest = stoppedGuest(session);
  const vcpu = vcpuOf(args.threadId, guest);
  const cause = guest.stop?.vcpu === vcpu ? guest.stop.cause : undefined;
  // What was changed by hand since, and how it was answered, shows too.
  if (cause?.kind === 'exit')
    return withTranslation(await exitInfo((await guest.machine.exitRecord(vcpu)) ?? cause.exit, guest), cause, vcpu, guest);
  if (cause?.kind === 'exception') return withTranslation(await exceptionBody(cause.exception, guest), cause, vcpu, guest);
  if (cause?.kind === 'fatal') return { exceptionId: 'emulator stop', description: cause.message, breakMode: 'unhandled' };
  throw new RequestError(`vCPU ${vcpu} did not stop at an exit or exception`);
}

/** Where an abort was: both stages with their descriptors, and what decided. */
async function withTranslation(body: Body, cause: StopCause, vcpu: number, { machine }: Guest): Promise<Body> {
  const fault = await faultAddress(cause, vcpu, machine);
  if (!fault) return body;
  const tree = translationTree(await machine.translate(vcpu, fault.query));
  const stackTrace = [body.details?.stackTrace, `${fault.register}: ${tree.text}`, ...linesText(tree)].join('\n');
  return { ...body, details: { ...body.details, stackTrace } };
}

async function exitInfo(exit: ExitRecord, { machine }: Guest): Promise<Body> {
  const registers = await machine.readRegisters(exit.vcpu, ['ESR_EL2', 'FAR_EL2', 'HPFAR_EL2', 'ELR_EL2']);
  const record = meaningful(exit.fields).map(
    ({ name, value, meaning }) => `${name} = ${hex(value)}${meaning === undefined ? '' : ` (${meaning})`}`,
  );
  const syndrome = await Promise.all(
    registers.map(async ({ name, value }) => [`${name} = ${hex(value)}`, ...(await fieldLines(name, value))]),
  );
  return {
    exceptionId: exit.name,
    description: exit.summary,
    breakMode: 'always',
    details: {
      message: exit.summary,
      typeName: exit.name,
      fullTypeName: `${exit.name} (${exit.reason})`,
      stackTrace: [...record, ...syndrome.flat(), ...answerLines(exit)].join('\n'),
    },
  };
}

/** What can be done about the exit, or what was. */
function answerLines({ name, answer }: ExitRecord): string[] {
  if (answer !== undefined) return [`answered by hand: ${answer}`];
  const answers = exitAnswers(name);
  return answers.length > 0 ? [`answers: ${answers.join(', ')}`] : [];
}

async function exceptionBody(exception: GuestException, { symbols }: Guest): Promise<Body> {
  const known = guestExceptionClasses.find((c) => c.key === exception.class);
  const label = known?.label ?? exception.class;
  const from = symbols.locate(exception.elr);
  const synchronous = known?.classes !== undefined || exception.class === 'other';
  const description = `${label} to EL${exception.targetEl}, return address ${hex(exception.elr)}${from ? ` <${locationText(from)}>` : ''}`;
  const syndrome = synchronous
    ? [`ESR_EL${exception.targetEl} = ${hex(exception.esr)}`, ...(await fieldLines('ESR_EL1', exception.esr))]
    : [];
  const state = [
    `FAR_EL${exception.targetEl} = ${hex(exception.far)}`,
    `SPSR_EL${exception.targetEl} = ${hex(exception.spsr)}`,
    ...(await fieldLines('SPSR_EL1', exception.spsr)),
  ];
  return {
    exceptionId: label,
    description,
    breakMode: 'always',
    details: {
      message: description,
      typeName: label,
      fullTypeName: known?.description ?? label,
      stackTrace: [...syndrome, ...state].join('\n'),
    },
  };
}

/** Fields of a value as indented lines; fields that are zero and mean nothing by it are left out. */
async function fieldLines(register: string, value: bigint): Promise<string[]> {
  const layout = fieldsOf(register);
  return layout.length === 0 ? [] : lines(fieldNodes(layout, value, undefined, undefined, 64), '  ');
}

async function lines(nodes: readonly VariableNode[], indent: string): Promise<string[]> {
  const parts = await Promise.all(
    nodes.map(async (node) => {
      const inside = node.children ? await lines(await node.children(), `${indent}  `) : [];
      return node.value === '0x0' && inside.length === 0 ? [] : [`${indent}${node.name} = ${node.value}`, ...inside];
    }),
  );
  return parts.flat();
}
