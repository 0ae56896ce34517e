import {
  ACCESS_FLAG,
  AP2,
  ATTRIBUTES_SHIFT,
  DIRTY_BIT_MODIFIER,
  firstBlockLevel,
  GUARDED,
  NOT_GLOBAL,
  rightsIndex,
  TABLE_OR_PAGE,
  VALID,
} from '../isa/descriptor.ts';
import {
  DRY,
  EL0_SHIFT,
  FETCH,
  MAINTENANCE,
  MISALIGNED,
  NO_DIRTY,
  neededRights,
  PAN,
  PROBE,
  READ,
  UNPRIVILEGED,
  WALK,
  WRITE,
  ZERO,
} from './access.ts';
import {
  ATTRIBUTE_COLUMNS,
  attributeFlag,
  type RegimeConfiguration,
  STAGE1_OFF_DATA,
  STAGE1_OFF_DEFAULT_CACHEABLE,
  STAGE1_OFF_FETCH,
  STAGE2_OFF,
  type VaRange,
} from './configuration.ts';
import { addressBits, clearHigh, clearLow, swapBytes } from './descriptor.ts';
import { Fault, type FaultType } from './fault.ts';
import type { FaultRule } from './fault-rules.ts';
import { deniedByPan, stage1Rights } from './permissions.ts';
import type { PhysicalMemory } from './physical-memory.ts';
import { isWriteBackStage2, Stage2 } from './stage2.ts';
import type { WalkObserver } from './walk-observer.ts';

const WRITES = WRITE | (WRITE << EL0_SHIFT);

/** What a translation is made from: the regime's settings, its tables, and where stage 2 results are cached. */
export interface TranslationRegime {
  readonly configuration: RegimeConfiguration;
  readonly ttbr0Low: number;
  readonly ttbr0High: number;
  readonly ttbr1Low: number;
  readonly ttbr1High: number;
  stage2Space: number;
}

/**
 * Both stages of one translation, in the order of checks of the Arm ARM's AArch64.FullTranslate. Results are fields, valid until the next call;
 * nothing is allocated.
 */
export class Translation {
  readonly fault = new Fault();
  readonly stage2: Stage2;
  /** Physical address of the byte asked for. */
  pa = 0;
  ipa = 0;
  /** Rights left by both stages (`permissions.ts`), without write where that first has to set a dirty state. */
  rights = 0;
  /** Rights of stage 1 alone. */
  rights1 = 0;
  /** EL1 data accesses are denied while PSTATE.PAN = 1. */
  panDenied = false;
  /** `attributeFlag` bits. */
  flags = 0;
  /** Row of the attributes of stage 1 (AttrIndx or STAGE1_OFF_…), its SH, its level. */
  row = 0;
  sh = 0;
  level = 0;
  global = true;
  guarded = false;
  /** The Access flag of both stages' leaves is set (cache maintenance does not ask for it): the translation may be cached. */
  accessed = true;
  /** The descriptor of stage 1 that was read last, or could not be: its level and its IPA. */
  walkLevel = 0;
  walkAddress = 0;
  /** log2 of the bytes that the stage 1 leaf maps. */
  span = 12;
  private readonly words: Int32Array;
  private watching: WalkObserver | undefined;
  /** What decided `rights1`: index into `stage1Rights`; and the part of it that tables gave. */
  rightsIndex = 0;
  tableRights = 0;
  /** Of the last walk. */
  private range: VaRange | undefined;
  private descriptorLow = 0;
  private descriptorHigh = 0;
  private descriptorAddress = 0;
  private descriptorHost = 0;

  constructor(private readonly physical: PhysicalMemory) {
    this.words = physical.words;
    this.stage2 = new Stage2(physical, this.fault);
  }

  get observer(): WalkObserver | undefined {
    return this.watching;
  }

  set observer(observer: WalkObserver | undefined) {
    this.watching = observer;
    this.stage2.observer = observer;
  }

