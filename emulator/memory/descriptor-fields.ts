import { firstBlockLevel } from '../isa/descriptor.ts';
import { type DescribedField, describe as describeFields } from '../isa/registers/describe.ts';
import type { Field, FieldMeaning } from '../isa/registers/register.ts';
import { describeMemAttr, describeType, shareabilities, stage1Attributes } from './attributes.ts';
import { describeRights, executeNever2, stage1Rights } from './permissions.ts';

/** What the bits of a descriptor are: an invalid one has none, a reserved one (a block where there are none, 0b01 at level 3) counts as invalid. */
export type DescriptorKind = 'invalid' | 'reserved' | 'table' | 'block' | 'page';

/** Where a descriptor stands: its layout follows. */
export interface DescriptorPlace {
  readonly stage: 1 | 2;
  readonly level: number;
  /** log2 of the page. */
  readonly granule: number;
}

/** What gives a descriptor's fields their meaning, as far as it is known. */
export interface DescriptorSettings {
  /** MAIR_EL1, for AttrIndx. */
  readonly mair?: bigint;
  /** HCR_EL2.FWB, for MemAttr. */
  readonly fwb?: boolean;
  /** FEAT_XNX. */
  readonly xnx?: boolean;
  /** FEAT_BTI. */
  readonly bti?: boolean;
  /** Hardware manages the dirty state (HD). */
  readonly dirtyState?: boolean;
  /** Where the output of stage 1 lies; `pa` with stage 2 off. */
  readonly output?: 'ipa' | 'pa';
}

/** log2 of the bytes that an entry at this level covers. */
export const entryShift = ({ level, granule }: DescriptorPlace): number => granule + (granule - 3) * (3 - level);

/** Kind of a descriptor by its low word (Arm ARM, "Translation table descriptor formats"). */
export function descriptorKind(low: number, { level, granule }: DescriptorPlace): DescriptorKind {
  if ((low & 1) === 0) return 'invalid';
  if ((low & 2) !== 0) return level === 3 ? 'page' : 'table';
  return level === 3 || level < firstBlockLevel(granule) ? 'reserved' : 'block';
}

/** The address a descriptor leads to: the next table, or the start of its block or page. */
export function descriptorOutput(value: bigint, place: DescriptorPlace): bigint | undefined {
  const kind = descriptorKind(Number(value & 3n), place);
  if (kind === 'invalid' || kind === 'reserved') return undefined;
  const low = BigInt(kind === 'table' ? place.granule : entryShift(place));
  return ((value & 0xffff_ffff_ffffn) >> low) << low;
}

const X = 0b100_100;
const dataRights = (rights: number): string => describeRights(rights & ~X).replaceAll(/(r|-)(w|-)-/g, '$1$2');

const field = (name: string, high: number, low: number, meaning?: FieldMeaning): Field => ({
  ...{ name, high, low },
  ...(meaning === undefined ? {} : { meaning }),
});
const address = (name: string, low: number, space: string): Field =>
  field(name, 47, low, (value) => `${space}:0x${(value << BigInt(low)).toString(16)}`);
const type = (kind: DescriptorKind): Field[] => [field('Type', 1, 1, { 0: 'block', 1: kind }), field('Valid', 0, 0)];
const executeNever = (who: string): FieldMeaning => ({ 1: `${who} does not execute` });
const shareability = field('SH[1:0]', 9, 8, {
  0: shareabilities[0]!,
  1: 'reserved, taken as Non-shareable',
  2: shareabilities[2]!,
  3: shareabilities[3]!,
});
const accessFlag = field('AF', 10, 10, { 0: 'not accessed yet', 1: 'accessed' });

/** Bits of both stages' leaves that have the same place. */
const dirtyBit = (settings: DescriptorSettings): Field =>
  field('DBM', 51, 51, {
    1: settings.dirtyState === false ? 'ignored: hardware does not manage the dirty state' : 'hardware manages the dirty state',
  });
const contiguous = (place: DescriptorPlace): Field =>
  field('Contiguous', 52, 52, { 1: `one of ${contiguousEntries(place)} entries that may be cached as one` });
const software = field('Software', 58, 55);
const pbha = field('PBHA', 62, 59);

/** Adjacent entries that the Contiguous bit speaks of. */
function contiguousEntries({ level, granule }: DescriptorPlace): number {
  if (granule === 12) return 16;
  return granule === 14 ? (level === 3 ? 128 : 32) : 32;
}

