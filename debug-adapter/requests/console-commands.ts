import type { PoisonedMemory } from '../../emulator/machine/intervention.ts';
import { interventionCommands, parseIntervention } from '../interventions/command.ts';
import type { Guest, SessionState } from '../session-state.ts';
import { performed } from './intervene.ts';
import { viewCommands } from './view-commands.ts';

type Command = (rest: string, guest: Guest, vcpu: number) => Promise<string>;

const usages = (listed: readonly { readonly usage: string; readonly summary: string }[]): string =>
  listed.map(({ usage, summary }) => `  ${usage}: ${summary}`).join('\n');

const help = `Expressions: registers ($x0, sp, pc, esr_el1), their fields (esr_el1.EC, pstate.EL), the current exit (fault_ipa, phys_addr, len, esr.WnR),
memory (*(u32*)addr, [va:addr], u8[pa:addr]), symbols, C operators on 64-bit unsigned; a trailing ,x ,d ,u ,b ,c chooses the format.
Assignments: x0 = 1, pstate.I = 1, *(u32*)0x40080000 = 0xd503201f.
What can be seen:
${usages(Object.values(viewCommands))}
  poisoned: memory that is bad, and how often it was consumed
  stats: instructions, speed, exits
What can be done to the machine by hand:
${usages(interventionCommands)}`;

const commands: Readonly<Record<string, Command>> = {
  help: async () => help,
  ...Object.fromEntries(Object.entries(viewCommands).map(([name, { run }]) => [name, run])),
  poisoned: async (_, { machine }) => {
    const all = await machine.poisoned();
    return all.length === 0 ? 'no memory is poisoned' : all.map(poisonLine).join('\n');
  },
  stats: async (_, { machine }) => {
    const { instructions, seconds, exits } = await machine.statistics();
    const mips = seconds > 0 ? ` (${(instructions / seconds / 1e6).toFixed(0)} MIPS)` : '';
    const counts = Object.entries(exits).map(([name, count]) => `  ${name}: ${count}`);
    return [`${instructions} instructions in ${seconds.toFixed(2)} s${mips}`, ...counts].join('\n');
  },
};

const poisonLine = ({ id, text, consumed }: PoisonedMemory): string =>
  `#${id} ${text}: consumed ${consumed} ${consumed === 1 ? 'time' : 'times'}`;

/** Answer of a command of the Debug Console; undefined: the text is none. */
export async function consoleCommand(text: string, guest: Guest, vcpu: number, session: SessionState): Promise<string | undefined> {
  const intervention = parseIntervention(text, guest);
  if (intervention) return performed(intervention, vcpu, session);
  const match = /^([a-z][a-z0-9]*)(?:\s+(.*))?$/s.exec(text);
  const command = match && Object.hasOwn(commands, match[1]!) ? commands[match[1]!] : undefined;
  if (!command) return undefined;
  return command(match![2] ?? '', guest, vcpu);
}

/** Words of commands that may come next: command names where the line begins, then what the command takes. */
export function commandWords(before: string): readonly string[] {
  const [, name] = /^\s*([a-z][a-z0-9]*)\s/.exec(before) ?? [];
  if (name !== undefined) {
    if (Object.hasOwn(viewCommands, name)) return viewCommands[name]!.words;
    return interventionCommands.find((command) => command.name === name)?.words ?? [];
  }
  return /^\s*[a-z][a-z0-9]*$/.test(before) ? [...Object.keys(commands), ...interventionCommands.map((command) => command.name)] : [];
}
