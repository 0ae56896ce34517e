import { decode } from '../../emulator/isa/decoder.ts';
import { encodingOf } from '../../emulator/isa/encoding.ts';
import type { Fields, Instruction } from '../../emulator/isa/instruction.ts';
import { allInstructions } from '../../emulator/isa/table.ts';
import type { Bench } from './bench.ts';
import { at, Case, CODE, flags, memoryImage, WINDOW, WINDOW_BYTES, WORD_AT } from './case.ts';

/** Random numbers that are the same everywhere and for ever (sfc32). */
export class Random {
  private a = 0;
  private b: number;
  private c: number;
  private counter = 1;

  constructor(seed: number, stream = 0) {
    this.b = seed | 0;
    this.c = stream | 0;
    for (let n = 0; n < 12; n++) this.word();
  }

  word(): number {
    const sum = (this.a + this.b + this.counter++) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  below(limit: number): number {
    return Math.floor((this.word() / 2 ** 32) * limit);
  }

  oneIn(n: number): boolean {
    return this.below(n) === 0;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)];
  }

  doubleword(): bigint {
    return (BigInt(this.word()) << 32n) | BigInt(this.word());
  }
}

// ---- which instructions -------------------------------------------------------------------------------------------

/** Groups that need an operating system's view (or stop the world), by the Arm ARM's headings. */
const systemGroups = /^(Exception|System|Reserved|Barriers|Hints|PSTATE|Pointer authentication hints)/i;
/** Keys are the processor's: user space can neither set nor read them. */
const keyed = /^(PAC|AUT|XPAC|LDRA[AB]|RETA|B[A-Z]*RA[AB]|ERETA)/;
/** Instructions of the groups above that do the same in user space. */
const harmless = /^(NOP|CFINV|AXFLAG|XAFLAG|CLREX|DMB|ISB|SB|CSDB|SSBB|PSSBB)( |$)/;

/**
 * Where QEMU 7.2 is known to be wrong, with the reason; the right result is in found-cases.test.ts.
 */
const wrongInQemu: ReadonlySet<string> = new Set([
  // Leaves the sign of a negative 16-bit result in bits 31:16 of the register, where a scalar write zeroes everything above the element.
  'FCVTZS (vector form, fixed-point, scalar, half)',
]);

/** True for an instruction that user space can run without the machine around it mattering. */
export const isComparable = (i: Instruction): boolean =>
  i.operation !== undefined &&
  !wrongInQemu.has(i.name) &&
  (harmless.test(i.name) ||
    (!systemGroups.test(i.group) &&
      !keyed.test(i.name) &&
      !/^(SVC|HVC|SMC|BRK|HLT|UDF|DCPS|ERET|DRPS|MSR|MRS|SYS|WF|AT|DC|IC|TLBI|HINT)/.test(i.name)));

export const comparableInstructions = (): Instruction[] => allInstructions.filter(isComparable);

// ---- words --------------------------------------------------------------------------------------------------------

const isLiteral = (i: Instruction): boolean => /literal/i.test(i.name) || /literal/i.test(i.group);
const branchFields = ['imm26', 'imm19', 'imm14'];

function fieldValue(random: Random, name: string, width: number, chosen: Fields): number {
  const max = 2 ** width - 1;
  if (/^R[a-z]2?$/.test(name)) {
    const others = Object.keys(chosen).filter((k) => /^R[a-z]2?$/.test(k));
    if (others.length > 0 && random.oneIn(8)) return chosen[random.pick(others)];
    return random.oneIn(10) ? 31 : random.below(31);
  }
  if (width <= 4 || !random.oneIn(3)) return random.below(max + 1);
  return random.pick([0, 1, max, max - 1, max >> 1, (max >> 1) + 1]);
}

