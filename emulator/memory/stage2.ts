import { ACCESS_FLAG, DIRTY_BIT_MODIFIER, firstBlockLevel, S2AP1, TABLE_OR_PAGE, VALID } from '../isa/descriptor.ts';
import { stage2Cache } from '../translate/layout.ts';
import { DRY, MAINTENANCE, MISALIGNED, NO_DIRTY, neededRights, PROBE, READ, UNPRIVILEGED, WALK, WRITE, ZERO } from './access.ts';
import type { RegimeConfiguration } from './configuration.ts';
import { addressBits, clearHigh, clearLow } from './descriptor.ts';
import type { Fault, FaultType } from './fault.ts';
import type { FaultRule } from './fault-rules.ts';
import { stage2Rights } from './permissions.ts';
import { HOST_DRAM_BASE, type PhysicalMemory } from './physical-memory.ts';
import type { WalkObserver } from './walk-observer.ts';

const ENTRIES = stage2Cache.entries;
const ENTRY_WORDS = stage2Cache.entryBytes / 4;
const RIGHTS = 63;
/** The tags have 28 bits for it. */
const LAST_SPACE = 0xfff_ffff;

/** A leaf as the IPA cache keeps it. */
const leaf = stage2Cache.leaf;

/** Whether memory that stage 1 gives as Write-Back, or not, is so through stage 2. */
export function isWriteBackStage2(memAttr: number, fwb: boolean, first: boolean): boolean {
  if (!fwb) return first && memAttr === 15;
  return (memAttr & 7) === 6 || (first && (memAttr & 7) === 7);
}

/** The two words of a space's part of a tag. */
export const stage2TagLow = (space: number): number => space & 0xfff;
export const stage2TagHigh = (space: number): number => (space >>> 12) << 16;

/**
 * Stage 2 of the EL1&0 regime: walks of the tables at VTTBR_EL2, and a cache of their results by IPA page, so that a nested walk reads one word
 * a table and not five.
 */
export class Stage2 {
  /** Result: physical address of the byte asked for. */
  pa = 0;
  /** Result: rights, in the format of `permissions.ts`. */
  rights = RIGHTS;
  /** What decided `rights` at a walk: index into `stage2Rights`. */
  rightsIndex = 0;
  memAttr = 0;
  sh = 0;
  level = 0;
  /** Hardware may make it writable (DBM set, S2AP[1] clear): `rights` has no write. */
  clean = false;
  /** The leaf's Access flag is set. */
  accessed = true;
  observer: WalkObserver | undefined;
  /** Last space given out: entries of one space never match another's. */
  private space = 0;
  private readonly entries: Int32Array;
  private readonly words: Int32Array;

  constructor(
    private readonly physical: PhysicalMemory,
    private readonly fault: Fault,
  ) {
    this.words = physical.words;
    this.entries = physical.stage2Words;
  }

  /** Forgets every cached stage 2 translation. */
  flush(): void {
    this.entries.fill(0);
  }

  /** A space number for the entries of one stage 2 configuration. */
  newSpace(): number {
    if (this.space === LAST_SPACE) throw new RangeError('stage 2 has been configured in too many ways');
    return ++this.space;
  }

  /**
   * Translates an intermediate physical address; false: `fault` says why. Configuration with stage 2 off: flat.
   * @param space Of the configuration (`newSpace`).
   */
  translate(configuration: RegimeConfiguration, space: number, ipa: number, access: number): boolean {
    const parameters = configuration.stage2;
    if (!parameters.enabled) {
      this.pa = ipa;
      this.rights = RIGHTS;
      this.clean = false;
      this.accessed = true;
      return true;
    }
    const low = ipa >>> 0;
    const high = Math.floor(ipa / 0x1_0000_0000);
    const at = ((low >>> 12) & (ENTRIES - 1)) * ENTRY_WORDS;
    const entries = this.entries;
    if (
      entries[at] === ((low & ~0xfff) | stage2TagLow(space)) &&
      entries[at + 1] === (stage2TagHigh(space) | high) &&
      this.observer === undefined
    ) {
      const info = entries[at + 3]!;
      this.pa = HOST_DRAM_BASE + ((entries[at + 2]! >>> 0) + (low & 0xfff));
      this.rights = info & RIGHTS;
      this.memAttr = (info >>> leaf.memAttr) & 15;
      this.sh = (info >>> leaf.sh) & 3;
      this.level = (info >>> leaf.level) & 7;
      this.clean = (info & leaf.clean) !== 0;
      this.accessed = true;
      // Anything that faults or updates the descriptor goes through the tables.
      if ((access & PROBE) !== 0 || this.permitted(configuration, access)) return true;
    }
    return this.walk(configuration, space, low, high, ipa, access);
  }

