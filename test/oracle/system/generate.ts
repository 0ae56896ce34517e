import { decode } from '../../../emulator/isa/decoder.ts';
import { disassemble } from '../../../emulator/isa/disassembler.ts';
import { encodingOf } from '../../../emulator/isa/encoding.ts';
import type { Instruction } from '../../../emulator/isa/instruction.ts';
import { byEncoding, systemRegisters } from '../../../emulator/isa/registers/index.ts';
import { allInstructions } from '../../../emulator/isa/table.ts';
import { Bench } from '../bench.ts';
import { at } from '../case.ts';
import { caseOf, comparableInstructions, Random, wordsOf } from '../generate.ts';
import { dataPages, devicePage, executable, highBase, lowBase, lowPages, type SystemCase } from './guest.ts';

/** PSTATE as SPSR_EL1 enters a case with: AArch64, EL0t, EL1t or EL1h, interrupts masked. */
const levels = [0x3c0, 0x3c4, 0x3c5] as const;
const PC = lowBase + 0x100n;
const spEl0 = lowBase + 0x10100n;
const spEl1 = lowBase + 0x10180n;

const registers = (random: Random): bigint[] =>
  Array.from({ length: 31 }, () => (random.oneIn(2) ? BigInt(random.below(256)) : random.doubleword()));

/** PSTATE bits that change what an access may do; those a processor lacks are RES0 in SPSR_EL1. */
export interface PstateBits {
  readonly pan?: boolean;
  readonly uao?: boolean;
}

function spsrOf(random: Random, bits: PstateBits): number {
  let spsr: number = random.pick(levels) | (random.below(16) << 28);
  if (bits.pan && random.oneIn(3)) spsr |= 1 << 22;
  if (bits.uao && random.oneIn(3)) spsr |= 1 << 23;
  return spsr >>> 0;
}

const text = (word: number): string => disassemble(word, PC);

function caseWith(random: Random, words: readonly number[], bits: PstateBits, change: Partial<SystemCase> = {}): SystemCase {
  const c = { words, pc: PC, spsr: spsrOf(random, bits), spEl0, spEl1, x: registers(random), ...change };
  return { about: words.map(text).join('; '), ...c };
}

// ---- memory accesses ----------------------------------------------------------------------------------------------

const accesses = (i: Instruction): boolean =>
  /load|store|atomic|compare and swap|LDAPR/i.test(i.group) && !/prefetch|PRF|literal/i.test(i.name);

/**
 * What QEMU does not model, so that it cannot judge: alignment in Device memory and of SP, and the address of a store exclusive whose monitor is clear
 * (the Arm ARM's order of checks has it fault); LDAPR's alignment. Unmapped physical addresses are KVM's to answer: its tests have them.
 */
const notJudged = /^(STL?X[RP]|LDAPR)/;

/** Loads, stores and atomics of every kind, aimed at pages of every kind. */
export function memoryCases(
  count: number,
  seed: number,
  bits: PstateBits,
  offers: (feature: string) => boolean,
  bench = new Bench(),
): SystemCase[] {
  const random = new Random(seed, 1);
  const instructions = allInstructions.filter(
    (i) => accesses(i) && i.operation && (!i.feature || offers(i.feature)) && !/^LDRA[AB]/.test(i.name) && !notJudged.test(i.name),
  );
  const words = new Map<Instruction, number[]>();
  const cases: SystemCase[] = [];
  while (cases.length < count) {
    const instruction = random.pick(instructions);
    if (instruction.simd && !random.oneIn(3)) continue;
    if (!words.has(instruction)) words.set(instruction, wordsOf(instruction, 24, seed));
    const word = random.pick(words.get(instruction)!);
    const c = caseOf(word, random.below(1000), bench);
    const { Rn } = decode(word)!.fields;
    const address = bench.probe(c);
    if (Rn === undefined || address === undefined) continue;
    const offset = random.oneIn(6) ? 4096 - 1 - random.below(20) : random.oneIn(3) ? random.below(200) : random.below(12) * 16;
    const page = random.pick(dataPages);
    const target = BigInt.asUintN(64, page + BigInt(page === devicePage ? offset & ~63 : offset));
    c.setX(Rn, c.x(Rn) + target - address);
    if (bench.probe(c) !== target) continue;
    const sp = c.x(31);
    cases.push(
      caseWith(random, [word], bits, {
        spEl0: sp,
        spEl1: Rn === 31 ? sp : spEl1,
        x: Array.from({ length: 31 }, (_, n) => c.doublewords[(at.x >> 3) + n]),
      }),
    );
  }
  return cases;
}