  /** Translates a VA; false: `fault` says why. `access`: bits of access.ts. */
  translate(regime: TranslationRegime, vaLow: number, vaHigh: number, access: number): boolean {
    const fault = this.fault;
    fault.vaLow = vaLow;
    fault.vaHigh = vaHigh;
    fault.write = (access & (READ | WRITE)) === WRITE;
    fault.access = access & FETCH ? 'fetch' : access & MAINTENANCE ? 'maintenance' : access & NO_DIRTY ? 'address translation' : 'data';
    const configuration = regime.configuration;
    if (!this.first(regime, vaLow, vaHigh, access)) return false;
    const stage2 = this.stage2;
    if (!stage2.translate(configuration, regime.stage2Space, this.ipa, access)) return false;
    this.pa = stage2.pa;
    this.accessed = this.accessed && stage2.accessed;
    this.rights &= stage2.rights;
    const column = configuration.stage2.enabled ? stage2.memAttr : STAGE2_OFF;
    this.flags = configuration.attributeFlags[this.row * ATTRIBUTE_COLUMNS + column]!;
    return true;
  }

  /** Stage 1 only: `ipa`, `rights`, `row`, `sh` and the rest; what AT S1E1* asks for. */
  first(regime: TranslationRegime, vaLow: number, vaHigh: number, access: number): boolean {
    const configuration = regime.configuration;
    if (!configuration.stage1) return this.flat(configuration, vaLow, vaHigh, access);
    if (!this.walk(regime, vaLow, vaHigh, access)) return false;
    const range = (vaHigh & 0x80_0000) !== 0 ? configuration.upper : configuration.lower;
    const low = this.descriptorLow;
    const high = this.descriptorHigh;
    const dirtyManaged = configuration.dirtyStateUpdate && (high & DIRTY_BIT_MODIFIER) !== 0;
    const clean = dirtyManaged && (low & AP2) !== 0;
    const tableRights = range.flatPermissions ? 0 : this.tableRights;
    const access1 = (low >>> rightsIndex.access.shift) & (dirtyManaged ? 1 : rightsIndex.access.mask);
    const never = (high >>> (rightsIndex.never.shift - 32)) & rightsIndex.never.mask;
    const index = access1 | tableRights | never | (configuration.wxn ? rightsIndex.wxn : 0);
    this.rightsIndex = index;
    this.rights1 = stage1Rights[index]!;
    this.rights = this.rights1;
    this.panDenied = deniedByPan(this.rights1, configuration.epan);
    this.global = (low & NOT_GLOBAL) === 0;
    this.guarded = (high & GUARDED) !== 0;
    this.accessed = (low & ACCESS_FLAG) !== 0 || configuration.accessFlagUpdate;
    this.row = (low >>> ATTRIBUTES_SHIFT) & 7;
    this.sh = (low >>> 8) & 3;
    if ((access & PROBE) !== 0) {
      if (clean) this.rights &= ~WRITES;
      return true;
    }
    if (
      (access & (MISALIGNED | ZERO)) !== 0 &&
      (configuration.attributeFlags[this.row * ATTRIBUTE_COLUMNS + STAGE2_OFF]! & attributeFlag.device1) !== 0
    )
      return this.fail('alignment', this.level, 'device alignment');
    if (!this.permitted(access)) return this.failPermission(access);
    const dirty = clean && (access & WRITE) !== 0 && (access & NO_DIRTY) === 0;
    if ((low & ACCESS_FLAG) === 0 || dirty) {
      if (!this.update(regime, access, dirty)) return false;
    }
    if (clean && !dirty) this.rights &= ~WRITES;
    return true;
  }

  private permitted(access: number): boolean {
    if ((neededRights(access) & ~this.rights) !== 0) return false;
    return !((access & (PAN | UNPRIVILEGED)) === PAN && this.panDenied && (access & (READ | WRITE)) !== 0);
  }

