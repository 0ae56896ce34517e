import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { assemble } from '../../../emulator/isa/assembler/assembler.ts';
import { type Granule, Tables } from './tables.ts';

/**
 * The image that both machines run: guest.S, translation tables, cases. One case is one instruction (or two) at EL0 or EL1, and what is reported is the
 * exception that ended it.
 */
export const layout = { load: 0x4008_0000, tables: 0x4010_0000, code: 0x4018_0000, data: 0x4019_0000, cases: 0x4020_0000 } as const;
export const CASE_BYTES = 320;
export const SAVED_BYTES = 320;
export const DATA_BYTES = 256;
/** Vector, ESR, hash. */
export const SUMMARY_BYTES = 13;

export interface SystemCase {
  /** What it is about, for the reader. */
  readonly about: string;
  readonly words: readonly number[];
  readonly pc: bigint;
  readonly spsr: number;
  readonly spEl0: bigint;
  readonly spEl1: bigint;
  readonly x: readonly bigint[];
}

/** Translation granule, and SCTLR_EL1 and TCR_EL1 in force for all cases of an image. */
export interface Regime {
  readonly granule: Granule;
  readonly sctlr: bigint;
  /** Without TG0 and TG1. */
  readonly tcr: bigint;
}

// ---- memory map ---------------------------------------------------------------------------------------------------

const VALID = 1n;
const TABLE = 3n;
const PAGE = 3n;
const AF = 1n << 10n;
const INNER = 3n << 8n;
const attribute = (n: number): bigint => BigInt(n) << 2n;
const device = attribute(0);
const normal = attribute(1) | INNER;
const nonCacheable = attribute(2);
/** AP[2:1] */
const el1Write = 0n << 6n;
const bothWrite = 1n << 6n;
const el1Read = 2n << 6n;
const bothRead = 3n << 6n;
const PXN = 1n << 53n;
const UXN = 1n << 54n;
const XN = PXN | UXN;
const GUARDED = 1n << 50n;
const DBM = 1n << 51n;
const APTable = (n: number): bigint => BigInt(n) << 61n;
const XNTable = 1n << 60n;
const PXNTable = 1n << 59n;

/** Outside the 40 bits of TCR_EL1.IPS. */
const TOO_FAR = 1n << 44n;

const code = BigInt(layout.code);
const data = BigInt(layout.data);

/** Level-3 descriptors by page of 0x8000_0000. */
export const lowPages: Readonly<Record<number, { readonly name: string; readonly descriptor: bigint }>> = {
  0: { name: 'code', descriptor: code | normal | bothRead | AF | PAGE },
  1: { name: 'guarded code', descriptor: code | normal | bothRead | AF | PAGE | GUARDED },
  2: { name: 'code, PXN', descriptor: code | normal | bothRead | AF | PAGE | PXN },
  3: { name: 'code, UXN', descriptor: code | normal | bothRead | AF | PAGE | UXN },
  4: { name: 'code of EL1', descriptor: code | normal | el1Read | AF | PAGE },
  5: { name: 'writable code', descriptor: code | normal | bothWrite | AF | PAGE },
  6: { name: 'code without AF', descriptor: code | normal | bothRead | PAGE },
  16: { name: 'data', descriptor: data | normal | bothWrite | AF | PAGE | XN },
  17: { name: 'data of EL1', descriptor: data | normal | el1Write | AF | PAGE | XN },
  18: { name: 'read-only data', descriptor: data | normal | bothRead | AF | PAGE | XN },
  19: { name: 'read-only data of EL1', descriptor: data | normal | el1Read | AF | PAGE | XN },
  20: { name: 'data without AF', descriptor: data | normal | bothWrite | PAGE | XN },
  22: { name: 'device', descriptor: data | device | bothWrite | AF | PAGE | XN },
  23: { name: 'non-cacheable data', descriptor: data | nonCacheable | bothWrite | AF | PAGE | XN },
  26: { name: 'read-only data, DBM', descriptor: data | normal | bothRead | AF | PAGE | XN | DBM },
  27: { name: 'reserved descriptor', descriptor: data | normal | bothWrite | AF | VALID | XN },
  28: { name: 'output too large', descriptor: data | TOO_FAR | normal | bothWrite | AF | PAGE | XN },
};
/** Level-2 descriptors by 2 MB of 0x8000_0000, given the table of its first 2 MB. */
const lowBlocks: Readonly<Record<number, (level3: bigint) => bigint>> = {
  1: () => 0x4000_0000n | normal | bothWrite | AF | VALID | XN,
  2: () => 0x4000_0000n | normal | el1Read | AF | VALID | XN,
  5: (level3) => level3 | TABLE | APTable(2),
  6: (level3) => level3 | TABLE | APTable(1),
  7: (level3) => level3 | TABLE | XNTable,
  8: (level3) => level3 | TABLE | PXNTable,
  9: () => (TOO_FAR + 0x4000_0000n) | normal | bothWrite | AF | VALID | XN,
  10: () => 0x4000_0000n | normal | bothWrite | VALID | XN,
};

