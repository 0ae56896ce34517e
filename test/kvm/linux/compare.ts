import { type Difference, missing, notOffered, ofTheHost } from './differences.ts';
import type { Results } from './steps.ts';
import { VARIES } from './volatile.ts';

/** A result of Linux's and the model's. */
export interface Found {
  readonly label: string;
  readonly linux: string;
  readonly model: string;
}

/** Lines of a survey by the register's identifier, its low half as it is written elsewhere. */
const byRegister = (lines: readonly string[]): ReadonlyMap<string, string> =>
  new Map(lines.map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]));

const NOTHING = 'nothing';

/** The label of a register in a survey: coprocessor and register, or the encoding of a system register. */
const registerLabel = (id: string): string => id.slice(-6).replace(/^13/, '');

function surveys(linux: readonly string[], model: readonly string[]): Found[] {
  const [theirs, ours] = [byRegister(linux), byRegister(model)];
  const ids = [...new Set([...theirs.keys(), ...ours.keys()])];
  return ids.map((id) => ({ label: registerLabel(id), linux: theirs.get(id) ?? NOTHING, model: ours.get(id) ?? NOTHING }));
}

/** A result of a call that gave 0 and was expected to is not written down. */
const QUIET = '0';

const same = ({ linux, model }: Found): boolean => {
  if (linux === VARIES) return model !== NOTHING;
  const [theirs, ours] = [linux.split(' '), model.split(' ')];
  return theirs.length === ours.length && theirs.every((word, n) => word === VARIES || word === ours[n]);
};

/** Every result that is not the same. */
export function differing(linux: Results, model: Results): readonly Found[] {
  const labels = [...new Set([...Object.keys(linux), ...Object.keys(model)])];
  const found = labels.flatMap((label) => {
    const [theirs, ours] = [linux[label] ?? QUIET, model[label] ?? QUIET];
    return typeof theirs === 'string' && typeof ours === 'string'
      ? [{ label, linux: theirs, model: ours }]
      : surveys(typeof theirs === 'string' ? [] : theirs, typeof ours === 'string' ? [] : ours);
  });
  return found.filter((one) => !same(one));
}

/** The reason why a result may differ, if there is one. */
export const reasonFor = (file: string, name: string, label: string): Difference | undefined =>
  [...ofTheHost, ...notOffered, ...missing].find(
    (difference) => difference.file === file && difference.cases.test(name) && (difference.labels?.test(label) ?? true),
  );
