/** Memory types and attributes of the two stages and how they combine (Arm ARM, "Memory region attributes"). Cold code: the hot path reads tables made from it. */

export type Cacheability = 'Non-cacheable' | 'Write-Through' | 'Write-Back';
export type Shareability = 'Non-shareable' | 'Outer Shareable' | 'Inner Shareable';

/** Strictest first: the order in which two stages combine. */
export const deviceTypes = ['Device-nGnRnE', 'Device-nGnRE', 'Device-nGRE', 'Device-GRE'] as const;
export type DeviceType = (typeof deviceTypes)[number];

export interface CacheAttributes {
  readonly cacheability: Cacheability;
  /** Allocation hints: bit 1 read-allocate, bit 0 write-allocate. */
  readonly hints: number;
  readonly transient: boolean;
}

export type MemoryAttributes =
  | { readonly type: DeviceType; readonly shareability: Shareability }
  | { readonly type: 'Normal'; readonly outer: CacheAttributes; readonly inner: CacheAttributes; readonly shareability: Shareability };

/** Attributes and the rule of the architecture that decided each part. */
export interface DecidedAttributes {
  readonly attributes: MemoryAttributes;
  readonly typeRule: string;
  readonly shareabilityRule: string;
  /** Of Normal memory. */
  readonly cacheRules?: CacheRules;
}

/** What decided the cacheability of Normal memory, outer and inner, and its allocation and transient hints. */
export interface CacheRules {
  readonly outer: string;
  readonly inner: string;
  readonly hints: string;
}

/** SH[1:0]. 0b01 is reserved and treated as Non-shareable. */
export const shareabilities: readonly Shareability[] = ['Non-shareable', 'Non-shareable', 'Outer Shareable', 'Inner Shareable'];

const NON_CACHEABLE: CacheAttributes = { cacheability: 'Non-cacheable', hints: 0, transient: false };
const WRITE_BACK: CacheAttributes = { cacheability: 'Write-Back', hints: 3, transient: false };

export const isDevice = (attributes: MemoryAttributes): boolean => attributes.type !== 'Normal';

export const isWriteBack = (attributes: MemoryAttributes): boolean =>
  attributes.type === 'Normal' && attributes.inner.cacheability === 'Write-Back' && attributes.outer.cacheability === 'Write-Back';

const isNonCacheable = (attributes: MemoryAttributes): boolean =>
  attributes.type === 'Normal' && attributes.inner.cacheability === 'Non-cacheable' && attributes.outer.cacheability === 'Non-cacheable';

/** One nibble of a MAIR byte for Normal memory: 0b0100 Non-cacheable, 0b10RW Write-Through, 0b11RW Write-Back, 0b00RW and 0b01RW transient. */
function cacheAttributes(nibble: number): CacheAttributes {
  const hints = nibble & 3;
  if (nibble === 4 || nibble === 0) return NON_CACHEABLE;
  return { cacheability: nibble & 4 ? 'Write-Back' : 'Write-Through', hints, transient: (nibble & 8) === 0 };
}

/** Attributes of a MAIR_ELx byte and descriptor SH. The shareability is SH's: what stage 2 combines with; alone, see `effectiveAttributes`. */
export function stage1Attributes(mair: number, sh: number): MemoryAttributes {
  if (mair >> 4 === 0) return { type: deviceTypes[(mair >> 2) & 3]!, shareability: shareabilities[sh]! };
  return { type: 'Normal', outer: cacheAttributes(mair >> 4), inner: cacheAttributes(mair & 15), shareability: shareabilities[sh]! };
}

/** What an access gets while stage 1 is off (Arm ARM, "The effects of disabling an address translation stage"). */
export function stage1OffAttributes(how: 'data' | 'fetch, I-cache on' | 'fetch, I-cache off' | 'HCR_EL2.DC'): MemoryAttributes {
  switch (how) {
    case 'data':
      return { type: 'Device-nGnRnE', shareability: 'Outer Shareable' };
    case 'HCR_EL2.DC':
      return { type: 'Normal', outer: WRITE_BACK, inner: WRITE_BACK, shareability: 'Non-shareable' };
    case 'fetch, I-cache on': {
      const readAllocate: CacheAttributes = { cacheability: 'Write-Through', hints: 2, transient: false };
      return { type: 'Normal', outer: readAllocate, inner: readAllocate, shareability: 'Outer Shareable' };
    }
    case 'fetch, I-cache off':
      return nonCacheable;
  }
}

/** SCTLR_ELx.C = 0 makes Normal memory Non-cacheable. */
export const nonCacheable: MemoryAttributes = {
  type: 'Normal',
  outer: NON_CACHEABLE,
  inner: NON_CACHEABLE,
  shareability: 'Outer Shareable',
};

/** Device and fully Non-cacheable memory is Outer Shareable whatever SH says. */
export function effectiveAttributes(attributes: MemoryAttributes): MemoryAttributes {
  return isDevice(attributes) || isNonCacheable(attributes) ? { ...attributes, shareability: 'Outer Shareable' } : attributes;
}

