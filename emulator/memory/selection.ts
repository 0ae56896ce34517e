import { systemRegisterSlot } from '../isa/registers/index.ts';
import { slots } from '../translate/layout.ts';
import { PAN, UNPRIVILEGED } from './access.ts';
import { AddressSpace, SpaceNumbers } from './address-space.ts';
import { type RegimeConfiguration, regimeConfiguration } from './configuration.ts';
import { type Context, Contexts } from './context.ts';
import type { MmuFeatures } from './features.ts';
import { MainTlb } from './main-tlb.ts';
import { MAX_CONFIGURATIONS, type PhysicalMemory } from './physical-memory.ts';
import type { Stage2 } from './stage2.ts';

/** What the MMU reads of a vCPU (`emulator/cpu/state.ts`). */
export interface RegisterState {
  low(slot: number): number;
  setWords(slot: number, low: number, high: number): void;
  systemLow(slot: number): number;
  systemHigh(slot: number): number;
  system(slot: number): bigint;
}

/** Bits that translation depends on; the others (interrupt and trap controls) change all the time. */
const HCR_LOW = (1 << 0) | (1 << 2) | (1 << 12) | (1 << 27);
const HCR_HIGH = (1 << 0) | (1 << 1) | (1 << 2) | (1 << 14);
const SCTLR_LOW = (1 << 0) | (1 << 1) | (1 << 2) | (1 << 6) | (1 << 12) | (1 << 19) | (1 << 25);
const SCTLR_HIGH = 1 << 25;

const PSTATE_PAN = 1 << 22;
const PSTATE_UAO = 1 << 23;
/** Address spaces kept at most. */
const MAX_SPACES = 96;

/**
 * Which translation context is in force: configuration, address space and TLBs, chosen by a vCPU's registers; and everything that is cached,
 * to be dropped together.
 */
export class ContextSelection {
  readonly contexts: Contexts;
  readonly tlb: MainTlb;
  /** The context of the vCPU that runs, and the one its LDTR/STTR use. */
  current: Context | undefined;
  unprivileged: Context | undefined;
  private readonly spaces: AddressSpace[] = [];
  private readonly numbers = new SpaceNumbers();
  private readonly configurations: RegimeConfiguration[] = [];
  private readonly configurationWords: Int32Array[] = [];
  private configurationCount = 0;
  private readonly stage2Spaces = new Map<string, number>();
  private readonly registers = new Int32Array(12);
  private configuration: RegimeConfiguration | undefined;
  private space: AddressSpace | undefined;
  private clock = 0;
  private readonly slots = {
    SCTLR: systemRegisterSlot('SCTLR_EL1'),
    TCR: systemRegisterSlot('TCR_EL1'),
    MAIR: systemRegisterSlot('MAIR_EL1'),
    TTBR0: systemRegisterSlot('TTBR0_EL1'),
    TTBR1: systemRegisterSlot('TTBR1_EL1'),
    HCR: systemRegisterSlot('HCR_EL2'),
    VTCR: systemRegisterSlot('VTCR_EL2'),
    VTTBR: systemRegisterSlot('VTTBR_EL2'),
  };

  constructor(
    physical: PhysicalMemory,
    private readonly features: MmuFeatures,
    readonly stage2: Stage2,
  ) {
    this.contexts = new Contexts(physical);
    this.tlb = new MainTlb(physical.mainTlbWords);
  }

  /**
   * Makes the TLBs of the state's current translation context those that generated code looks up. To be called after every change of PSTATE.EL, PAN, UAO
   * or a register of the EL1&0 regime (SCTLR, TCR, MAIR, TTBRn, HCR, VTCR, VTTBR), and when another vCPU is loaded. Cheap where nothing changed.
   */
  switchContext(state: RegisterState): void {
    const space = this.spaceOf(state);
    const pstate = state.low(slots.pstate);
    const user = (pstate & 0xc) === 0;
    const privilege = user ? UNPRIVILEGED : (pstate & PSTATE_PAN) !== 0 ? PAN : 0;
    let current = this.current;
    if (current === undefined || current.space !== space || current.privilege !== privilege) {
      current = this.contexts.get(space, privilege);
      this.current = current;
    }
    let unprivileged = current;
    if (!user && (pstate & PSTATE_UAO) === 0) {
      const known = this.unprivileged;
      if (known !== undefined && known.space === space && known.privilege === UNPRIVILEGED) unprivileged = known;
      else {
        this.contexts.touch(current);
        unprivileged = this.contexts.get(space, UNPRIVILEGED);
      }
    }
    this.unprivileged = unprivileged;
    state.setWords(slots.dataTlb, current.dataTlb, 0);
    state.setWords(slots.fetchTlb, current.fetchTlb, 0);
    state.setWords(slots.unprivilegedTlb, unprivileged.dataTlb, 0);
  }

