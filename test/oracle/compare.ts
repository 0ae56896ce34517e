import { disassemble } from '../../emulator/isa/disassembler.ts';
import type { Instruction } from '../../emulator/isa/instruction.ts';
import { Bench } from './bench.ts';
import { at, CASE_BYTES, type Case, CODE, flags, outcomes, WINDOW_BYTES, WORD_AT } from './case.ts';
import { caseOf, wordsOf } from './generate.ts';
import { runOnQemu, stateOnQemu } from './native.ts';

/** A case on which the interpreter and QEMU disagree. */
export interface Difference {
  readonly instruction: string;
  readonly word: number;
  readonly index: number;
}

export interface Comparison {
  readonly cases: number;
  readonly differences: readonly Difference[];
}

const BATCH = 16384;

/** Runs `cases` cases of each of `words` words of every instruction on both sides. */
export function compareWithQemu(
  instructions: readonly Instruction[],
  options: {
    readonly words: number;
    readonly cases: number;
    readonly seed: number;
    readonly progress?: (done: number, differences: number) => void;
  },
  bench = new Bench(),
): Comparison {
  const differences: Difference[] = [];
  let pending: {
    readonly about: Difference;
    readonly bytes: Buffer;
    readonly first: number;
    readonly second: number;
    readonly outcome: number;
  }[] = [];
  let total = 0;
  const flush = (): void => {
    if (pending.length === 0) return;
    const answers = runOnQemu(pending.map((p) => p.bytes));
    pending.forEach((p, n) => {
      const answer = answers[n];
      if (answer.outcome !== p.outcome || answer.first !== p.first || answer.second !== p.second) differences.push(p.about);
    });
    total += pending.length;
    pending = [];
    options.progress?.(total, differences.length);
  };
  for (const instruction of instructions) {
    for (const word of wordsOf(instruction, options.words, options.seed)) {
      for (let index = 0; index < options.cases; index++) {
        const c = caseOf(word, index, bench);
        const result = bench.run(c, (index & 1) === 0);
        pending.push({ about: { instruction: instruction.name, word, index }, bytes: c.bytes, ...result });
        if (pending.length === BATCH) flush();
      }
    }
  }
  flush();
  return { cases: total, differences };
}

const hex = (n: bigint | number): string => `0x${n.toString(16)}`;

/** A difference in words: the instruction, its inputs, and what each side made of them. */
export function describeDifference({ instruction, word, index }: Difference, bench = new Bench()): string {
  const c = caseOf(word, index, bench);
  const mine = bench.run(c, (index & 1) === 0);
  const ours = bench.state(c);
  const theirs = stateOnQemu(c);
  const lines = [`${instruction}: ${hex(word)} ${disassemble(word, BigInt(CODE + WORD_AT))} (case ${index})`];
  lines.push(`  outcome: ours ${outcomes[mine.outcome] ?? mine.outcome}, QEMU ${outcomes[theirs.outcome] ?? theirs.outcome}`);
  const simd = (c.get(at.flags) & flags.simd) !== 0;
  if (simd) lines.push(`  FPCR ${hex(c.get(at.fpcr))} FPSR ${hex(c.get(at.fpsr))}`);
  lines.push(`  NZCV ${hex(c.get(at.nzcv) >>> 28)}`);
  const used = new Set([word & 31, (word >>> 5) & 31, (word >>> 10) & 31, (word >>> 16) & 31]);
  for (const n of used) {
    lines.push(`  in  x${n} = ${hex(c.x(n))}`);
    if (simd) lines.push(`  in  v${n} = ${hex(c.doublewords[(at.v >> 3) + 2 * n + 1])}:${hex(c.doublewords[(at.v >> 3) + 2 * n])}`);
  }
  for (let offset = at.nzcv; offset < (simd ? CASE_BYTES : at.v) + 0; offset += 4) compareWord(lines, ours, theirs.state, offset);
  for (let offset = CASE_BYTES; offset < CASE_BYTES + WINDOW_BYTES; offset += 4) compareWord(lines, ours, theirs.state, offset);
  return lines.join('\n');
}

function compareWord(lines: string[], ours: Buffer, theirs: Buffer, offset: number): void {
  if (offset === at.flags || offset === at.fpcr) return;
  const [a, b] = [ours.readUInt32LE(offset), theirs.readUInt32LE(offset)];
  if (a !== b) lines.push(`  out ${nameOf(offset)}: ours ${hex(a)}, QEMU ${hex(b)}`);
}

function nameOf(offset: number): string {
  const half = offset & 4 ? '[63:32]' : '[31:0]';
  if (offset >= CASE_BYTES) return `memory + ${hex(offset - CASE_BYTES)}`;
  if (offset >= at.v) return `v${(offset - at.v) >> 4}.s[${((offset - at.v) >> 2) & 3}]`;
  if (offset >= at.pc) return `pc${half}`;
  if (offset >= at.x) return `x${(offset - at.x) >> 3}${half}`;
  if (offset >= at.sp) return `sp${half}`;
  return offset === at.nzcv ? 'nzcv' : offset === at.fpsr ? 'fpsr' : hex(offset);
}

export type { Case };
