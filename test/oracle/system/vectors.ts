import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ResultHash } from '../case.ts';
import { type Family, families } from './families.ts';
import { runOnQemuSystem, type SystemResult } from './machines.ts';

/** What QEMU made of the first cases of each family, as one hash: lets our machine be checked where there is no QEMU. */
export interface FamilyVector {
  readonly family: string;
  readonly cases: number;
  readonly seed: number;
  readonly hash: string;
}

const file = fileURLToPath(new URL('./vectors/families.txt', import.meta.url));

export const familyName = (family: Family): string => `${family.cpu}: ${family.name}`;

/** One hash over vectors, syndromes and states. */
export function foldSystemResults(results: readonly SystemResult[]): string {
  const hash = new ResultHash();
  for (const { vector, esr, hash: state } of results) {
    hash.mix(vector);
    hash.mix(esr);
    hash.mix(Number(state & 0xffff_ffffn));
    hash.mix(Number(state >> 32n));
  }
  return [hash.first, hash.second].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
}

/** Lines of `family | cases | seed | hash`. */
export function storedFamilyVectors(): FamilyVector[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [family, cases, seed, hash] = line.split(' | ');
      return { family, cases: Number(cases), seed: Number(seed), hash };
    });
}

/** Has QEMU work them out anew. */
export function writeFamilyVectors(cases: number, seed: number): void {
  const lines = ['# Results of qemu-system-aarch64. Written by: node --import tsx test/oracle/system/oracle.ts --write-vectors'];
  for (const family of families()) {
    const results = runOnQemuSystem(family.cases(cases, seed), family.regime, family.cpu);
    lines.push(`${familyName(family)} | ${cases} | ${seed} | ${foldSystemResults(results)}`);
  }
  writeFileSync(file, `${lines.join('\n')}\n`);
}