/** A random word of the instruction, or undefined where these fields are none. */
function randomWord(instruction: Instruction, random: Random): number | undefined {
  const encoding = encodingOf(instruction);
  const fields: Record<string, number> = {};
  for (const { name, width } of encoding.fields) fields[name] = fieldValue(random, name, width, fields);
  if (isLiteral(instruction) && encoding.has('imm19')) {
    const target = WINDOW + random.below(WINDOW_BYTES / 4) * 4 - (CODE + WORD_AT);
    fields.imm19 = (target / 4) & 0x7ffff;
  } else {
    // A branch to itself, or back to the prefix, would never end.
    for (const name of branchFields) {
      const width = encoding.widthOf(name);
      if (width !== undefined && (fields[name] === 0 || fields[name] === 2 ** width - 1)) return undefined;
    }
  }
  const word = encoding.assemble(fields);
  return decode(word)?.instruction === instruction ? word : undefined;
}

/** Distinct words of an instruction: fewer where it has fewer. */
export function wordsOf(instruction: Instruction, count: number, seed: number): number[] {
  const random = new Random(seed, encodingOf(instruction).value);
  const words = new Set<number>();
  for (let tries = 0; words.size < count && tries < count * 64 + 4096; tries++) {
    const word = randomWord(instruction, random);
    if (word !== undefined) words.add(word);
  }
  return [...words];
}

// ---- states -------------------------------------------------------------------------------------------------------

const integerEdges: readonly bigint[] = [
  0n,
  1n,
  2n,
  0x7fn,
  0x80n,
  0xffn,
  0x7fffn,
  0x8000n,
  0xffffn,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_ffffn,
  0x1_0000_0000n,
  0x7fff_ffff_ffff_ffffn,
  0x8000_0000_0000_0000n,
  0xffff_ffff_8000_0000n,
  ~0n,
  ~1n,
  0x5555_5555_5555_5555n,
];

function integer(random: Random): bigint {
  switch (random.below(6)) {
    case 0:
      return random.pick(integerEdges);
    case 1:
      return BigInt(random.below(130)) - 65n;
    case 2:
      return (1n << BigInt(random.below(64))) + BigInt(random.below(3) - 1);
    case 3:
      return BigInt(random.word() | 0);
    default:
      return random.doubleword();
  }
}

/** Exponent and fraction widths of the floating-point formats. */
const formats = { 16: [5, 10], 32: [8, 23], 64: [11, 52] } as const;

/** A floating-point number of any kind: zeros, denormals, near powers of two, integers, infinities, NaNs of both sorts, anything. */
function floating(random: Random, bits: 16 | 32 | 64): bigint {
  const [exponentBits, fractionBits] = formats[bits];
  const top = (1 << exponentBits) - 1;
  const bias = top >> 1;
  const fractionMask = (1n << BigInt(fractionBits)) - 1n;
  const fractions = [0n, 1n, fractionMask, 1n << BigInt(fractionBits - 1), random.doubleword(), random.doubleword()];
  const exponents = [
    0,
    0,
    1,
    top,
    top,
    top - 1,
    bias,
    bias + random.below(3) - 1,
    bias + random.below(Math.min(fractionBits + 12, bias)),
    random.below(top + 1),
  ];
  const sign = BigInt(random.below(2));
  return (
    (((sign << BigInt(exponentBits)) | BigInt(random.pick(exponents))) << BigInt(fractionBits)) | (random.pick(fractions) & fractionMask)
  );
}

/** 64 bits of a vector register, made of lanes of one width. */
function vectorHalf(random: Random, kind: number): bigint {
  if (kind === 0) return random.doubleword();
  const width = ([8, 16, 32, 64, 16, 32, 64, 64] as const)[kind - 1];
  let value = 0n;
  for (let low = 0; low < 64; low += width) {
    const lane = kind <= 4 ? integer(random) : floating(random, width as 16);
    value |= BigInt.asUintN(width, lane) << BigInt(low);
  }
  return value;
}

const randomFpcr = (random: Random): number =>
  (random.oneIn(2) ? random.below(4) << 22 : 0) | (random.oneIn(4) ? (random.word() & 0x07080000) >>> 0 : 0);
const randomFpsr = (random: Random): number => (random.oneIn(3) ? (random.word() & 0x0800009f) >>> 0 : 0);

