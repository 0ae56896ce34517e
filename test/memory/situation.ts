import { systemRegisterSlot } from '../../emulator/isa/registers/index.ts';
import type { FaultingAccess, FaultType } from '../../emulator/memory/fault.ts';
import type { MmuFeatures } from '../../emulator/memory/features.ts';
import { Mmu } from '../../emulator/memory/mmu.ts';
import { HOST_DRAM_BASE, PhysicalMemory } from '../../emulator/memory/physical-memory.ts';
import { access as accessBits, dataTlbEntry, slots } from '../../emulator/translate/layout.ts';
import { AF, type Geometry, INNER_SHAREABLE, inMemory, memAttr, s2ap, type TableSpace, Tables } from './tables.ts';

/** Everything offered. */
export const allFeatures: MmuFeatures = {
  paBits: 48,
  asidBits: 16,
  vmidBits: 16,
  granules: new Set([12, 14, 16]),
  stage2Granules: new Set([12, 14, 16]),
  accessFlagUpdate: true,
  dirtyStateUpdate: true,
  hierarchicalDisable: true,
  pan: true,
  epan: true,
  uao: true,
  xnx: true,
  fwb: true,
  e0pd: true,
  smallTables: true,
  lse2: true,
  tbid: true,
  bti: true,
};

/** Registers without a processor. */
export class Registers {
  private readonly words = new Int32Array(8192);

  low(slot: number): number {
    return this.words[slot * 2]!;
  }
  setWords(slot: number, low: number, high: number): void {
    this.words[slot * 2] = low;
    this.words[slot * 2 + 1] = high;
  }
  systemLow(slot: number): number {
    return this.words[2048 + slot * 2]!;
  }
  systemHigh(slot: number): number {
    return this.words[2048 + slot * 2 + 1]!;
  }
  system(slot: number): bigint {
    return (BigInt(this.systemHigh(slot) >>> 0) << 32n) | BigInt(this.systemLow(slot) >>> 0);
  }
  set(name: string, value: bigint): void {
    const slot = systemRegisterSlot(name);
    this.words[2048 + slot * 2] = Number(BigInt.asIntN(32, value));
    this.words[2048 + slot * 2 + 1] = Number(BigInt.asIntN(32, value >> 32n));
  }
  get(name: string): bigint {
    return this.system(systemRegisterSlot(name));
  }
}

/** A fault as a test compares it. */
export interface SeenFault {
  readonly type: FaultType;
  readonly access: FaultingAccess;
  readonly stage: 1 | 2;
  readonly level: number;
  readonly s1ptw: boolean;
  readonly walk: boolean;
  readonly write: boolean;
  readonly va: bigint;
  readonly ipa: number;
}

export interface SituationOptions {
  readonly features?: Partial<MmuFeatures>;
  readonly stage1?: Partial<Geometry>;
  /** Stage 2 with this geometry; off without. */
  readonly stage2?: Geometry;
  readonly tcr?: bigint;
  readonly sctlr?: bigint;
  readonly hcr?: bigint;
  readonly vtcr?: bigint;
}

const TG0: Readonly<Record<number, bigint>> = { 12: 0n, 14: 2n, 16: 1n };
const TG1: Readonly<Record<number, bigint>> = { 12: 2n, 14: 1n, 16: 3n };
/** VTCR_EL2.SL0 by granule and start level. */
const SL0: Readonly<Record<number, Readonly<Record<number, bigint>>>> = {
  12: { 0: 2n, 1: 1n, 2: 0n, 3: 3n },
  14: { 1: 2n, 2: 1n, 3: 0n },
  16: { 1: 2n, 2: 1n, 3: 0n },
};
/** Guest RAM begins here in IPA space. */
export const RAM = 0x4000_0000n;
const RAM_BYTES = 8 * 1024 * 1024;
/** AttrIndx: 0 Normal Write-Back, 1 Device-nGnRnE, 2 Normal Non-cacheable, 3 Device-GRE. */
export const MAIR = 0x0c_44_00_ffn;
export const EL1H = 5;
export const EL0T = 0;

/** A guest with stage 1 tables (both VA ranges) and, where asked for, stage 2 tables, over a small memory. */
export class Situation {
  readonly physical = new PhysicalMemory({ dramBytes: 32 * 1024 * 1024, vcpus: 1, codeBytes: 64 * 1024, contexts: 8 });
  readonly registers = new Registers();
  readonly mmu: Mmu;
  readonly lower: Tables;
  readonly upper: Tables;
  readonly second: Tables | undefined;
  /** Host address of guest RAM. */
  readonly ramHost: number;
  readonly code = new Set<number>();
  readonly codeWritten: number[] = [];
  private last: SeenFault | undefined;
  private nextTable = RAM;

