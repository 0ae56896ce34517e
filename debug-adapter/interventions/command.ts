import { parseExpression } from '../../emulator/machine/expression/parser.ts';
import type { Intervention } from '../../emulator/machine/intervention.ts';
import { serrorFields } from '../../emulator/machine/serror.ts';
import { RequestError } from '../request-error.ts';
import type { NamedGuest } from '../session-state.ts';
import { poisonOf, poisonWords } from './poison-arguments.ts';
import { serrorSyndrome } from './serror-arguments.ts';

/** One thing a person can do to the machine, as it is written in the Debug Console and in a script. */
export interface InterventionCommand {
  readonly name: string;
  readonly usage: string;
  readonly summary: string;
  /** Words that may follow, for completion. */
  readonly words: readonly string[];
  /** @throws RequestError, ExpressionError */
  readonly parse: (rest: string, guest: NamedGuest) => Intervention;
}

/** An exit's answer that takes nothing else. */
const plain = (kind: 'emulate' | 'resume' | 'terminate', summary: string): InterventionCommand => ({
  name: kind,
  usage: kind,
  summary,
  words: [],
  parse: (rest) => {
    if (rest !== '') throw new RequestError(`${kind} takes nothing, not "${rest}"`);
    return { kind: 'answer', answer: { kind } };
  },
});

const inject: InterventionCommand = {
  name: 'inject',
  usage: 'inject [dabt|iabt|serror [aet=… dfsc=… ea=1 iesb=1 | iss=0x…]] [anyway]',
  summary: 'external abort (the one that fits the exit, a data or an instruction abort) or SError into the guest',
  words: ['dabt', 'iabt', 'serror', 'anyway', ...serrorFields.flatMap(wordsOf)],
  parse(rest) {
    const [what, ...words] = rest.split(/\s+/).filter((word) => word !== '');
    if (what === 'serror') {
      const iss = serrorSyndrome(words);
      return { kind: 'answer', answer: { kind: 'inject-serror', ...(iss === undefined ? {} : { iss }) } };
    }
    if (what === undefined) return { kind: 'answer', answer: { kind: 'inject' } };
    if (what !== 'dabt' && what !== 'iabt') throw new RequestError(`inject what? dabt, iabt or serror, not "${what}"`);
    const anyway = words[0] === 'anyway';
    if (words.length > (anyway ? 1 : 0)) throw new RequestError(`inject ${what} takes only "anyway", not "${words.join(' ')}"`);
    return { kind: 'answer', answer: { kind: `inject-${what}` }, ...(anyway ? { anyway } : {}) };
  },
};

function wordsOf({ name, choices }: (typeof serrorFields)[number]): string[] {
  const field = name.toLowerCase();
  const names = choices.map((choice) => choice.name).filter((choice) => /^\w+$/.test(choice));
  return names.length > 0 ? names.map((choice) => `${field}=${choice}`) : [`${field}=`];
}

const complete: InterventionCommand = {
  name: 'complete',
  usage: 'complete [VALUE]',
  summary: 'finish the MMIO access without a device: a load gets VALUE, a store goes nowhere',
  words: [],
  parse: (rest, { names }) => ({ kind: 'complete', ...(rest === '' ? {} : { value: parseExpression(rest, names) }) }),
};

const poison: InterventionCommand = {
  name: 'poison',
  usage: 'poison ADDRESS[+BYTES] [data] [instruction] [walk] [once] [UER|UEO|UC|CE] [parity] [noaddress] [bytes=N]',
  summary: 'make memory bad: who consumes it (everybody, if none is named) takes an external abort',
  words: poisonWords,
  parse: poisonOf,
};

const clearPoison: InterventionCommand = {
  name: 'unpoison',
  usage: 'unpoison NUMBER|all',
  summary: 'make poisoned memory good again; "poisoned" lists it',
  words: ['all'],
  parse(rest) {
    if (rest === 'all') return { kind: 'clear-poison' };
    if (!/^#?[0-9]+$/.test(rest)) throw new RequestError('unpoison which? The number that "poisoned" lists, or all');
    return { kind: 'clear-poison', id: Number(rest.replace('#', '')) };
  },
};

const dirtyLogActions = ['on', 'off'] as const;

const dirtylog: InterventionCommand = {
  name: 'dirtylog',
  usage: 'dirtylog [SLOT] [on|off]',
  summary: 'the pages of a memory slot (0 is RAM) that were written since this was last asked; on and off switch the log',
  words: dirtyLogActions,
  parse(rest) {
    const words = rest.split(/\s+/).filter((word) => word !== '');
    const number = words[0] !== undefined && /^\d+$/.test(words[0]) ? Number(words.shift()) : 0;
    const [word, more] = words;
    const action = word === undefined ? 'read' : dirtyLogActions.find((known) => known === word);
    if (action === undefined || more !== undefined) throw new RequestError(`"${rest}" is not understood: ${dirtylog.usage}`);
    return { kind: 'dirty-log', slot: number, action };
  },
};

/** Everything a person can do to the machine in words. */
export const interventionCommands: readonly InterventionCommand[] = [
  inject,
  complete,
  plain('resume', 'call KVM_RUN again and do nothing else about the exit'),
  plain('emulate', 'let the devices answer the MMIO access now, and look at it before going on'),
  plain('terminate', 'end the machine'),
  dirtylog,
  poison,
  clearPoison,
];

/** The intervention a line asks for; undefined: the line is none. Throws RequestError or ExpressionError for one that is written wrongly. */
export function parseIntervention(text: string, guest: NamedGuest): Intervention | undefined {
  const [, name, rest] = /^([a-z]+)(?:\s+(.*))?$/s.exec(text.trim()) ?? [];
  return interventionCommands.find((command) => command.name === name)?.parse((rest ?? '').trim(), guest);
}
