import { RequestError } from '../request-error.ts';
import type { Guest } from '../session-state.ts';
import { linesText } from '../views/lines.ts';
import { tableMapText, tableRegisters } from '../views/table-map.ts';
import { memslotLine, translationTree } from '../views/translation.ts';
import { cacheCommand } from './cache.ts';
import { accessOf, addressIn, spacedAddress } from './translation-query.ts';

/** A command of the Debug Console that shows something. */
export interface ViewCommand {
  readonly usage: string;
  readonly summary: string;
  /** Words that may follow, for completion. */
  readonly words: readonly string[];
  readonly run: (rest: string, guest: Guest, vcpu: number) => Promise<string>;
}

/** Runs of one map in the Debug Console, and where all three are shown. */
const RUNS = 200;
const RUNS_OF_EACH = 40;

const accessWords: ReadonlySet<string> = new Set(['read', 'write', 'fetch', 'el0', 'el1']);

/** They show translation and memory. */
export const viewCommands: Readonly<Record<string, ViewCommand>> = {
  translate: {
    usage: 'translate ADDRESS [read|write|fetch] [el0|el1] [full]',
    summary: 'va:… (or without a prefix) through both stages, ipa:… through stage 2: every descriptor, and what decided',
    words: [...accessWords, 'full'],
    run: async (rest, guest, vcpu) => {
      const { address, words, full } = splitWords(rest, 'translate');
      const query = { ...(await spacedAddress(address, guest, vcpu)), ...accessOf(words) };
      return treeText(await guest.machine.translate(vcpu, query), full);
    },
  },

  stage2: {
    usage: 'stage2 IPA [read|write|fetch]',
    summary: 'the stage 2 entry of an address, and what KVM does at a fault there',
    words: [...accessWords],
    run: async (rest, guest, vcpu) => {
      const { address, words, full } = splitWords(rest, 'stage2');
      const query = { space: 'ipa' as const, address: await addressIn('ipa', address, guest, vcpu), ...accessOf(words) };
      return treeText(await guest.machine.translate(vcpu, query), full);
    },
  },

  pagetable: {
    usage: 'pagetable [ttbr0|ttbr1|stage2 [FROM [TO]]]',
    summary: 'translation tables as a map, equal neighbours merged',
    words: Object.keys(tableRegisters),
    run: async (rest, guest, vcpu) => {
      const [which = '', from, to] = rest.trim().split(/\s+/);
      const names = Object.keys(tableRegisters) as (keyof typeof tableRegisters)[];
      const chosen = which === '' ? names : names.filter((name) => name === which.toLowerCase());
      if (chosen.length === 0) throw new RequestError(`${viewCommands['pagetable']!.usage}: there is no "${which}"`);
      const maps = chosen.map(async (name) => {
        const space = name === 'stage2' ? 'ipa' : 'va';
        const at = async (text: string | undefined): Promise<bigint | undefined> =>
          text === undefined ? undefined : addressIn(space, text, guest, vcpu);
        const [first, end] = [await at(from), await at(to)];
        const map = await guest.machine.tableMap(vcpu, {
          tables: tableRegisters[name],
          limit: which === '' ? RUNS_OF_EACH : RUNS,
          ...(first === undefined ? {} : { from: first }),
          ...(end === undefined ? {} : { to: end }),
        });
        return tableMapText(map, `pagetable ${name}`);
      });
      return (await Promise.all(maps)).flat().join('\n');
    },
  },

  cache: {
    usage: 'cache ADDRESS [BYTES]',
    summary: 'with a cache model: the line at va:…, ipa:… or pa:…, in the cache and in memory; of a range the lines that differ',
    words: [],
    run: cacheCommand,
  },

  memslots: {
    usage: 'memslots',
    summary: 'memory slots of the VM, what is behind them, and why it is cacheable or not',
    words: [],
    run: async (_, { machine }) => {
      const slots = await machine.memslots();
      if (slots.length === 0) return 'the VM has no memory slots';
      return slots
        .map(memslotLine)
        .map((line) => [`${line.name}: ${line.text}`, ...linesText(line)].join('\n'))
        .join('\n');
    },
  },
};

const treeText = (translation: Parameters<typeof translationTree>[0], full: boolean): string => {
  const tree = translationTree(translation);
  return [tree.text, ...linesText(tree, full)].join('\n');
};

/** An address expression, and the words behind it. */
function splitWords(
  text: string,
  command: string,
): { readonly address: string; readonly words: readonly string[]; readonly full: boolean } {
  const words = text.trim().split(/\s+/);
  let behind = words.length;
  while (behind > 0 && (accessWords.has(words[behind - 1]!.toLowerCase()) || words[behind - 1] === 'full')) behind--;
  const address = words.slice(0, behind).join(' ');
  if (address === '') throw new RequestError(`there is no address: ${viewCommands[command]!.usage}`);
  const options = words.slice(behind).map((word) => word.toLowerCase());
  return { address, words: options.filter((word) => word !== 'full'), full: options.includes('full') };
}