const stage2Cacheabilities: readonly (Cacheability | undefined)[] = [undefined, 'Non-cacheable', 'Write-Through', 'Write-Back'];

/** Stage 2 MemAttr[3:0] with HCR_EL2.FWB = 0. The reserved values (inner 0b00 of Normal memory) are taken as Non-cacheable. */
function stage2Attributes(memAttr: number, shareability: Shareability): MemoryAttributes {
  if (memAttr >> 2 === 0) return { type: deviceTypes[memAttr & 3]!, shareability };
  const part = (bits: number): CacheAttributes => ({
    cacheability: stage2Cacheabilities[bits] ?? 'Non-cacheable',
    hints: 0,
    transient: false,
  });
  return { type: 'Normal', outer: part(memAttr >> 2), inner: part(memAttr & 3), shareability };
}

const stricter = (a: DeviceType, b: DeviceType): DeviceType => deviceTypes[Math.min(deviceTypes.indexOf(a), deviceTypes.indexOf(b))]!;

const weakerOf = (a: Cacheability, b: Cacheability): Cacheability =>
  a === 'Non-cacheable' || b === 'Non-cacheable'
    ? 'Non-cacheable'
    : a === 'Write-Through' || b === 'Write-Through'
      ? 'Write-Through'
      : 'Write-Back';

/** Stage 2 assigns no hints: those of stage 1 stay. */
const combineCache = (first: CacheAttributes, second: CacheAttributes): CacheAttributes => {
  const cacheability = weakerOf(first.cacheability, second.cacheability);
  return cacheability === 'Non-cacheable' ? NON_CACHEABLE : { cacheability, hints: first.hints, transient: first.transient };
};

export interface CombineOptions {
  /** HCR_EL2.FWB. */
  readonly fwb: boolean;
  /** Set where stage 2 makes Normal memory Non-cacheable: HCR_EL2.CD for data accesses, HCR_EL2.ID for fetches. */
  readonly cacheDisabled?: 'HCR_EL2.CD' | 'HCR_EL2.ID' | undefined;
}

/**
 * Attributes of an access through both stages.
 * @param memAttr Stage 2 descriptor bits 5:2.
 * @param sh Stage 2 descriptor SH.
 */
export function combineAttributes(first: MemoryAttributes, memAttr: number, sh: number, options: CombineOptions): DecidedAttributes {
  const shareability = combineShareability(first.shareability, shareabilities[sh]!);
  const [attributes, typeRule, cacheRules] = options.fwb
    ? combineForced(first, memAttr, shareability)
    : combineTypes(first, memAttr, shareability);
  if (options.cacheDisabled && attributes.type === 'Normal') {
    const typeRule = `${options.cacheDisabled} = 1 makes Normal memory Non-cacheable`;
    return { attributes: nonCacheable, typeRule, shareabilityRule: outerRule, cacheRules: forAll(typeRule, noHints) };
  }
  const result = effectiveAttributes(attributes);
  const shareabilityRule =
    isDevice(result) || isNonCacheable(result)
      ? outerRule
      : `the wider of stage 1 (${first.shareability}) and stage 2 (${shareabilities[sh]})`;
  return { attributes: result, typeRule, shareabilityRule, ...(cacheRules ? { cacheRules } : {}) };
}

type Decided = [attributes: MemoryAttributes, typeRule: string, cacheRules?: CacheRules];

const noHints = 'Non-cacheable memory has none';
const stage1Hints = 'stage 1: stage 2 gives none';
const forAll = (rule: string, hints: string): CacheRules => ({ outer: rule, inner: rule, hints });

const outerRule = 'Device and Non-cacheable memory is Outer Shareable';

function combineShareability(a: Shareability, b: Shareability): Shareability {
  for (const wide of ['Outer Shareable', 'Inner Shareable'] as const) if (a === wide || b === wide) return wide;
  return 'Non-shareable';
}

const weakerRule = (first: CacheAttributes, second: CacheAttributes): string =>
  first.cacheability === second.cacheability
    ? `${first.cacheability} at both stages`
    : `the weaker of stage 1 (${first.cacheability}) and stage 2 (${second.cacheability})`;

const hasHints = ({ cacheability }: CacheAttributes): boolean => cacheability !== 'Non-cacheable';

function combineTypes(first: MemoryAttributes, memAttr: number, shareability: Shareability): Decided {
  const second = stage2Attributes(memAttr, shareability);
  if (first.type !== 'Normal' && second.type !== 'Normal')
    return [{ type: stricter(first.type, second.type), shareability }, `the stricter of stage 1 ${first.type} and stage 2 ${second.type}`];
  if (first.type !== 'Normal') return [{ ...first, shareability }, 'stage 1 is Device, stage 2 Normal: stage 1 type'];
  if (second.type !== 'Normal') return [{ ...second, shareability }, 'stage 2 is Device, stage 1 Normal: stage 2 type'];
  const [outer, inner] = [combineCache(first.outer, second.outer), combineCache(first.inner, second.inner)];
  const hints = hasHints(outer) || hasHints(inner) ? stage1Hints : noHints;
  const rules = { outer: weakerRule(first.outer, second.outer), inner: weakerRule(first.inner, second.inner), hints };
  return [{ type: 'Normal', outer, inner, shareability }, 'both stages are Normal: the weaker cacheability, hints of stage 1', rules];
}