// ---- sequences ----------------------------------------------------------------------------------------------------

/** Instructions that neither access memory nor branch, three in a row: what one leaves in registers and flags, the next uses. */
export function sequenceCases(count: number, seed: number, bits: PstateBits, offers: (feature: string) => boolean): SystemCase[] {
  const random = new Random(seed, 9);
  const usable = comparableInstructions().filter(
    (i) => !accesses(i) && !/branch|prefetch|literal/i.test(i.group + i.name) && (!i.feature || offers(i.feature)),
  );
  const integer = usable.filter((i) => !i.simd);
  const words = new Map<Instruction, number[]>();
  const draw = (): number => {
    const instruction = random.pick(random.oneIn(4) ? usable : integer);
    if (!words.has(instruction)) words.set(instruction, wordsOf(instruction, 32, seed));
    return random.pick(words.get(instruction)!);
  };
  return Array.from({ length: count }, () => caseWith(random, [draw(), draw(), draw()], bits));
}

// ---- exceptions and branches --------------------------------------------------------------------------------------

const word = (name: string, fields: Readonly<Record<string, number>>): number => {
  const instruction = allInstructions.find((i) => i.name === name);
  if (!instruction) throw new Error(`there is no ${name}`);
  return encodingOf(instruction).assemble(fields);
};

/** SVC, BRK, UDF, words that are nothing, execution from pages of every kind, misaligned PC and SP, illegal returns. */
export function exceptionCases(count: number, seed: number, bits: PstateBits): SystemCase[] {
  const random = new Random(seed, 2);
  const codePages = Object.keys(lowPages).map((n) => lowBase + BigInt(n) * 4096n);
  const make: readonly (() => SystemCase)[] = [
    () => caseWith(random, [word('SVC', { imm16: random.below(65536) })], bits),
    () => caseWith(random, [word('BRK', { imm16: random.below(65536) })], bits),
    () => caseWith(random, [word('UDF', { imm16: random.below(65536) })], bits),
    () => caseWith(random, [word('HLT', { imm16: random.below(65536) })], bits),
    () => {
      const w = random.word();
      // Scalable vectors and matrices trap on QEMU before they are anything else; its Advanced SIMD may be newer.
      const apart = ((w >>> 25) & 15) < 4 || ((w >>> 25) & 7) === 7;
      return caseWith(random, [decode(w) || apart ? 0 : w], bits);
    },
    // Where the instruction is
    () => {
      const base = random.oneIn(2) ? random.pick(codePages) : random.pick(dataPages);
      const pc = base + 0x100n + (random.oneIn(3) && executable(base) ? BigInt(random.below(4)) : 0n);
      return { ...caseWith(random, [word('NOP', {})], bits), pc, about: `execution at 0x${pc.toString(16)}` };
    },
    // Last instruction of a page, next page is nothing or something else
    () => ({
      ...caseWith(random, [word('NOP', {})], bits),
      pc: random.pick(codePages) + 0xffcn,
      about: 'execution across the end of a page',
    }),
    // Branches to pages of every kind
    () => {
      const x = registers(random);
      const page = random.pick([...codePages, ...dataPages]);
      // A misaligned target goes before a fault of its page; QEMU looks the other way round.
      x[7] = page + (random.oneIn(3) && executable(page) ? BigInt(random.below(8)) : 0x108n);
      const w = word(random.pick(['BR', 'BLR', 'RET']), { Rn: 7 });
      return { ...caseWith(random, [w], bits, { x }), about: `${text(w)} to 0x${BigInt.asUintN(64, x[7]).toString(16)}` };
    },
    // Exception returns, legal and not
    () => {
      const x = registers(random);
      x[1] = random.pick([
        lowBase + 0x10cn,
        lowBase + 0x10cn,
        random.pick(codePages) + 0x10cn,
        lowBase + 0x10en,
        random.pick(dataPages.filter((page) => BigInt.asIntN(56, page) === BigInt.asIntN(64, page))),
      ]);
      x[2] = BigInt(random.pick([0x3c0, 0x3c4, 0x3c5, 0x3c1, 0x3c2, 0x3c8, 0x3c9, 0x3cc, 0x3cd, 0x1003c5, 0x3d3]));
      const words = [0xd5184021, 0xd5184002, word('ERET', {})];
      const c = caseWith(random, words, bits, { x, spsr: levels[2] });
      return { ...c, about: `eret to 0x${BigInt.asUintN(64, x[1]).toString(16)} with SPSR 0x${x[2].toString(16)}` };
    },
    // Illegal state from the start
    () => ({ ...caseWith(random, [word('NOP', {})], bits, { spsr: random.pick(levels) | (1 << 20) }), about: 'PSTATE.IL' }),
  ];
  return Array.from({ length: count }, () => random.pick(make)());
}

