import type { DebugProtocol } from '@vscode/debugprotocol';
import { canonicalRegister, completableNames, machineNames } from '../../emulator/machine/names.ts';
import type { SessionState } from '../session-state.ts';
import { commandWords } from './console-commands.ts';
import { liveGuest } from './guest.ts';

const MAX_ITEMS = 60;

/** Commands, registers, fields behind a dot, names of the current exit, symbols. */
export function completions(args: DebugProtocol.CompletionsArguments, session: SessionState): DebugProtocol.CompletionsResponse['body'] {
  const { symbols } = liveGuest(session);
  const line = String(args.text).split('\n')[(args.line ?? 1) - 1] ?? '';
  const before = line.slice(0, Math.max(0, (args.column ?? 1) - 1));
  const field = /\$?([A-Za-z_][A-Za-z0-9_]*)\.([A-Za-z0-9_]*)$/.exec(before);
  if (field) return { targets: fieldTargets(field[1]!, field[2]!, before) };
  const word = /[A-Za-z_][A-Za-z0-9_]*$/.exec(before)?.[0] ?? '';
  const start = before.length - word.length;
  const matches = (name: string): boolean => name.toLowerCase().startsWith(word.toLowerCase());
  const item = (label: string, type: DebugProtocol.CompletionItemType): DebugProtocol.CompletionItem => ({
    label,
    type,
    start,
    length: word.length,
  });
  const commands = commandWords(before)
    .filter(matches)
    .map((name) => item(name, 'keyword'));
  const names = completableNames()
    .filter(matches)
    .slice(0, MAX_ITEMS - commands.length)
    .map((name) => item(name, 'variable'));
  const functions =
    word === ''
      ? []
      : [...symbols.startingWith(word, MAX_ITEMS - commands.length - names.length)].map(({ name }) => item(name, 'function'));
  return { targets: [...commands, ...names, ...functions] };
}

function fieldTargets(register: string, typed: string, before: string): DebugProtocol.CompletionItem[] {
  const names = machineNames(() => undefined);
  const owner = canonicalRegister(register) ?? names.event(register);
  if (owner === undefined) return [];
  return names
    .fieldNames(owner)
    .filter((name) => name.toLowerCase().startsWith(typed.toLowerCase()))
    .map((label) => ({ label, type: 'field', start: before.length - typed.length, length: typed.length }));
}
