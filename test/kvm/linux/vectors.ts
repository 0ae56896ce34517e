/** What Linux gave: one file of vectors/ for each file of cases/, a line a result. */
import { readFileSync, writeFileSync } from 'node:fs';
import { errno } from '../../../emulator/kvm/errno.ts';
import type { Printed } from './host.ts';
import { type Case, labelled, mayBeAbsent, type Results, words } from './steps.ts';
import { isVolatile, VARIES, volatileRegisters } from './volatile.ts';

/** Name of the case, then its results. */
export type Vectors = Readonly<Record<string, Results>>;

/** Errors of Linux that KVM's own calls give, and those of the layers in front of them. */
const errorNames = new Map<number, string>([
  ...Object.entries(errno).map(([name, number]): [number, string] => [number, name]),
  [1, 'EPERM'],
  [6, 'ENXIO'],
  [25, 'ENOTTY'],
  [28, 'ENOSPC'],
  [34, 'ERANGE'],
  [75, 'EOVERFLOW'],
]);

/** The result of a call as the vectors have it. */
export const outcome = (value: number): string => (value < 0 ? (errorNames.get(-value) ?? `error ${-value}`) : String(value));

const bytesOf = (hexadecimal: string): Uint8Array => Buffer.from(hexadecimal, 'hex');

/** One register of a survey: `id got value same other after back`. */
const surveyed = (line: string): string => {
  const [id, got, value, same, other, after, back] = line.split(' ') as [string, string, string, string, string, string, string];
  const call = (text: string): string => outcome(Number(text));
  const contents = (text: string): string => (volatileRegisters.has(id) ? VARIES : words(bytesOf(text)).replaceAll(' ', ','));
  return [id, call(got), contents(value), call(same), call(other), contents(after), call(back)].join(' ');
};

/** The printed lines of a case by the labels of its steps. @throws Error where they do not fit. */
function resultsOf({ name, steps }: Case, lines: readonly string[]): Results {
  const results: Record<string, string | string[]> = {};
  const rest = [...lines];
  for (const step of labelled(steps)) {
    const { label, op } = step;
    if (op === 'survey') {
      const registers: string[] = [];
      while (rest[0]?.startsWith('s ')) registers.push(surveyed(rest.shift()!.slice(2)));
      results[`${label} in detail`] = registers;
    }
    const line = rest.shift();
    if (line === undefined) throw new Error(`${name}: no result for ${label}`);
    const value = line.startsWith('d ') ? words(bytesOf(line.slice(2))) : outcome(Number(line.slice(2)));
    if (!(mayBeAbsent(step) && value === '0')) results[label] = isVolatile(name, label) ? VARIES : value;
  }
  if (rest.length > 0) throw new Error(`${name}: ${rest.length} results too many`);
  return results;
}

export function vectorsOf(cases: readonly Case[], printed: Printed): Vectors {
  return Object.fromEntries(
    cases.map((of) => {
      const found = printed.find(({ name }) => name === of.name);
      if (!found) throw new Error(`nothing was printed for ${of.name}`);
      return [of.name, resultsOf(of, found.lines)];
    }),
  );
}

/** The kernel whose vectors are whole; those of the others say what is different. */
export const REFERENCE = '7.2';

const fileOf = (name: string, kernel: string): URL => new URL(`vectors/${name}.${kernel}.json`, import.meta.url);

export const readVectors = (name: string, kernel: string = REFERENCE): Vectors =>
  JSON.parse(readFileSync(fileOf(name, kernel), 'utf8')) as Vectors;

export function writeVectors(name: string, kernel: string, vectors: Vectors): void {
  const written = kernel === REFERENCE ? vectors : differences(vectors, readVectors(name));
  writeFileSync(fileOf(name, kernel), `${JSON.stringify(written, null, 1)}\n`);
}

/** The results that are not those of the reference. */
function differences(vectors: Vectors, reference: Vectors): Vectors {
  const cases = Object.entries(vectors).map(([name, results]) => [name, differing(results, reference[name] ?? {})] as const);
  return Object.fromEntries(cases.filter(([, results]) => Object.keys(results).length > 0));
}

function differing(results: Results, reference: Results): Results {
  const other = Object.entries(results).map(([label, value]) => {
    const same = reference[label];
    return [label, typeof value === 'string' || typeof same === 'string' ? value : value.filter((line) => !same?.includes(line))] as const;
  });
  // A call that is expected to give 0 is not written down where it does.
  const expected = Object.keys(reference).filter((label) => !(label in results));
  const differ = other.filter(([label, value]) => (typeof value === 'string' ? value !== reference[label] : value.length > 0));
  return Object.fromEntries([...differ, ...expected.map((label) => [label, '0'] as const)]);
}

/** The vectors of a kernel, whole. */
export function wholeVectors(name: string, kernel: string): Vectors {
  const [reference, different] = [readVectors(name), readVectors(name, kernel)];
  return Object.fromEntries(Object.entries(reference).map(([of, results]) => [of, { ...results, ...different[of] }]));
}