  private permitted(configuration: RegimeConfiguration, access: number): boolean {
    const needed = (access & WALK) !== 0 ? access & (READ | WRITE) : neededRights(access);
    if ((needed & ~this.rights) !== 0) return false;
    if ((access & (WALK | MISALIGNED | ZERO)) === 0) return true;
    const device = (this.memAttr & (configuration.stage2.fwb ? 4 : 12)) === 0;
    return !device || ((access & WALK) !== 0 ? !configuration.stage2.protectedWalk : false);
  }

  private walk(configuration: RegimeConfiguration, space: number, low: number, high: number, ipa: number, access: number): boolean {
    const parameters = configuration.stage2;
    if (!parameters.valid) return this.fail('translation', 0, ipa, access, 'SL0');
    const { granule, iaBits } = parameters;
    if (ipa >= 2 ** iaBits) return this.fail('translation', 0, ipa, access, 'input size');
    const stride = granule - 3;
    const words = this.words;
    const observer = this.observer;
    let level = parameters.startLevel;
    let shift = granule + stride * (3 - level);
    let table = parameters.base;
    let indexBits = parameters.startIndexBits;
    if (table >= parameters.outputLimit) return this.fail('address size', 0, ipa, access, 'base address size');
    for (;;) {
      const address = table + addressBits(low, high, shift, indexBits) * 8;
      const host = this.physical.hostOf(address);
      if (host < 0) {
        this.fault.error.absent(address);
        return this.failExternal(level, ipa, access, 'nothing answers');
      }
      if ((access & PROBE) === 0) {
        const poison = this.physical.consumedByWalk(host, (access & DRY) !== 0);
        if (poison !== undefined) {
          this.fault.error.bad(address, poison);
          return this.failExternal(level, ipa, access, 'poison');
        }
      }
      const descriptorLow = words[host >>> 2]!;
      const descriptorHigh = words[(host >>> 2) + 1]!;
      observer?.descriptor(2, level, ipa, address, descriptorLow, descriptorHigh);
      if ((descriptorLow & VALID) === 0) return this.fail('translation', level, ipa, access, 'invalid descriptor');
      const output = clearHigh(descriptorHigh, granule) * 0x1_0000_0000;
      if (level < 3 && (descriptorLow & TABLE_OR_PAGE) !== 0) {
        table = output + clearLow(descriptorLow, granule);
        if (table >= parameters.outputLimit) return this.fail('address size', level, ipa, access, 'table address size');
        level++;
        shift -= stride;
        indexBits = stride;
        continue;
      }
      if (level === 3 ? (descriptorLow & TABLE_OR_PAGE) === 0 : level < firstBlockLevel(granule))
        return this.fail('translation', level, ipa, access, 'reserved descriptor');
      return this.leaf(configuration, space, level, shift, low, high, ipa, host, descriptorLow, descriptorHigh, access);
    }
  }

