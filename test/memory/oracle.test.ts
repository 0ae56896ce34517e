/** AT over random translation tables, against what QEMU answered: recorded, and where it is installed again on fresh cases. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { operations, oracleCase, processors } from './oracle/cases.ts';
import { comparable, outcome } from './oracle/compare.ts';
import { OurAnswers } from './oracle/ours.ts';
import { oracleAvailable, qemuAnswers } from './oracle/qemu.ts';

const RECORDED = 60;
const FRESH = 40;
const FRESH_FROM = 100_000;

type Processor = keyof typeof processors;

const golden = (cpu: Processor): URL => new URL(`golden/at-${cpu}.txt`, import.meta.url);

function recorded(cpu: Processor): bigint[] {
  const bytes = inflateRawSync(Buffer.from(readFileSync(golden(cpu), 'latin1'), 'base64'));
  return Array.from({ length: bytes.length / 8 }, (_, n) => bytes.readBigUInt64LE(n * 8));
}

function record(cpu: Processor): void {
  const answers = qemuAnswers(cpu, range(1, RECORDED)).flat();
  const text = deflateRawSync(new Uint8Array(BigUint64Array.from(answers).buffer), { level: 9 }).toString('base64');
  writeFileSync(golden(cpu), `${text.replace(/.{1,140}/g, '$&\n')}`);
}

const range = (first: number, count: number): number[] => Array.from({ length: count }, (_, n) => first + n);

/** Compares, and returns how often each outcome came. */
function compare(cpu: Processor, seeds: readonly number[], theirs: readonly bigint[]): Map<string, number> {
  const ours = new OurAnswers(processors[cpu]);
  const outcomes = new Map<string, number>();
  let at = 0;
  for (const seed of seeds) {
    ours.answers(seed).forEach((answer, n) => {
      const expected = theirs[at++]!;
      outcomes.set(outcome(expected), (outcomes.get(outcome(expected)) ?? 0) + 1);
      if (comparable(answer) === comparable(expected)) return;
      const { va, operation } = oracleCase(seed, processors[cpu], 0).queries[n]!;
      assert.fail(
        `case ${seed}, query ${n}: AT ${operations[operation]} of 0x${va.toString(16)} gives 0x${answer.toString(16)}, QEMU 0x${expected.toString(16)}`,
      );
    });
  }
  return outcomes;
}

describe('AT against QEMU', () => {
  for (const cpu of Object.keys(processors) as Processor[]) {
    it(`${cpu}: recorded answers`, () => {
      if (process.env['UPDATE_GOLDEN']) record(cpu);
      const outcomes = compare(cpu, range(1, RECORDED), recorded(cpu));
      // The cases must reach what they are for.
      for (const kind of ['translates', 'FST 000111', 'FST 001111', 'FST 001011', 'FST 000111 stage 2'])
        assert.ok((outcomes.get(kind) ?? 0) > 10, kind);
    });

    it(`${cpu}: fresh answers`, {
      skip: oracleAvailable() ? false : 'qemu-system-aarch64 or aarch64-linux-gnu-gcc is not installed',
    }, () => {
      const seeds = range(FRESH_FROM, FRESH);
      compare(cpu, seeds, qemuAnswers(cpu, seeds).flat());
    });
  }
});
