import { readFile } from 'node:fs/promises';
import { parseExpression } from '../../emulator/machine/expression/parser.ts';
import type { ScriptAct, ScriptMoment, ScriptStep } from '../../emulator/machine/script/step.ts';
import { exitAnswers } from '../../emulator/vmm/exits/answer.ts';
import { placeOfFunction } from '../breakpoints/place.ts';
import { RequestError } from '../request-error.ts';
import type { NamedGuest } from '../session-state.ts';
import { parseIntervention } from './command.ts';

const answerableNames: readonly string[] = Object.keys(exitAnswers);

type Members = Readonly<Record<string, unknown>>;

/** Reads the steps of a script: a file with one JSON object a line (lines that are empty or begin with # are passed over), or the objects. Throws RequestError. */
export async function readScript(
  script: string | readonly unknown[],
): Promise<readonly { readonly where: string; readonly step: unknown }[]> {
  if (typeof script !== 'string') return script.map((step, n) => ({ where: `script[${n}]`, step }));
  let text: string;
  try {
    text = await readFile(script, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new RequestError(`script: ${script}: ${code === 'ENOENT' ? 'there is no such file' : message}`);
  }
  return text.split('\n').flatMap((line, n) => {
    if (/^\s*(#|$)/.test(line)) return [];
    const where = `${script}:${n + 1}`;
    try {
      return [{ where, step: JSON.parse(line) as unknown }];
    } catch (error) {
      throw new RequestError(`${where}: no JSON: ${(error as Error).message}`);
    }
  });
}

/** A step as the machine takes it. Throws RequestError that says where and what. */
export function parseStep(
  { where, step }: { readonly where: string; readonly step: unknown },
  guest: NamedGuest,
  cpus: number,
): ScriptStep {
  try {
    const { at, do: commands, vcpu, ...others } = members(step, 'a step');
    noOthers(others, 'at, do and vcpu');
    const moment = parseMoment(members(at, '"at"'), guest);
    const lines = typeof commands === 'string' ? [commands] : commands;
    if (!Array.isArray(lines) || lines.length === 0) throw new Error('"do" must be a command or a list of commands');
    const acts = lines.map((line) => parseAct(line, guest));
    if (moment.kind === 'exit' && acts.some(({ act }) => act === 'stop'))
      throw new Error('"stop" at an exit: use "onExit" or a filter, the machine then stops before user space handles it');
    if (vcpu === undefined) return { at: moment, acts };
    if (!Number.isInteger(vcpu) || (vcpu as number) < 0 || (vcpu as number) >= cpus)
      throw new Error(`"vcpu" must be 0 to ${cpus - 1}, not ${JSON.stringify(vcpu)}`);
    return { at: moment, acts, vcpu: vcpu as number };
  } catch (error) {
    throw new RequestError(`${where}: ${(error as Error).message}`);
  }
}

function parseAct(line: unknown, guest: NamedGuest): ScriptAct {
  if (typeof line !== 'string') throw new Error(`"do" must be commands, not ${JSON.stringify(line)}`);
  if (line.trim() === 'stop') return { text: line, act: 'stop' };
  const act = parseIntervention(line, guest);
  if (!act) throw new Error(`"${line}" is no command: inject, complete, resume, emulate, terminate, poison, unpoison and stop are`);
  return { text: line, act };
}

function parseMoment({ instructions, symbol, exit, if: condition, count = 1, ...others }: Members, guest: NamedGuest): ScriptMoment {
  noOthers(others, 'instructions, symbol, exit, if and count');
  if ([instructions, symbol, exit].filter((given) => given !== undefined).length !== 1)
    throw new Error('"at" needs one of instructions, symbol and exit');
  if (!Number.isSafeInteger(count) || (count as number) < 1)
    throw new Error(`"count" must be a whole number from 1 on, not ${JSON.stringify(count)}`);
  if (condition !== undefined && typeof condition !== 'string') throw new Error('"if" must be an expression');
  if (instructions !== undefined) {
    if (!Number.isSafeInteger(instructions) || (instructions as number) < 0)
      throw new Error(`"instructions" must be a whole number, not ${JSON.stringify(instructions)}`);
    if (condition !== undefined || count !== 1) throw new Error('"instructions" takes neither "if" nor "count"');
    return { kind: 'instructions', instructions: instructions as number };
  }
  const when = { count: count as number, ...(condition === undefined ? {} : { condition: parseExpression(condition, guest.names) }) };
  if (exit !== undefined) {
    const name = String(exit).replace(/^KVM_EXIT_/, '');
    if (!answerableNames.includes(name)) throw new Error(`"exit" must be ${answerableNames.join(', ')}, not ${JSON.stringify(exit)}`);
    return { kind: 'exit', exit: `KVM_EXIT_${name}`, ...when };
  }
  if (typeof symbol !== 'string') throw new Error('"symbol" must be a symbol or an address');
  return { kind: 'address', ...placeOfFunction(symbol, guest), ...when };
}

function members(value: unknown, what: string): Members {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${what} must be an object`);
  return value as Members;
}

function noOthers(others: Members, known: string): void {
  const [name] = Object.keys(others);
  if (name !== undefined) throw new Error(`unknown member "${name}": there are ${known}`);
}
