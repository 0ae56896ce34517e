import type { MmuFeatures } from '../../../emulator/memory/features.ts';
import { allFeatures } from '../situation.ts';
import { type DescriptorStore, type Geometry, Tables } from '../tables.ts';

/** The registers of one case, in the order the program under the oracle expects them. */
export const registerNames = ['SCTLR_EL1', 'TCR_EL1', 'MAIR_EL1', 'TTBR0_EL1', 'TTBR1_EL1', 'HCR_EL2', 'VTCR_EL2', 'VTTBR_EL2'] as const;
/** AT operations by the number in a query. */
export const operations = ['S1E1R', 'S1E1W', 'S1E0R', 'S1E0W', 'S12E1R', 'S12E1W', 'S12E0R', 'S12E0W'] as const;

export interface OracleCase {
  readonly registers: readonly bigint[];
  /** Descriptors by physical address; all else in the window is zero. */
  readonly writes: ReadonlyMap<number, bigint>;
  readonly queries: readonly { readonly va: bigint; readonly operation: number }[];
}

/** Bytes of physical memory that a case uses. */
export const WINDOW_BYTES = 4 * 1024 * 1024;
/** Where guest tables are in IPA space while stage 2 is on. */
const IPA = 0x4000_0000n;

/** What the oracle's processors offer, as far as the cases use it. */
export const processors: Readonly<Record<'cortex-a57' | 'max', MmuFeatures>> = {
  'cortex-a57': {
    ...{ paBits: 44, asidBits: 16, vmidBits: 8, granules: new Set([12, 16]), stage2Granules: new Set([12, 16]) },
    ...{ accessFlagUpdate: false, dirtyStateUpdate: false, hierarchicalDisable: false, pan: false, epan: false, uao: false },
    ...{ xnx: false, fwb: false, e0pd: false, smallTables: false, lse2: false, tbid: false, bti: false },
  },
  max: { ...allFeatures, epan: false },
};

/** A small deterministic generator of random numbers (mulberry32). */
export class Random {
  constructor(private state: number) {}

  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  }

  below(n: number): number {
    return this.next() % n;
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!;
  }

  bits(width: number): bigint {
    const wide = (BigInt(this.next()) << 32n) | BigInt(this.next());
    return BigInt.asUintN(width, wide);
  }
}

const withoutReservedSh = (low: bigint): bigint => (((low >> 8n) & 3n) === 1n ? low | (3n << 8n) : low);

/**
 * Defined MAIR bytes; the reserved ones give UNPREDICTABLE attributes, 0xf0 is tagged memory.
 * @param transient Whether to use the transient types: QEMU 7.2 forgets the hint where stage 2 makes them Write-Through.
 */
function mairByte(random: Random, transient: boolean): bigint {
  if (random.chance(40)) return BigInt(random.below(2) << 2);
  const nibbles = [4, 8, 9, 10, 11, 12, 13, 14, 15, ...(transient ? [1, 2, 3, 5, 6, 7] : [])];
  const outer = random.pick(nibbles);
  const inner = random.pick(nibbles);
  return BigInt((outer << 4) | inner);
}

function stage1Geometry(random: Random, features: MmuFeatures): Geometry {
  const granule = random.pick([...features.granules]) as 12 | 14 | 16;
  const iaBits = random.chance(60) ? 48 : 25 + random.below(24);
  return { granule, iaBits, startLevel: 3 - Math.floor((iaBits - 1 - granule) / (granule - 3)) };
}

const startLevels: Readonly<Record<number, readonly number[]>> = { 12: [0, 1, 2], 14: [1, 2, 3], 16: [1, 2, 3] };
const sl0: Readonly<Record<number, Readonly<Record<number, bigint>>>> = {
  12: { 0: 2n, 1: 1n, 2: 0n },
  14: { 1: 2n, 2: 1n, 3: 0n },
  16: { 1: 2n, 2: 1n, 3: 0n },
};

function stage2Geometry(random: Random, features: MmuFeatures): Geometry {
  for (;;) {
    const granule = random.pick([...features.stage2Granules]) as 12 | 14 | 16;
    const startLevel = random.pick(startLevels[granule]!);
    const stride = granule - 3;
    const shift = granule + stride * (3 - startLevel);
    const iaBits = shift + 1 + random.below(stride + 4);
    if (iaBits >= 32 && iaBits <= Math.min(features.paBits, 48)) return { granule, iaBits, startLevel };
  }
}

const tg0: Readonly<Record<number, bigint>> = { 12: 0n, 14: 2n, 16: 1n };
const tg1: Readonly<Record<number, bigint>> = { 12: 2n, 14: 1n, 16: 3n };