/** BTI: every landing instruction with every BTYPE, on guarded pages and others. */
export function branchTargetCases(count: number, seed: number): SystemCase[] {
  const random = new Random(seed, 3);
  const hints = [0xd503241f, 0xd503245f, 0xd503249f, 0xd50324df, 0xd503233f, 0xd503237f, 0xd503201f, 0xd4200000, 0xd4000001, 0xd503201f];
  return Array.from({ length: count }, () => {
    const page = random.below(2);
    const btype = random.below(4);
    const landing = random.pick(hints);
    const c = caseWith(random, [landing], {}, { spsr: ((random.pick(levels) | (btype << 10)) >>> 0) as number });
    return {
      ...c,
      pc: lowBase + BigInt(page) * 4096n + 0x100n,
      about: `${text(landing)} with BTYPE ${btype} on ${page ? 'a guarded' : 'an ordinary'} page`,
    };
  });
}

// ---- system instructions ------------------------------------------------------------------------------------------

/** Registers whose value is another on purpose, moves with time, or holds up the case itself. */
const otherOnPurpose =
  /^(ID_|SMIDR|MIDR|MPIDR|REVIDR|CTR_|CCSIDR|CSSELR|CLIDR|DCZID|AIDR|MVFR|CNT|PM|ICC_|ICV_|ICH_|DBG|MDCCINT|MDCCSR|MDRAR|OSLAR|OSLSR|OSDLR|OSECCR|OSDTR|MDSCR|TTBR|TCR|SCTLR|VBAR|MAIR|AMAIR|ACTLR|ER[RX]|DISR|RNDR|LOR|CONTEXTIDR|TRF|TFSR|RGSR|GCR|GMID|SCXT|DIT|SSBS|UAO|PAN|TCO|ALLINT|CPACR|SVCR|SMCR|SMPRI|TPIDR2|ZCR|RVBAR|RMR|DSPSR|DLR|LSR|MPAM|AM)/;

/** MRS and MSR of the registers that are plain state, at every level. */
export function registerCases(count: number, seed: number, bits: PstateBits, exclude = otherOnPurpose): SystemCase[] {
  const random = new Random(seed, 4);
  const usable = systemRegisters.filter((r) => !exclude.test(r.name));
  return Array.from({ length: count }, () => {
    const r = random.pick(usable);
    const Rt = random.below(32);
    const read = random.oneIn(2);
    const move =
      (((0xd5000000 | (read ? 1 << 21 : 0) | (r.op0 << 19) | (r.op1 << 16) | (r.CRn << 12) | (r.CRm << 8) | (r.op2 << 5)) >>> 0) + Rt) >>>
      0;
    const back = ((move | (1 << 21)) & ~31) >>> 0;
    return { ...caseWith(random, read ? [move] : [move, back], bits), about: `${read ? 'MRS' : 'MSR'} ${r.name}: ${text(move)}` };
  });
}