  /** Stage 1 is off: the VA is the IPA. */
  private flat(configuration: RegimeConfiguration, vaLow: number, vaHigh: number, access: number): boolean {
    const range = (vaHigh & 0x80_0000) !== 0 ? configuration.upper : configuration.lower;
    const tbi = (access & FETCH) !== 0 ? range.tbiFetch : range.tbiData;
    const high = tbi ? vaHigh & 0x00ff_ffff : vaHigh >>> 0;
    this.ipa = high * 0x1_0000_0000 + (vaLow >>> 0);
    this.level = 0;
    this.rights1 = 63;
    this.rights = 63;
    this.panDenied = false;
    this.global = true;
    this.guarded = false;
    this.accessed = true;
    this.span = 12;
    this.sh = 2;
    this.row = configuration.defaultCacheable ? STAGE1_OFF_DEFAULT_CACHEABLE : (access & FETCH) !== 0 ? STAGE1_OFF_FETCH : STAGE1_OFF_DATA;
    if (this.ipa >= configuration.flatLimit) return this.fail('address size', 0, 'flat address size');
    if (this.row === STAGE1_OFF_DATA && (access & (MISALIGNED | ZERO)) !== 0 && (access & PROBE) === 0)
      return this.fail('alignment', 0, 'device alignment');
    return true;
  }

  /** The walk proper: up to the leaf, its address and Access flag. */
  private walk(regime: TranslationRegime, vaLow: number, vaHigh: number, access: number): boolean {
    const configuration = regime.configuration;
    const upper = (vaHigh & 0x80_0000) !== 0;
    const range: VaRange = upper ? configuration.upper : configuration.lower;
    this.range = range;
    if (!range.valid) return this.fail('translation', 0, 'TxSZ');
    if (range.walksDisabled) return this.fail('translation', 0, 'EPD');
    if (!inRange(range, upper, vaLow, vaHigh, access)) return this.fail('translation', 0, 'input size');
    if (range.e0pd && (access & UNPRIVILEGED) !== 0) return this.fail('translation', 0, 'E0PD');
    const { granule } = range;
    const stride = granule - 3;
    const limit = configuration.outputLimit;
    let level = range.startLevel;
    let shift = granule + stride * (3 - level);
    let indexBits = range.iaBits - shift;
    let table = startTable(regime, upper);
    this.tableRights = 0;
    if (table >= limit) return this.fail('address size', 0, 'base address size');
    for (;;) {
      const address = table + addressBits(vaLow, vaHigh, shift, indexBits) * 8;
      if (!this.load(regime, address, level, access)) return false;
      const low = this.descriptorLow;
      const high = this.descriptorHigh;
      if ((low & VALID) === 0) return this.fail('translation', level, 'invalid descriptor');
      if (level < 3 && (low & TABLE_OR_PAGE) !== 0) {
        this.tableRights |= (high >>> (rightsIndex.tableAccess.shift - 32)) & rightsIndex.tableAccess.mask;
        this.tableRights |= (high >>> (rightsIndex.tableNever.shift - 32)) & rightsIndex.tableNever.mask;
        table = clearHigh(high, granule) * 0x1_0000_0000 + clearLow(low, granule);
        if (table >= limit) return this.fail('address size', level, 'table address size');
        level++;
        shift -= stride;
        indexBits = stride;
        continue;
      }
      if (level === 3 ? (low & TABLE_OR_PAGE) === 0 : level < firstBlockLevel(granule))
        return this.fail('translation', level, 'reserved descriptor');
      this.level = level;
      this.span = shift;
      const base = clearHigh(high, shift) * 0x1_0000_0000 + clearLow(low, shift);
      this.ipa = base + ((vaLow >>> 0) - clearLow(vaLow, shift));
      if (base >= limit) return this.fail('address size', level, 'output address size');
      if ((low & ACCESS_FLAG) === 0 && !configuration.accessFlagUpdate && (access & (PROBE | MAINTENANCE)) === 0)
        return this.fail('access flag', level, 'access flag');
      return true;
    }
  }