/**
 * MemAttr of an output. Reserved encodings are left out, and what QEMU 7.2 combines otherwise than the architecture: two kinds of Device (without FWB it
 * compares the kind with the nibble of Normal memory, with FWB the kind of stage 2 always wins), and bit 3 with FWB (ignored; QEMU: reserved).
 */
const stage2Type = (random: Random, fwb: boolean): bigint =>
  random.pick(fwb ? [0n, 5n, 6n, 7n] : [15n, 15n, 0n, 1n, 5n, 6n, 7n, 9n, 10n, 11n, 13n, 14n]);

/** VTCR_EL2.PS: QEMU faults where it is smaller than the input or than what the start level needs; the architecture asks that of the physical address size. */
function outputSize(random: Random, { granule, iaBits, startLevel }: Geometry): bigint {
  const needed = startLevel === 0 || (granule === 16 && startLevel === 1) ? 44 : granule === 14 && startLevel === 1 ? 42 : 32;
  return random.pick([2n, 3n, 4n, 5n].filter((ps) => [32, 36, 40, 42, 44, 48][Number(ps)]! >= Math.max(iaBits, needed)));
}

/**
 * A random case: both ranges of stage 1 and most often stage 2, with every kind of descriptor, and queries near what is mapped.
 * @param base Physical address of its memory: descriptors of tables depend on it, results do not.
 */