/** System register moves and SYS encodings that no table names: UNDEFINED, at any level. */
export function unallocatedCases(count: number, seed: number, bits: PstateBits): SystemCase[] {
  const random = new Random(seed, 5);
  const cases: SystemCase[] = [];
  while (cases.length < count) {
    const op0 = random.pick([1, 2, 3, 3, 3]);
    const [op1, CRn, CRm, op2] = [random.below(8), random.below(16), random.below(16), random.below(8)];
    const implementationDefined = CRn === 11 || CRn === 15;
    const w =
      (0xd5000000 | (random.below(2) << 21) | (op0 << 19) | (op1 << 16) | (CRn << 12) | (CRm << 8) | (op2 << 5) | random.below(32)) >>> 0;
    if (
      implementationDefined ||
      byEncoding(op0, op1, CRn, CRm, op2) ||
      text(w).startsWith('.inst') ||
      (op0 === 1 && !/^sysl? #/.test(text(w)))
    )
      continue;
    cases.push({ ...caseWith(random, [w], bits), about: `S${op0}_${op1}_C${CRn}_C${CRm}_${op2}: ${text(w)}` });
  }
  return cases;
}

/** AT of every kind on pages of every kind, then PAR_EL1; DC ZVA. QEMU's cache maintenance does not look at its address. */
export function addressCases(count: number, seed: number, bits: PstateBits): SystemCase[] {
  const random = new Random(seed, 6);
  // AT S1E1R, S1E1W, S1E0R, S1E0W; DC ZVA
  const operations = [0xd5087800, 0xd5087820, 0xd5087840, 0xd5087860, 0xd50b7420];
  return Array.from({ length: count }, () => {
    const x = registers(random);
    // QEMU reports Device and non-cacheable memory as non-shareable, where PAR_EL1 has outer shareable.
    x[3] =
      random.pick(dataPages.filter((page) => page !== devicePage && page !== devicePage + 4096n && page !== lowBase + 0x7_0000n)) +
      BigInt(random.below(256));
    const w = random.pick(operations) | 3;
    return { ...caseWith(random, [w >>> 0], bits, { x }), about: `${text(w >>> 0)} of 0x${BigInt.asUintN(64, x[3]).toString(16)}` };
  });
}

/** Everything about pointer authentication: keys first, then the instructions. */
export function pointerCases(count: number, seed: number, names = /^(PAC|AUT|XPAC)/): SystemCase[] {
  const random = new Random(seed, 7);
  const keyed = allInstructions.filter((i) => i.operation && names.test(i.name));
  const keys: SystemCase[] = [
    0xd5182100, 0xd5182120, 0xd5182140, 0xd5182160, 0xd5182200, 0xd5182220, 0xd5182240, 0xd5182260, 0xd5182300, 0xd5182320,
  ].map((w) => caseWith(random, [w], {}, { spsr: levels[2] }));
  const words = keyed.flatMap((i) => wordsOf(i, 6, seed));
  const rest = Array.from({ length: count }, () => {
    const x = registers(random);
    for (const n of [0, 1, 2, 16, 17, 30]) x[n] = (random.oneIn(2) ? lowBase : highBase) + BigInt(random.below(65536));
    const w = random.pick(words);
    // Often what a PAC makes is what the AUT gets.
    const Rd = w & 31;
    const paired = random.oneIn(3) && (w & 0xfffff000) >>> 0 === 0xdac10000 && (w & 0x400) === 0;
    return caseWith(random, paired ? [w, (w | 0x1000) >>> 0] : [w], {}, { x, ...(Rd === 31 ? {} : {}) });
  });
  return [...keys, ...rest];
}

/** BRAA and its kin, RETAA, LDRAA … to and through authenticated pointers; the pointer is authenticated by the word before. */
export function authenticatedBranchCases(count: number, seed: number): SystemCase[] {
  const random = new Random(seed, 8);
  const pairs: readonly (readonly [number, number])[] = [
    [0xdac10041, 0xd71f0822], // pacia x1, x2; braa x1, x2
    [0xdac10441, 0xd71f0c22],
    [0xdac10041, 0xd73f0822], // blraa x1, x2
    [0xdac123e1, 0xd61f083f], // paciza x1; braaz x1
    [0xdac127e1, 0xd63f0c3f], // pacizb x1; blrabz x1
    [0xdac103fe, 0xd65f0bff], // pacia x30, sp; retaa
    [0xdac107fe, 0xd65f0fff],
    [0xdac12be1, 0xf8200423], // pacdza x1; ldraa x3, [x1]
    [0xdac12fe1, 0xf8a01c23], // pacdzb x1; ldrab x3, [x1, #8]!
  ];
  return Array.from({ length: count }, () => {
    const [sign, use] = random.pick(pairs);
    const x = registers(random);
    const target = /^ldra/.test(text(use)) ? lowBase + 0x10000n : lowBase + 0x108n;
    x[1] = target;
    x[30] = target;
    const words = random.oneIn(4) ? [0xd503201f, use] : [sign, use];
    return caseWith(random, words, {}, { x });
  });
}