  private leaf(
    configuration: RegimeConfiguration,
    space: number,
    level: number,
    shift: number,
    low: number,
    high: number,
    ipa: number,
    host: number,
    descriptorLow: number,
    descriptorHigh: number,
    access: number,
  ): boolean {
    const parameters = configuration.stage2;
    const base = clearHigh(descriptorHigh, shift) * 0x1_0000_0000 + clearLow(descriptorLow, shift);
    const offsetLow = shift >= 32 ? low : low - clearLow(low, shift);
    const offsetHigh = shift > 32 ? high & ((1 << (shift - 32)) - 1) : 0;
    this.pa = base + offsetHigh * 0x1_0000_0000 + offsetLow;
    this.level = level;
    if (base >= parameters.outputLimit) return this.fail('address size', level, ipa, access, 'output address size');
    const accessFlag = (descriptorLow & ACCESS_FLAG) !== 0;
    this.accessed = accessFlag || parameters.accessFlagUpdate;
    if (!accessFlag && !parameters.accessFlagUpdate && (access & (PROBE | MAINTENANCE)) === 0)
      return this.fail('access flag', level, ipa, access, 'access flag');
    const never = parameters.xnx ? (descriptorHigh >>> 21) & 3 : (descriptorHigh >>> 21) & 2;
    const dirtyManaged = parameters.dirtyStateUpdate && (descriptorHigh & DIRTY_BIT_MODIFIER) !== 0;
    this.clean = dirtyManaged && (descriptorLow & S2AP1) === 0;
    this.rightsIndex = ((descriptorLow >>> 6) & (dirtyManaged ? 1 : 3)) | (dirtyManaged ? 2 : 0) | (never << 2);
    this.rights = stage2Rights[this.rightsIndex]!;
    this.memAttr = (descriptorLow >>> 2) & 15;
    this.sh = (descriptorLow >>> 8) & 3;
    if ((access & PROBE) !== 0) {
      this.dropWriteOfClean();
      return true;
    }
    const device = (this.memAttr & (parameters.fwb ? 4 : 12)) === 0;
    if (device && (access & (MISALIGNED | ZERO)) !== 0) return this.fail('alignment', level, ipa, access, 'device alignment');
    if (!this.permitted(configuration, access)) return this.failPermission(level, ipa, access);
    const dirty = this.clean && (access & WRITE) !== 0 && (access & NO_DIRTY) === 0;
    if ((!accessFlag || dirty) && (access & DRY) === 0) {
      if (accessFlag || parameters.accessFlagUpdate) this.words[host >>> 2] = descriptorLow | ACCESS_FLAG | (dirty ? S2AP1 : 0);
      if (dirty) this.clean = false;
    }
    this.dropWriteOfClean();
    if ((!accessFlag && !parameters.accessFlagUpdate) || (access & DRY) !== 0) return true;
    // Walks in generated code read tables that they find here from the cache.
    if (this.physical.cache !== undefined && !isWriteBackStage2(this.memAttr, parameters.fwb, true)) return true;
    const at = ((low >>> 12) & (ENTRIES - 1)) * ENTRY_WORDS;
    const hostPage = this.physical.hostOf(this.pa - (low & 0xfff));
    if (hostPage >= 0) {
      this.entries[at] = (low & ~0xfff) | stage2TagLow(space);
      this.entries[at + 1] = stage2TagHigh(space) | high;
      this.entries[at + 2] = hostPage;
      this.entries[at + 3] =
        this.rights | (this.memAttr << leaf.memAttr) | (this.sh << leaf.sh) | (level << leaf.level) | (this.clean ? leaf.clean : 0);
    }
    return true;
  }

  /** A clean page is written through the tables, so that its descriptor learns of it. */
  private dropWriteOfClean(): void {
    if (this.clean) this.rights &= ~(WRITE | (WRITE << 3));
  }

  private fail(type: FaultType, level: number, ipa: number, access: number, rule: FaultRule): false {
    const fault = this.fault;
    fault.type = type;
    fault.rule = rule;
    fault.stage = 2;
    fault.level = level;
    fault.s1ptw = (access & WALK) !== 0;
    fault.walk = false;
    fault.ipa = ipa;
    return false;
  }

  /** WnR of a permission fault: 0 where reading is what is not permitted. */
  private failPermission(level: number, ipa: number, access: number): false {
    if ((access & WALK) === 0) {
      const readNeeded = access & UNPRIVILEGED ? READ << 3 : READ;
      if ((access & (READ | WRITE)) === (READ | WRITE)) this.fault.write = (this.rights & readNeeded) !== 0;
    }
    const needed = (access & WALK) !== 0 ? access & (READ | WRITE) : neededRights(access);
    return this.fail('permission', level, ipa, access, (needed & ~this.rights) !== 0 ? 'rights' : 'protected walk');
  }

  private failExternal(level: number, ipa: number, access: number, rule: FaultRule): false {
    this.fail('external abort', level, ipa, access, rule);
    this.fault.walk = true;
    return false;
  }
}
