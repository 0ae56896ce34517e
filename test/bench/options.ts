/** The benchmark's command line. */
import { parseArgs } from 'node:util';
import { type KernelVersion, kernelVersions } from '../guests/guests.ts';
import { kernels } from './kernels.ts';

export const PARTS = ['boot', 'integer', 'fp', 'smp', 'stops'] as const;
export type Part = (typeof PARTS)[number];

export interface Options {
  readonly parts: readonly Part[];
  /** Kernels to run, of those that the parts ask for. */
  readonly only: readonly string[];
  readonly rounds: number;
  readonly kernel: KernelVersion;
  readonly cpu: string;
  /** Where the figures are written. */
  readonly json?: string;
  /** Whether docs/bench.json holds them and README.md quotes them. */
  readonly readme: boolean;
  /** Everything once and as small as it can be: whether the results are right, not how fast they come. */
  readonly short: boolean;
  /** Seconds that one run may take. */
  readonly timeout: number;
}

const usage = [
  `usage: npm run bench -- [--parts ${PARTS.join(',')}] [--only ${kernels.map(({ name }) => name).join(',')}]`,
  `                        [--rounds N] [--kernel ${kernelVersions.join('|')}] [--cpu NAME] [--json FILE] [--readme] [--short] [--timeout SECONDS]`,
].join('\n');

/** @throws Error with the usage. */
export function parseOptions(args: readonly string[]): Options {
  const wrong = (why: string) => new Error(`${why}\n${usage}`);
  const { values } = (() => {
    try {
      return parseArgs({
        args: [...args],
        options: {
          parts: { type: 'string', default: PARTS.join(',') },
          only: { type: 'string' },
          rounds: { type: 'string' },
          kernel: { type: 'string', default: '6.1' },
          cpu: { type: 'string', default: 'cortex-a57' },
          json: { type: 'string' },
          readme: { type: 'boolean', default: false },
          short: { type: 'boolean', default: false },
          timeout: { type: 'string', default: '300' },
        },
      });
    } catch (error) {
      throw wrong((error as Error).message);
    }
  })();
  const { cpu, readme, short } = values;
  const listed = <T extends string>(text: string, known: readonly T[]): readonly T[] =>
    text.split(',').map((word) => {
      const found = known.find((each) => each === word);
      if (found === undefined) throw wrong(`there is no "${word}" among ${known.join(', ')}`);
      return found;
    });
  const names = kernels.map(({ name }) => name);
  const positive = (option: string, text: string): number => {
    if (!(Number(text) > 0)) throw wrong(`${option} ${text}: not a positive number`);
    return Number(text);
  };
  if (readme && (short || values.only !== undefined || values.parts !== PARTS.join(',')))
    throw wrong('--readme: only figures of a whole run are quoted');
  const rounds = positive('--rounds', values.rounds ?? (short ? '1' : '5'));
  if (!Number.isInteger(rounds)) throw wrong(`--rounds ${rounds}: not a whole number`);
  return {
    parts: listed(values.parts, PARTS),
    only: values.only === undefined ? names : listed(values.only, names),
    rounds,
    kernel: listed(values.kernel, kernelVersions)[0]!,
    cpu,
    ...(values.json === undefined ? {} : { json: values.json }),
    readme,
    short,
    timeout: positive('--timeout', values.timeout),
  };
}