/** What a table descriptor leaves to software. */
const ignored = [field('ignored[58:51]', 58, 51), field('ignored[11:2]', 11, 2)];

function stage1Table({ granule }: DescriptorPlace, { output = 'ipa' }: DescriptorSettings): Field[] {
  return [
    field('NSTable', 63, 63),
    field('APTable[1:0]', 62, 61, { 1: 'takes EL0 access', 2: 'takes write', 3: 'takes EL0 access and write' }),
    field('UXNTable', 60, 60, executeNever('EL0')),
    field('PXNTable', 59, 59, executeNever('EL1')),
    address('Next-level table address', granule, output),
    ...ignored,
    ...type('table'),
  ];
}

function stage1Leaf(place: DescriptorPlace, kind: DescriptorKind, settings: DescriptorSettings): Field[] {
  const { mair, bti, output = 'ipa' } = settings;
  const attributes = (index: bigint): string | undefined => {
    if (mair === undefined) return undefined;
    const byte = Number((mair >> (index * 8n)) & 0xffn);
    return `MAIR_EL1.Attr${index} = 0x${byte.toString(16).padStart(2, '0')}: ${describeType(stage1Attributes(byte, 0))}`;
  };
  return [
    pbha,
    software,
    field('UXN', 54, 54, executeNever('EL0')),
    field('PXN', 53, 53, executeNever('EL1')),
    contiguous(place),
    dirtyBit(settings),
    field('GP', 50, 50, { 1: bti === false ? 'ignored: no FEAT_BTI' : 'guarded page' }),
    address('OA', entryShift(place), output),
    ...(kind === 'block' ? [field('nT', 16, 16)] : []),
    field('nG', 11, 11, { 0: 'global', 1: 'of the ASID' }),
    accessFlag,
    shareability,
    field('AP[2:1]', 7, 6, (value) => dataRights(stage1Rights[Number(value)]!)),
    field('NS', 5, 5),
    field('AttrIndx[2:0]', 4, 2, attributes),
    ...type(kind),
  ];
}

function stage2Leaf(place: DescriptorPlace, kind: DescriptorKind, settings: DescriptorSettings): Field[] {
  const { fwb, xnx } = settings;
  return [
    pbha,
    software,
    field(
      'XN[1:0]',
      54,
      53,
      (value) =>
        `${executeNever2[xnx === false ? Number(value) & 2 : Number(value)]!}${xnx === false ? ', bit 53 ignored: no FEAT_XNX' : ''}`,
    ),
    contiguous(place),
    dirtyBit(settings),
    address('OA', entryShift(place), 'pa'),
    ...(kind === 'block' ? [field('nT', 16, 16)] : []),
    field('FnXS', 11, 11),
    accessFlag,
    shareability,
    field('S2AP[1:0]', 7, 6, { 0: 'no access', 1: 'read-only', 2: 'write-only', 3: 'read/write' }),
    field('MemAttr[3:0]', 5, 2, (value) => (fwb === undefined ? undefined : describeMemAttr(Number(value), fwb))),
    ...type(kind),
  ];
}

/** The layout of a descriptor, most significant field first. */
export function descriptorLayout(place: DescriptorPlace, kind: DescriptorKind, settings: DescriptorSettings = {}): readonly Field[] {
  switch (kind) {
    case 'invalid':
      return [field('Valid', 0, 0, { 0: 'invalid: the other bits are ignored' })];
    case 'reserved':
      return [field('Type', 1, 1), field('Valid', 0, 0)];
    case 'table':
      return place.stage === 1
        ? stage1Table(place, settings)
        : [address('Next-level table address', place.granule, 'pa'), ...ignored, ...type('table')];
    default:
      return place.stage === 1 ? stage1Leaf(place, kind, settings) : stage2Leaf(place, kind, settings);
  }
}

/** A descriptor taken apart. The bits of an invalid one mean nothing: software keeps there what it likes. */
export function describeDescriptor(value: bigint, place: DescriptorPlace, settings: DescriptorSettings = {}): readonly DescribedField[] {
  const kind = descriptorKind(Number(value & 3n), place);
  if (kind === 'invalid' || kind === 'reserved')
    return describeFields(descriptorLayout(place, kind), value & (kind === 'invalid' ? 1n : 3n));
  return describeFields(descriptorLayout(place, kind, settings), value);
}