export const lowBase = 0x8000_0000n;
export const highBase = 0xffff_0000_0000_0000n;

/** The page of Device memory. */
export const devicePage = lowBase + 22n * 4096n;
/** A page that both levels can execute. */
export const executable = (page: bigint): boolean => page === lowBase || page === lowBase + 4096n;

/** Addresses of pages worth accessing, with the page the data is at. */
export const dataPages: readonly bigint[] = [
  ...Object.keys(lowPages).map((n) => lowBase + BigInt(n) * 4096n),
  ...[21n, 29n].map((n) => lowBase + n * 4096n),
  ...[1n, 2n, 9n, 10n].map((n) => lowBase + n * 0x20_0000n + 0x19_0000n),
  ...[3n, 4n].map((n) => lowBase + n * 0x20_0000n),
  ...[5n, 6n, 7n, 8n].flatMap((n) => [0n, 16n, 17n, 18n, 19n].map((page) => lowBase + n * 0x20_0000n + page * 4096n)),
  0xc000_0000n,
  1n << 39n,
  1n << 48n,
  (1n << 52n) + lowBase,
  highBase,
  highBase + 4096n,
  highBase + 8192n,
  highBase + 3n * 4096n,
  highBase + (1n << 39n),
  ...[0n, 1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n].map((n) => lowBase + 0x2_0000n + n * 0x1_0000n),
  lowBase + 0x219_0000n,
  lowBase + 0x2019_0000n,
  highBase + 0x1_0000n,
  0xfffe_0000_0000_0000n,
  0x5500_0000_0000_0000n + lowBase + 16n * 4096n,
  0xaaff_0000_0000_0000n,
];

/** Kinds of pages of 64 KB from 0x8002_0000 on, for the larger granules: the same kinds as above. */
const widePages = [16, 17, 18, 19, 20, 23, 26, 28].map((n) => lowPages[n].descriptor);
const wideBase = lowBase + 0x2_0000n;
const WIDE = 0x1_0000n;

