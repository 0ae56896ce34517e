import { AP2, DIRTY_BIT_MODIFIER, GUARDED, rightsIndex } from '../isa/descriptor.ts';
import { contextHeader, contextRange, DATA_TLB_BYTES, FETCH_TLB_BYTES, mainTlbInfo } from '../translate/layout.ts';
import { EL0_SHIFT, PAN, UNPRIVILEGED } from './access.ts';
import type { AddressSpace } from './address-space.ts';
import { ATTRIBUTE_COLUMNS, attributeFlag, type RegimeConfiguration, type VaRange } from './configuration.ts';
import type { Context } from './context.ts';
import { clearHigh, clearLow } from './descriptor.ts';
import { spaceTagHigh, spaceTagLow } from './main-tlb.ts';
import { panDenies } from './permissions.ts';
import { ATTRIBUTE_TABLE_BYTES, MAX_CONFIGURATIONS, type PhysicalMemory } from './physical-memory.ts';
import { stage2TagHigh, stage2TagLow } from './stage2.ts';

const PAGE_BITS = 12;
const STRIDE = 9;
const PERMISSIONS = rightsIndex.tableAccess.mask | rightsIndex.tableNever.mask;
const DEVICE = attributeFlag.device | attributeFlag.device1 | attributeFlag.device2;

/** Index of the first word of a context's header. */
export const headerOf = (dataTlb: number): number => (dataTlb + DATA_TLB_BYTES + FETCH_TLB_BYTES) >>> 2;

/** Writes what refills and walks in generated code have to know of a context (layout.ts `contextHeader`). */
export function writeContextHeader(physical: PhysicalMemory, { dataTlb, space, privilege }: Context): void {
  const { words } = physical;
  const { configuration } = space;
  const at = headerOf(dataTlb);
  const set = (member: number, low: number, high?: number): void => {
    words[at + member / 4] = low;
    if (high !== undefined) words[at + member / 4 + 1] = high;
  };
  const user = privilege === UNPRIVILEGED;
  for (const upper of [false, true]) writeRange(physical, at + contextHeader[upper ? 'upper' : 'lower'] / 4, space, upper, user);
  set(contextHeader.rights, user ? EL0_SHIFT : 0);
  const aligned = configuration.alignmentChecked ? mainTlbInfo.valid : 0;
  const pastCache = physical.cache === undefined ? 0 : mainTlbInfo.notCached;
  set(
    contextHeader.refused,
    mainTlbInfo.device | mainTlbInfo.watched | pastCache | aligned | (privilege === PAN ? mainTlbInfo.panDenied : 0),
  );
  const { stage2 } = configuration;
  if (stage2.enabled) set(contextHeader.stage2Tag, stage2TagLow(space.stage2Space), stage2TagHigh(space.stage2Space));
  else set(contextHeader.stage2Tag, -1, -1);
  if (configuration.dirtyStateUpdate) set(contextHeader.special, AP2, DIRTY_BIT_MODIFIER);
  else set(contextHeader.special, -1, -1);
  set(contextHeader.guarded, 0, configuration.guardedPages ? GUARDED : 0);
  set(contextHeader.stage2Device, stage2.fwb ? 4 : 12);
  set(contextHeader.outputBits, Math.log2(configuration.outputLimit));
  set(contextHeader.panDenied, panDenies(configuration.epan));
  set(contextHeader.rightsIndex, configuration.wxn ? rightsIndex.wxn : 0);
  set(contextHeader.attributes, writeAttributes(physical, configuration));
}

function writeRange({ words, cache }: PhysicalMemory, at: number, space: AddressSpace, upper: boolean, user: boolean): void {
  const { configuration } = space;
  const range = upper ? configuration.upper : configuration.lower;
  // E0PD refuses by address range, which entries do not say.
  const refused = user && range.e0pd;
  const tags = upper ? [space.upperGlobal, space.upperLocal] : [space.lowerGlobal, space.lowerLocal];
  [contextRange.global, contextRange.local].forEach((member, n) => {
    words[at + member / 4] = refused ? -1 : spaceTagLow(tags[n]!);
    words[at + member / 4 + 1] = refused ? -1 : spaceTagHigh(tags[n]!);
  });
  const tableLow = clearLow((upper ? space.ttbr1Low : space.ttbr0Low) & ~1, range.baseAlignment);
  const tableHigh = clearHigh(upper ? space.ttbr1High : space.ttbr0High, range.baseAlignment);
  const shift = PAGE_BITS + STRIDE * (3 - range.startLevel);
  const plain =
    !refused &&
    walksPlainly(configuration, range) &&
    (cache === undefined || range.cacheableWalks) &&
    tableHigh * 2 ** 32 + tableLow < configuration.outputLimit;
  words[at + contextRange.table / 4] = tableLow;
  words[at + contextRange.table / 4 + 1] = tableHigh;
  words[at + contextRange.slowWalks / 4] = plain ? 0 : 1;
  words[at + contextRange.shift / 4] = shift;
  words[at + contextRange.bits / 4] = range.iaBits;
  words[at + contextRange.indexMask / 4] = 2 ** (range.iaBits - shift) - 1;
  words[at + contextRange.tableRights / 4] = range.flatPermissions ? 0 : PERMISSIONS;
}

/** Two stages, the tables of stage 1 with 4 KiB pages and in the order of the machine. */
const walksPlainly = (configuration: RegimeConfiguration, range: VaRange): boolean =>
  configuration.stage1 &&
  configuration.stage2.enabled &&
  !configuration.bigEndian &&
  range.valid &&
  !range.walksDisabled &&
  range.granule === PAGE_BITS;

/** The attributes of a configuration as walks look them up; their address. */
function writeAttributes({ bytes, attributeTables, cache }: PhysicalMemory, { id, attributeFlags }: RegimeConfiguration): number {
  const start = attributeTables + (id % MAX_CONFIGURATIONS) * ATTRIBUTE_TABLE_BYTES;
  const table = new Uint16Array(bytes.buffer, start, ATTRIBUTE_TABLE_BYTES / 2);
  for (let row = 0; row < 8; row++)
    for (let memAttr = 0; memAttr < 16; memAttr++) {
      const flags = attributeFlags[row * ATTRIBUTE_COLUMNS + memAttr]!;
      const otherwise = cache === undefined ? 0 : mainTlbInfo.notCached;
      const normal = mainTlbInfo.valid | ((flags & attributeFlag.writeBack) !== 0 ? mainTlbInfo.writeBack : otherwise);
      table[row * 16 + memAttr] = (flags & DEVICE) !== 0 ? 0 : normal;
    }
  return start;
}