export function oracleCase(seed: number, features: MmuFeatures, base: number): OracleCase {
  const random = new Random(seed);
  const writes = new Map<number, bigint>();
  const store: DescriptorStore = { read: (slot) => writes.get(slot) ?? 0n, write: (slot, descriptor) => writes.set(slot, descriptor) };
  const flag = (percent: number, bit: number): bigint => (random.chance(percent) ? 1n << BigInt(bit) : 0n);
  let used = 0n;
  const take = (bytes: number): bigint => {
    const size = BigInt(Math.max(bytes, 4096));
    const offset = ((used + size - 1n) / size) * size;
    used = offset + size;
    if (used > BigInt(WINDOW_BYTES)) throw new RangeError('the case does not fit its window');
    return offset;
  };
  const within = (offset: bigint): number => {
    if (offset < 0n || offset >= BigInt(WINDOW_BYTES)) throw new RangeError('a table outside the window');
    return base + Number(offset);
  };
  const stage2 = random.chance(70);
  const second = stage2Geometry(random, features);
  const physical = BigInt(base);
  const pages: bigint[] = [];
  const guest = {
    allocate: (bytes: number): bigint => {
      const offset = take(bytes);
      for (let at = offset & ~0xfffn; at < offset + BigInt(bytes); at += 4096n) pages.push(at);
      return (stage2 ? IPA : physical) + offset;
    },
    host: (address: bigint): number => within(address - (stage2 ? IPA : physical)),
  };
  const [lowerGeometry, upperGeometry] = [stage1Geometry(random, features), stage1Geometry(random, features)];
  const [lower, upper] = [new Tables(store, guest, lowerGeometry), new Tables(store, guest, upperGeometry)];
  const vas: bigint[] = [];
  const outputs: bigint[] = [];
  for (const [tables, top] of [
    [lower, 0n],
    [upper, -1n],
  ] as const) {
    const { granule, iaBits, startLevel } = tables.geometry;
    // A few neighbourhoods, so that tables are shared and stay few.
    const regions = [random.bits(iaBits), random.bits(iaBits)];
    for (let n = 0; n < 10; n++) {
      const near =
        random.pick(regions) ^ (random.bits(4) << BigInt(granule)) ^ (random.bits(2) << BigInt(tables.shift(Math.max(startLevel, 2))));
      const va = BigInt.asUintN(iaBits, near);
      vas.push(BigInt.asUintN(64, top === 0n ? va : (top << BigInt(iaBits)) | va));
      // QEMU 7.2 takes a block where the architecture has none for a block.
      const level = Math.max(startLevel, granule === 12 ? 1 : 2, random.chance(65) ? 3 : random.below(4));
      const hierarchical = random.chance(30) ? random.bits(4) << 59n : 0n;
      let slot: number;
      try {
        slot = tables.slot(va, level, hierarchical);
      } catch {
        continue;
      }
      const kind = random.below(100);
      if (kind < 6) store.write(slot, random.bits(64) & ~1n);
      else if (kind < 9) store.write(slot, 0x0f00_0000n | (level === 3 ? 1n : 3n));
      else {
        const size = 1n << BigInt(tables.shift(level));
        const wide = random.chance(10) ? 48 : 36;
        const output = random.bits(wide) & ~(size - 1n) & 0xffff_ffff_f000n & ~((1n << BigInt(granule)) - 1n);
        outputs.push(output);
        // AF nearly always, or little else would be seen; NS and the rest at random.
        // SH = 0b01 is reserved.
        const low = withoutReservedSh((random.bits(10) << 2n) & ~(1n << 10n));
        const high = random.chance(50) ? random.bits(5) << 50n : random.bits(2) << 53n;
        store.write(slot, output | low | high | flag(90, 10) | (level === 3 ? 3n : 1n));
      }
    }
  }
  const fwb = features.fwb && stage2 && random.chance(40);
  let [vtcr, vttbr] = [0n, 0n];
  const twoStage: Tables | undefined = stage2
    ? new Tables(store, { allocate: (bytes) => physical + take(bytes), host: (address) => within(address - physical) }, second)
    : undefined;
  if (twoStage) {
    const { granule, iaBits, startLevel } = second;
    const mask = (1n << BigInt(granule)) - 1n;
    const good = (percent: number): bigint => (random.chance(percent) ? 0xfn : random.bits(4)) << 2n;
    for (const page of new Set(pages.map((at) => (IPA + at) & ~mask))) {
      if (random.chance(2)) continue;
      const rights = random.chance(96) ? 3n : random.bits(2);
      twoStage.map(page, physical + (page - IPA), good(94) | (rights << 6n) | (3n << 8n) | flag(97, 10), 3);
    }
    for (const output of outputs) {
      if (output >= 1n << BigInt(iaBits) || random.chance(10)) continue;
      const level = Math.max(startLevel, random.chance(70) ? 3 : 2);
      const size = 1n << BigInt(twoStage.shift(level));
      let slot: number;
      try {
        slot = twoStage.slot(output, level);
      } catch {
        continue;
      }
      if ((store.read(slot) & 1n) !== 0n) continue;
      const target = (random.bits(random.chance(8) ? 48 : 38) & ~(size - 1n) & 0xffff_ffff_f000n & ~mask) | (level === 3 ? 3n : 1n);
      const plain = stage2Type(random, fwb);
      store.write(
        slot,
        target |
          (plain << 2n) |
          ((random.chance(50) ? 3n : random.bits(2)) << 6n) |
          withoutReservedSh(random.bits(2) << 8n) |
          flag(92, 10) |
          (random.bits(2) << 53n) |
          flag(15, 51),
      );
    }
    const t0sz = random.chance(4) ? BigInt(Math.max(64 - iaBits, 16 + random.below(24))) : BigInt(64 - iaBits);
    vtcr =
      t0sz |
      (sl0[granule]![startLevel]! << 6n) |
      (tg0[granule]! << 14n) |
      (outputSize(random, second) << 16n) |
      flag(30, 21) |
      flag(30, 22) |
      (1n << 31n);
    vttbr = twoStage.root | (1n << 48n);
  }
  // Without stage 2 the tables are where the memory is, which differs: 40 bits reach it anywhere.
  const ips = random.chance(70) ? 5n : BigInt(stage2 ? random.below(5) : 2 + random.below(3));
  const tcr =
    BigInt(64 - lowerGeometry.iaBits) |
    (tg0[lowerGeometry.granule]! << 14n) |
    (BigInt(64 - upperGeometry.iaBits) << 16n) |
    (tg1[upperGeometry.granule]! << 30n) |
    (ips << 32n) |
    flag(4, 7) |
    flag(4, 23) |
    flag(30, 37) |
    flag(30, 38) |
    flag(30, 39) |
    flag(30, 40) |
    (features.hierarchicalDisable ? flag(20, 41) | flag(20, 42) : 0n) |
    flag(5, 55) |
    flag(5, 56);
  let mair = 0n;
  for (let n = 0n; n < 8n; n++) mair |= mairByte(random, !stage2 || fwb) << (8n * n);
  const hcr = (1n << 31n) | (stage2 ? 1n : 0n) | (stage2 ? flag(30, 2) : 0n) | (fwb ? 1n << 46n : 0n);
  const sctlr = 0x30d0_0800n | flag(94, 0) | (1n << 2n) | (1n << 12n) | flag(20, 19);
  const queries: { va: bigint; operation: number }[] = [];
  for (let n = 0; n < 48; n++) {
    let va = random.pick(vas) ^ random.bits(random.pick([3, 12, 12, 16, 21]));
    // Stage 1 off: the oracle's physical addresses may be wider.
    if ((sctlr & 1n) === 0n) va = random.chance(80) ? BigInt.asUintN(44, va) : va | (1n << 54n);
    if (random.chance(6)) va ^= random.bits(8) << 56n;
    if (random.chance(3) && (sctlr & 1n) !== 0n) va ^= 1n << BigInt(25 + random.below(38));
    queries.push({ va: BigInt.asUintN(64, va), operation: random.below(stage2 ? 8 : 4) });
  }
  return { registers: [sctlr, tcr, mair, lower.root, upper.root, hcr, vtcr, vttbr], writes, queries };
}