/** The granules' maps: 4 KB pages with every kind of page, table and block; 16 KB and 64 KB with the kinds of pages and a block. */
function writeTables(image: DataView, granule: Granule): { ttbr0: bigint; ttbr1: bigint } {
  const tables = new Tables(image, layout.load, layout.tables, granule);
  const low = tables.table();
  const high = tables.table();
  const ram = normal | el1Write | AF | VALID | UXN;
  const registers = device | el1Write | AF | VALID | XN;
  if (granule === '4K') {
    tables.block(low, 0n, 1, registers);
    tables.block(low, 0x4000_0000n, 1, 0x4000_0000n | ram);
    for (const [n, { descriptor }] of Object.entries(lowPages)) tables.block(low, lowBase + BigInt(n) * 4096n, 3, descriptor);
    const level3 = tables.next(low, lowBase, 2);
    for (const [n, make] of Object.entries(lowBlocks)) tables.block(low, lowBase + BigInt(n) * 0x20_0000n, 2, make(level3));
    [el1Write, el1Read, bothWrite].forEach((access, n) => {
      tables.block(high, highBase + BigInt(n) * 4096n, 3, data | normal | access | AF | PAGE | XN);
    });
  } else {
    const span = granule === '16K' ? 32n << 20n : 512n << 20n;
    const uart = 0x0900_0000n & ~(span - 1n);
    tables.block(low, uart, 2, uart | registers);
    for (let at = 0x4000_0000n; at < 0x4400_0000n; at += span) tables.block(low, at, 2, at | ram);
    const page = granule === '16K' ? 0x4000n : WIDE;
    tables.fill(low, lowBase, page, WIDE, code | normal | bothRead | AF | PAGE);
    tables.fill(low, lowBase + WIDE, page, WIDE, data | normal | bothWrite | AF | PAGE | XN);
    widePages.forEach((descriptor, n) => {
      tables.fill(low, wideBase + BigInt(n) * WIDE, page, WIDE, descriptor);
    });
    tables.block(low, lowBase + span, 2, 0x4000_0000n | normal | bothWrite | AF | VALID | XN);
    tables.fill(high, highBase, page, WIDE, data | normal | el1Write | AF | PAGE | XN);
    tables.fill(high, highBase + WIDE, page, WIDE, data | normal | bothRead | AF | PAGE | XN);
  }
  return { ttbr0: low, ttbr1: high };
}

// ---- image --------------------------------------------------------------------------------------------------------

const BRK_END = 0xd421ffe0;
const source = fileURLToPath(new URL('./guest.S', import.meta.url));
let program: ReturnType<typeof assemble> | undefined;

/** Where a case's instructions are written: the frame behind every code page, at the offset of its PC. */
const writtenAt = (pc: bigint): bigint => BigInt(layout.code) + (pc & 0xffcn);

/** The flat image for these cases. @param verbose reports of the whole state. */
export function buildImage(cases: readonly SystemCase[], regime: Regime, verbose: boolean): Uint8Array {
  program ??= assemble(readFileSync(source, 'utf8'), { file: 'guest.S', address: BigInt(layout.load) });
  const image = new Uint8Array(layout.cases - layout.load + (cases.length + 1) * CASE_BYTES);
  image.set(program.image);
  const view = new DataView(image.buffer);
  const symbol = (name: string): number => Number(program!.symbols.find((s) => s.name === name)!.address) - layout.load;
  const { ttbr0, ttbr1 } = writeTables(view, regime.granule);
  const [tg0, tg1] = { '4K': [0n, 2n], '16K': [2n, 1n], '64K': [1n, 3n] }[regime.granule];
  view.setBigUint64(symbol('tcr'), regime.tcr | (tg0 << 14n) | (tg1 << 30n), true);
  view.setBigUint64(symbol('sctlr'), regime.sctlr, true);
  view.setBigUint64(symbol('ttbr0'), ttbr0, true);
  view.setBigUint64(symbol('ttbr1'), ttbr1, true);
  for (let offset = 0; offset < 4096; offset += 4) view.setUint32(layout.code - layout.load + offset, BRK_END, true);
  cases.forEach((c, n) => {
    const start = layout.cases - layout.load + n * CASE_BYTES;
    const put = (offset: number, value: bigint): void => view.setBigUint64(start + offset, BigInt.asUintN(64, value), true);
    view.setUint32(start, verbose ? 1 : 0, true);
    [0, 1, 2].forEach((k) => {
      view.setUint32(start + 8 + 4 * k, c.words[k] ?? BRK_END, true);
    });
    put(24, writtenAt(c.pc));
    put(32, c.pc);
    put(40, BigInt(c.spsr >>> 0));
    put(48, c.spEl0);
    put(56, c.spEl1);
    c.x.forEach((value, r) => {
      put(64 + 8 * r, value);
    });
  });
  view.setUint32(layout.cases - layout.load + cases.length * CASE_BYTES, 0xffffffff, true);
  return image;
}