const image = new BigUint64Array(memoryImage().buffer);

/** Ordered and atomic accesses fault where they are misaligned: often enough is often enough. */
const needsAlignment = /^(LDAR|LDLAR|STLR|STLLR|LDAX|LDX|LDAPUR|STLUR|CAS|SWP|LDADD|LDCLR|LDEOR|LDSET|LD[SU]M(AX|IN))/;
/**
 * Where QEMU is lax and the Arm ARM is not: LDAPR does not check alignment, and a store exclusive whose monitor is clear neither checks
 * alignment nor translates its address (the Arm ARM's ExclusiveMonitorsPass checks alignment first).
 */
const alwaysAligned = /^(LDAPR|STL?X[RP])/;

/** Puts the base register so that the access lands in the window (mostly), wherever the offset would have led. */
function aimAtWindow(c: Case, fields: Fields, instruction: Instruction, random: Random, bench: Bench): void {
  if (fields.Rn === undefined) return;
  const address = bench.probe(c);
  if (address === undefined) return;
  const aligned = random.below(WINDOW_BYTES / 16 - 4) * 16;
  const near = random.oneIn(12) ? WINDOW_BYTES - 1 - random.below(48) : random.below(WINDOW_BYTES - 64);
  const strays = !alwaysAligned.test(instruction.name) && random.oneIn(needsAlignment.test(instruction.name) ? 8 : 3);
  const offset = strays ? near : aligned;
  c.setX(fields.Rn, c.x(fields.Rn) + BigInt(WINDOW + offset) - address);
  // Base and index in one register rarely meet the window: then an address that is nobody's memory, instead of perhaps the runner's own.
  if (bench.probe(c) !== BigInt(WINDOW + offset)) c.setX(fields.Rn, 0n);
  if (/^CAS/.test(instruction.name) && random.oneIn(2)) matchMemory(c, fields, offset);
}

/** Compare-and-swap finds what it expects only if told: Rs (and Rs + 1) from the memory at the address. */
function matchMemory(c: Case, fields: Fields, offset: number): void {
  if (fields.Rs === fields.Rn || fields.Rs === fields.Rt || offset % 8 !== 0) return;
  const [first, second] = [image[offset / 8], image[offset / 8 + 1] ?? 0n];
  const words = 'RsNext' in fields || fields.sf !== 0;
  if (fields.Rs < 31) c.setX(fields.Rs, first);
  if (fields.Rs < 30 && fields.Rs + 1 !== fields.Rn) c.setX(fields.Rs + 1, words ? second : first >> 32n);
}

/** Number `index` of the cases of a word. */
export function caseOf(word: number, index: number, bench: Bench, c = new Case()): Case {
  const { instruction, fields } = decode(word)!;
  const random = new Random(word, index);
  c.bytes.fill(0);
  c.set(at.word, word);
  for (let n = 0; n < 32; n++) c.setX(n, integer(random));
  if (fields.Rm !== undefined && fields.Rn !== undefined && fields.Rm < 31 && random.oneIn(4)) {
    c.setX(fields.Rm, c.x(fields.Rn) + (random.oneIn(2) ? 0n : BigInt(random.below(3) - 1)));
  }
  c.set(at.nzcv, (random.below(16) << 28) >>> 0);
  if (instruction.simd) {
    c.set(at.flags, flags.simd);
    c.set(at.fpcr, randomFpcr(random));
    c.set(at.fpsr, randomFpsr(random));
    const common = random.below(9);
    for (let n = 0; n < 32; n++) {
      const kind = random.oneIn(3) ? random.below(9) : common;
      for (let half = 0; half < 2; half++) c.doublewords[(at.v >> 3) + 2 * n + half] = vectorHalf(random, kind);
    }
  }
  aimAtWindow(c, fields, instruction, random, bench);
  if (/^STL?X[RP]/.test(instruction.name) && !random.oneIn(4)) {
    // The load exclusive of the same bytes, into the zero register.
    c.set(at.prefix, ((word | 0x005f7c1f) & ~0x8000) >>> 0);
  }
  return c;
}