  /** Reads a descriptor through stage 2. */
  private load(regime: TranslationRegime, address: number, level: number, access: number): boolean {
    this.walkLevel = level;
    this.walkAddress = address;
    if (!this.stage2.translate(regime.configuration, regime.stage2Space, address, READ | WALK | (access & (PROBE | DRY)))) return false;
    const host = this.physical.hostOf(this.stage2.pa);
    if (host < 0) {
      this.fault.error.absent(this.stage2.pa);
      return this.failExternal(level, 'nothing answers');
    }
    if ((access & PROBE) === 0) {
      const poison = this.physical.consumedByWalk(host, (access & DRY) !== 0);
      if (poison !== undefined) {
        this.fault.error.bad(this.stage2.pa, poison);
        return this.failExternal(level, 'poison');
      }
    }
    const { cache } = this.physical;
    const from = cache === undefined ? host : cache.descriptorAt(host, this.cacheableWalk(regime));
    let low = this.words[from >>> 2]!;
    let high = this.words[(from >>> 2) + 1]!;
    if (regime.configuration.bigEndian) {
      const swapped = swapBytes(low);
      low = swapBytes(high);
      high = swapped;
    }
    this.descriptorLow = low;
    this.descriptorHigh = high;
    this.descriptorAddress = address;
    this.descriptorHost = host;
    if (this.watching !== undefined) this.watching.descriptor(1, level, 0, address, low, high);
    return true;
  }

  /** Hardware update of the Access flag and dirty state of the leaf: an atomic write through stage 2. */
  private update(regime: TranslationRegime, access: number, dirty: boolean): boolean {
    const configuration = regime.configuration;
    if (!configuration.accessFlagUpdate) return true;
    if (!this.stage2.translate(configuration, regime.stage2Space, this.descriptorAddress, READ | WRITE | WALK | (access & DRY)))
      return false;
    if ((access & DRY) !== 0) return true;
    const low = (this.descriptorLow | ACCESS_FLAG) & (dirty ? ~AP2 : -1);
    const { cache } = this.physical;
    const host = cache === undefined ? this.descriptorHost : cache.descriptorUpdateAt(this.descriptorHost, this.cacheableWalk(regime));
    if (configuration.bigEndian) this.words[(host >>> 2) + 1] = swapBytes(low);
    else this.words[host >>> 2] = low;
    return true;
  }

  /** With a cache model: whether the walk's last access to a table, through both stages, is Write-Back. */
  private cacheableWalk({ configuration: { stage2 } }: TranslationRegime): boolean {
    const first = this.range?.cacheableWalks ?? false;
    if (!stage2.enabled) return first;
    return isWriteBackStage2(this.stage2.memAttr, stage2.fwb, first);
  }

  private fail(type: FaultType, level: number, rule: FaultRule): false {
    const fault = this.fault;
    fault.type = type;
    fault.rule = rule;
    fault.stage = 1;
    fault.level = level;
    fault.s1ptw = false;
    fault.walk = false;
    return false;
  }

  /** WnR: 0 where a read would have faulted as well. */
  private failPermission(access: number): false {
    if ((access & (READ | WRITE)) === (READ | WRITE)) this.fault.write = this.permitted(access & ~WRITE);
    return this.fail('permission', this.level, (neededRights(access) & ~this.rights) !== 0 ? 'rights' : 'PAN');
  }

  /** Nothing answers at the descriptor's physical address, or it is poisoned. */
  private failExternal(level: number, rule: FaultRule): false {
    this.fail('external abort', level, rule);
    this.fault.walk = true;
    return false;
  }
}

/** Address of the table that walks of a range start with. Bit 0 of TTBRn is CnP, what is above bit 47 the ASID. */
export function startTable(regime: TranslationRegime, upper: boolean): number {
  const { baseAlignment } = upper ? regime.configuration.upper : regime.configuration.lower;
  const high = clearHigh(upper ? regime.ttbr1High : regime.ttbr0High, baseAlignment);
  return high * 0x1_0000_0000 + clearLow((upper ? regime.ttbr1Low : regime.ttbr0Low) & ~1, baseAlignment);
}

/** AArch64.VAIsOutOfRange: the bits above the input size must all be as bit 55 (the top byte aside where it is ignored). */
function inRange(range: VaRange, upper: boolean, vaLow: number, vaHigh: number, access: number): boolean {
  const tbi = (access & FETCH) !== 0 ? range.tbiFetch : range.tbiData;
  const high = (upper ? ~vaHigh : vaHigh) & (tbi ? 0x00ff_ffff : -1);
  const { iaBits } = range;
  if (iaBits >= 32) return (iaBits >= 64 ? 0 : high >>> (iaBits - 32)) === 0;
  return high === 0 && (upper ? ~vaLow : vaLow) >>> iaBits === 0;
}