  /** The address space that a state's registers select. */
  spaceOf(state: RegisterState): AddressSpace {
    const configuration = this.configurationOf(state);
    const { TTBR0, TTBR1 } = this.slots;
    const ttbr0Low = state.systemLow(TTBR0);
    const ttbr0High = state.systemHigh(TTBR0);
    const ttbr1Low = state.systemLow(TTBR1);
    const ttbr1High = state.systemHigh(TTBR1);
    const last = this.space;
    if (last?.is(configuration, ttbr0Low, ttbr0High, ttbr1Low, ttbr1High)) return last;
    for (let i = 0; i < this.spaces.length; i++) {
      const space = this.spaces[i]!;
      if (space.is(configuration, ttbr0Low, ttbr0High, ttbr1Low, ttbr1High)) {
        space.used = ++this.clock;
        this.space = space;
        return space;
      }
    }
    const space = new AddressSpace(configuration, ttbr0Low, ttbr0High, ttbr1Low, ttbr1High);
    return this.enterSpace(space);
  }

  private enterSpace(space: AddressSpace): AddressSpace {
    if (this.spaces.length >= MAX_SPACES) {
      const inUse = this.current?.space;
      const oldest = this.spaces.reduce((a, b) => (a === inUse || (b !== inUse && b.used < a.used) ? b : a));
      this.contexts.release(oldest);
      this.spaces.splice(this.spaces.indexOf(oldest), 1);
    }
    space.used = ++this.clock;
    this.spaces.push(space);
    if (!this.numbers.number(space)) this.invalidateAll();
    space.stage2Space = this.stage2SpaceOf(space.configuration);
    this.space = space;
    return space;
  }

  private stage2SpaceOf(configuration: RegimeConfiguration): number {
    const { HCR, VTCR, VTTBR } = configuration.registers;
    const key = `${HCR}:${VTCR}:${VTTBR}`;
    let space = this.stage2Spaces.get(key);
    if (space === undefined) {
      space = this.stage2.newSpace();
      this.stage2Spaces.set(key, space);
    }
    return space;
  }

  private configurationOf(state: RegisterState): RegimeConfiguration {
    const { SCTLR, TCR, MAIR, HCR, VTCR, VTTBR } = this.slots;
    const now = this.registers;
    const sctlrLow = state.systemLow(SCTLR) & SCTLR_LOW;
    const sctlrHigh = state.systemHigh(SCTLR) & SCTLR_HIGH;
    const tcrLow = state.systemLow(TCR);
    const tcrHigh = state.systemHigh(TCR);
    const mairLow = state.systemLow(MAIR);
    const mairHigh = state.systemHigh(MAIR);
    const hcrLow = state.systemLow(HCR) & HCR_LOW;
    const hcrHigh = state.systemHigh(HCR) & HCR_HIGH;
    const vtcrLow = state.systemLow(VTCR);
    const vtcrHigh = state.systemHigh(VTCR);
    const vttbrLow = state.systemLow(VTTBR);
    const vttbrHigh = state.systemHigh(VTTBR);
    if (
      this.configuration !== undefined &&
      now[0] === sctlrLow &&
      now[1] === sctlrHigh &&
      now[2] === tcrLow &&
      now[3] === tcrHigh &&
      now[4] === mairLow &&
      now[5] === mairHigh &&
      now[6] === hcrLow &&
      now[7] === hcrHigh &&
      now[8] === vtcrLow &&
      now[9] === vtcrHigh &&
      now[10] === vttbrLow &&
      now[11] === vttbrHigh
    )
      return this.configuration;
    now.set([sctlrLow, sctlrHigh, tcrLow, tcrHigh, mairLow, mairHigh, hcrLow, hcrHigh, vtcrLow, vtcrHigh, vttbrLow, vttbrHigh]);
    for (let i = 0; i < this.configurations.length; i++) {
      if (this.configurationWords[i]!.every((word, n) => word === now[n])) {
        this.configuration = this.configurations[i]!;
        return this.configuration;
      }
    }
    if (this.configurations.length >= MAX_CONFIGURATIONS) this.forgetConfigurations();
    const wide = (n: number): bigint => (BigInt(now[n + 1]! >>> 0) << 32n) | BigInt(now[n]! >>> 0);
    const registers = { SCTLR: wide(0), TCR: wide(2), MAIR: wide(4), HCR: wide(6), VTCR: wide(8), VTTBR: wide(10) };
    this.configuration = regimeConfiguration(++this.configurationCount, registers, this.features);
    this.configurations.push(this.configuration);
    this.configurationWords.push(now.slice());
    return this.configuration;
  }

  private forgetConfigurations(): void {
    this.configurations.length = 0;
    this.configurationWords.length = 0;
    for (const space of this.spaces) this.contexts.release(space);
    this.spaces.length = 0;
    this.space = undefined;
    this.current = undefined;
    this.unprivileged = undefined;
    this.invalidateAll();
  }

  /** Drops every translation, both stages. */
  invalidateAll(): void {
    this.stage2.flush();
    this.numbers.restart();
    this.invalidateStage1();
    for (const space of this.spaces) this.numbers.number(space);
    this.contexts.renumbered();
  }

  /** Drops every translation but what stage 2 alone cached. */
  invalidateStage1(): void {
    this.tlb.flush();
    this.contexts.flushAll();
  }

  /** Drops the translations of an ASID that are not global. */
  invalidateAsid(asid: number): void {
    this.numbers.retire(asid);
    this.contexts.flushAsid(asid);
    for (const space of this.spaces) {
      if (space.asid !== asid || this.numbers.number(space)) continue;
      this.invalidateAll();
      return;
    }
    this.contexts.renumbered();
  }
}