  constructor(readonly options: SituationOptions = {}) {
    this.mmu = new Mmu(
      this.physical,
      { ...allFeatures, ...options.features },
      {
        fault: (fault) => {
          this.last = this.see(fault);
        },
      },
      {
        hasBreakpoint: () => false,
        recordsOf: (hostPage) => {
          this.code.add(hostPage);
          return 0x7000_0000 + hostPage;
        },
        holdsCode: (hostPage) => this.code.has(hostPage),
        written: (host) => this.codeWritten.push(host),
      },
    );
    this.ramHost = this.physical.allocate(RAM_BYTES, 2 * 1024 * 1024);
    const stage1: Geometry = { granule: 12, iaBits: 48, startLevel: 0, ...options.stage1 };
    const tables: TableSpace = {
      allocate: (bytes) => {
        const size = BigInt(bytes);
        const address = ((this.nextTable + size - 1n) / size) * size;
        this.nextTable = address + size;
        return options.stage2 ? address : BigInt(this.hostOf(address)) + BigInt(HOST_DRAM_BASE);
      },
      host: (address) => (options.stage2 ? this.hostOf(address) : Number(address) - HOST_DRAM_BASE),
    };
    const store = inMemory(this.physical.memory);
    this.lower = new Tables(store, tables, stage1);
    this.upper = new Tables(store, tables, stage1);
    if (options.stage2) {
      this.second = new Tables(
        store,
        {
          allocate: (bytes) => BigInt(this.physical.allocate(bytes, Math.max(bytes, 4096))) + BigInt(HOST_DRAM_BASE),
          host: (pa) => Number(pa) - HOST_DRAM_BASE,
        },
        options.stage2,
      );
      this.mapRam();
    }
    const { registers } = this;
    const tsz = BigInt(64 - stage1.iaBits);
    registers.set(
      'TCR_EL1',
      tsz | (TG0[stage1.granule]! << 14n) | (tsz << 16n) | (TG1[stage1.granule]! << 30n) | (5n << 32n) | (options.tcr ?? 0n),
    );
    registers.set('MAIR_EL1', MAIR);
    registers.set('SCTLR_EL1', 1n | (1n << 2n) | (1n << 12n) | (options.sctlr ?? 0n));
    registers.set('TTBR0_EL1', this.lower.root);
    registers.set('TTBR1_EL1', this.upper.root);
    registers.set('HCR_EL2', (options.stage2 ? 1n : 0n) | (options.hcr ?? 0n));
    if (options.stage2 && this.second) {
      const { granule, iaBits, startLevel } = options.stage2;
      const vtcr = BigInt(64 - iaBits) | (SL0[granule]![startLevel]! << 6n) | (TG0[granule]! << 14n) | (5n << 16n) | (1n << 31n);
      registers.set('VTCR_EL2', vtcr | (options.vtcr ?? 0n));
      registers.set('VTTBR_EL2', (1n << 48n) | this.second.root);
    }
    this.at(EL1H);
  }

  /** Identity-like stage 2 for RAM, page by page. */
  private mapRam(): void {
    const step = 2n ** BigInt(this.options.stage2!.granule);
    for (let offset = 0n; offset < BigInt(RAM_BYTES); offset += step)
      this.second!.map(RAM + offset, this.pa(RAM + offset), memAttr(15) | s2ap(3) | AF | INNER_SHAREABLE);
  }

  /** Host address of guest RAM at an IPA. */
  hostOf(ipa: bigint): number {
    return this.ramHost + Number(ipa - RAM);
  }

  /** Physical address of guest RAM at an IPA. */
  pa(ipa: bigint): bigint {
    return BigInt(HOST_DRAM_BASE) + BigInt(this.hostOf(ipa));
  }

  /** What a stage 1 descriptor names for guest RAM at this offset: IPA, or PA where stage 2 is off. */
  ram(offset: bigint): bigint {
    return this.options.stage2 ? RAM + offset : this.pa(RAM + offset);
  }

  /** Enters a mode; `pstate`: further PSTATE bits. */
  at(mode: number, pstate = 0): this {
    this.registers.setWords(slots.pstate, mode | pstate, 0);
    this.mmu.switchContext(this.registers);
    return this;
  }

  set(name: string, value: bigint): this {
    this.registers.set(name, value);
    this.mmu.switchContext(this.registers);
    return this;
  }

  /** Host address an access gets, or its fault. */
  access(va: bigint, flags: number): number | SeenFault {
    this.last = undefined;
    const host = this.mmu.access(Number(BigInt.asIntN(32, va)), Number(BigInt.asIntN(32, va >> 32n)), flags);
    return host === 0 ? this.last! : host;
  }

  read(va: bigint, bytes = 8): number | SeenFault {
    return this.access(va, bytes | (bytes << accessBits.alignShift));
  }

  write(va: bigint, bytes = 8): number | SeenFault {
    return this.access(va, bytes | (bytes << accessBits.alignShift) | accessBits.write);
  }

  fetch(va: bigint): number | SeenFault {
    this.last = undefined;
    const records = this.mmu.fetch(Number(BigInt.asIntN(32, va)), Number(BigInt.asIntN(32, va >> 32n)));
    return records === 0 ? this.last! : records - 0x7000_0000;
  }

  /** Whether generated code would find the page in its data TLB. */
  hits(va: bigint, kind: 'read' | 'write', tlb: number = slots.dataTlb): boolean {
    const entry = this.registers.low(tlb) + Number(BigInt.asUintN(10, va >> 12n)) * 32 + dataTlbEntry[kind];
    return new DataView(this.physical.memory.buffer).getBigInt64(entry, true) === BigInt.asIntN(64, va & ~0xfffn);
  }

  see(fault: SeenFault): SeenFault {
    const { type, access, stage, level, s1ptw, walk, write, va, ipa } = fault;
    return { type, access, stage, level, s1ptw, walk, write, va, ipa };
  }
}

/** The parts of a fault that most rows are about. */
export function brief(result: number | SeenFault): string {
  if (typeof result === 'number') return 'ok';
  const { type, stage, level, s1ptw, walk } = result;
  const where = `${s1ptw ? ' s1ptw' : ''}${walk ? ' walk' : ''}`;
  return type === 'alignment'
    ? 'alignment'
    : type === 'external abort' && !walk
      ? 'external abort'
      : `stage ${stage} ${type} ${level}${where}`;
}