/** HCR_EL2.FWB = 1: MemAttr[2:0] forces the type. */
function combineForced(first: MemoryAttributes, memAttr: number, shareability: Shareability): Decided {
  const forced = memAttr & 7;
  if (forced < 4) {
    const type = deviceTypes[forced]!;
    if (first.type === 'Normal') return [{ type, shareability }, `FWB: stage 2 ${type} over stage 1 Normal`];
    return [{ type: stricter(first.type, type), shareability }, `FWB: the stricter of stage 1 ${first.type} and stage 2 ${type}`];
  }
  if (forced === 7) {
    const rule = 'FWB: MemAttr 0b111 keeps the stage 1 attributes';
    return [{ ...first, shareability }, rule, ...(first.type === 'Normal' ? [forAll('stage 1', 'stage 1')] : [])] as Decided;
  }
  if (forced === 6) {
    const part = (cache: CacheAttributes | undefined): CacheAttributes =>
      cache && cache.cacheability !== 'Non-cacheable' ? { ...WRITE_BACK, hints: cache.hints, transient: cache.transient } : WRITE_BACK;
    const [outer, inner] = first.type === 'Normal' ? [part(first.outer), part(first.inner)] : [WRITE_BACK, WRITE_BACK];
    const rule = 'FWB: MemAttr 0b110 forces Normal Write-Back';
    const cached = first.type === 'Normal' && (hasHints(first.outer) || hasHints(first.inner));
    const hints = cached ? 'those of stage 1 where it is cacheable' : 'read- and write-allocate: stage 1 is not cacheable';
    return [{ type: 'Normal', outer, inner, shareability }, rule, forAll(rule, hints)];
  }
  const rule = forced === 5 ? 'FWB: MemAttr 0b101' : 'FWB: MemAttr 0b100 (reserved, treated as 0b101)';
  if (first.type !== 'Normal') return [{ ...first, shareability }, `${rule} keeps the stage 1 Device type`];
  const made = `${rule} makes Normal memory Non-cacheable`;
  return [{ ...nonCacheable, shareability }, made, forAll(made, noHints)];
}

const nibble = (cache: CacheAttributes): number => {
  if (cache.cacheability === 'Non-cacheable') return 4;
  const back = cache.cacheability === 'Write-Back' ? 4 : 0;
  return (cache.transient ? 0 : 8) | back | cache.hints;
};

/** PAR_EL1.ATTR, in MAIR format. */
export function parAttributes(attributes: MemoryAttributes): number {
  if (attributes.type !== 'Normal') return deviceTypes.indexOf(attributes.type) << 2;
  return (nibble(attributes.outer) << 4) | nibble(attributes.inner);
}

/** PAR_EL1.SH, in descriptor format. */
export function parShareability(attributes: MemoryAttributes): number {
  return { 'Non-shareable': 0, 'Outer Shareable': 2, 'Inner Shareable': 3 }[effectiveAttributes(attributes).shareability];
}

const describeCache = ({ cacheability, hints, transient }: CacheAttributes): string =>
  [cacheability, transient && 'transient', hints & 2 && 'read-allocate', hints & 1 && 'write-allocate'].filter(Boolean).join(' ');

/** `Normal Write-Back read-allocate write-allocate`, `Device-nGnRE`. */
export function describeType(attributes: MemoryAttributes): string {
  if (attributes.type !== 'Normal') return attributes.type;
  const [outer, inner] = [describeCache(attributes.outer), describeCache(attributes.inner)];
  return `Normal ${outer === inner ? inner : `outer ${outer}, inner ${inner}`}`;
}

/** `Normal Write-Back read-allocate write-allocate, Inner Shareable`. */
export function describeAttributes(attributes: MemoryAttributes): string {
  if (attributes.type !== 'Normal') return attributes.type;
  return `${describeType(attributes)}, ${effectiveAttributes(attributes).shareability}`;
}

const forcedMeanings: readonly string[] = [
  ...deviceTypes,
  'reserved, treated as 0b101',
  'Normal Non-cacheable unless stage 1 is Device',
  'Normal Write-Back whatever stage 1 says',
  'the stage 1 attributes',
];

/** What a stage 2 MemAttr says by itself. */
export function describeMemAttr(memAttr: number, fwb: boolean): string {
  if (fwb) return forcedMeanings[memAttr & 7]!;
  const reserved = memAttr >> 2 !== 0 && (memAttr & 3) === 0;
  return `${describeType(stage2Attributes(memAttr, 'Non-shareable'))}${reserved ? ' (reserved encoding)' : ''}`;
}
