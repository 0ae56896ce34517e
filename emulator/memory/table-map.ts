import { DRY, PROBE, READ, WALK } from './access.ts';
import type { AddressSpace } from './address-space.ts';
import { describeMemAttr, describeType, effectiveAttributes, shareabilities } from './attributes.ts';
import { decidedRowAttributes, type RegimeConfiguration } from './configuration.ts';
import { type DescribedStage, describeStage1, describeStage2 } from './describe-regime.ts';
import { entryShift } from './descriptor-fields.ts';
import type { Fault } from './fault.ts';
import { explainFault } from './fault-rules.ts';
import { sizeName } from './granule.ts';
import { describeRights, stage2Rights } from './permissions.ts';
import type { PhysicalMemory } from './physical-memory.ts';
import { type Bounds, type TableRun, type TableTree, tableRuns } from './table-runs.ts';
import { startTable, type Translation } from './translation.ts';

/** Adjacent addresses that one set of tables translates alike. */
export interface MappedRun {
  readonly first: bigint;
  /** The last byte. */
  readonly last: bigint;
  /** What an entry maps: `4 KiB page`, `2 MiB block`. */
  readonly entry: string;
  readonly entryBytes: number;
  readonly level: number;
  /** Where `first` leads, in the space of the stage's output; `scattered`: the rest of the run does not follow it. */
  readonly output?: bigint;
  readonly scattered?: boolean;
  readonly rights?: string;
  readonly type?: string;
  readonly shareability?: string;
  /** `nG`, `AF=0`, `DBM`, `GP`, `Contiguous`. */
  readonly flags?: readonly string[];
  /** Descriptors are there, but walks fault at them. */
  readonly fault?: string;
}

/** One set of tables as a map. */
export interface TableMap {
  readonly regime: DescribedStage;
  readonly outputSpace: 'ipa' | 'pa';
  readonly runs: readonly MappedRun[];
  readonly descriptors: number;
  /** Where to ask from for more. */
  readonly next?: bigint;
}

/** Which tables, and the part of their range. */
export interface TableMapQuery {
  readonly tables: 'TTBR0_EL1' | 'TTBR1_EL1' | 'VTTBR_EL2';
  readonly from?: bigint;
  /** The first address that is not wanted any more. */
  readonly to?: bigint;
  /** Most runs in one answer. */
  readonly limit?: number;
}

/** A guest whose tables point at themselves gets this much of one answer. */
const MOST_DESCRIPTORS = 1 << 22;
const MOST_RUNS = 4096;

/** The mapped ranges of one set of tables. Nothing changes, and what TLBs hold plays no part. */
export function tableMap(translation: Translation, physical: PhysicalMemory, regime: AddressSpace, query: TableMapQuery): TableMap {
  translation.observer = { descriptor() {} };
  try {
    return query.tables === 'VTTBR_EL2' ? second(translation, physical, regime, query) : first(translation, physical, regime, query);
  } finally {
    translation.observer = undefined;
  }
}

function first(translation: Translation, physical: PhysicalMemory, regime: AddressSpace, query: TableMapQuery): TableMap {
  const { configuration } = regime;
  const upper = query.tables === 'TTBR1_EL1';
  const range = upper ? configuration.upper : configuration.lower;
  const { stage2 } = translation;
  const tree: TableTree = {
    ...{ stage: 1, granule: range.granule, inputBits: range.iaBits, startLevel: range.startLevel, start: startTable(regime, upper) },
    ...{ outputLimit: configuration.outputLimit, bigEndian: configuration.bigEndian, hierarchical: !range.flatPermissions },
    words: physical.words,
    host: (address) =>
      stage2.translate(configuration, regime.stage2Space, address, READ | WALK | PROBE) ? physical.hostOf(stage2.pa) : -1,
    poisoned: (host, bytes) => physical.poison.consume(host, bytes, 'walk', true) !== undefined,
  };
  const base = upper ? (1n << 64n) - (1n << BigInt(range.iaBits)) : 0n;
  const describe = (run: TableRun): MappedRun => {
    const va = base + BigInt(run.first);
    const found = translation.first(regime, Number(BigInt.asIntN(32, va)), Number(BigInt.asIntN(32, va >> 32n)), READ | look(run));
    const edges = edgesOf(run, base, tree);
    if (!found) return { ...edges, fault: faultText(translation.fault, configuration, upper) };
    const { rights1, rights, row, sh, global } = translation;
    const { attributes } = decidedRowAttributes(configuration.registers, row, sh, false);
    return {
      ...edges,
      ...outputOf(run),
      rights: describeRights(rights1),
      type: describeType(attributes),
      shareability: effectiveAttributes(attributes).shareability,
      flags: flagsOf(run, rights !== rights1, global ? [] : ['nG'], configuration.guardedPages && translation.guarded ? ['GP'] : []),
    };
  };
  const walked = configuration.stage1 && range.valid && !range.walksDisabled;
  return mapOf(describeStage1(regime, upper), configuration.stage2.enabled ? 'ipa' : 'pa', base, tree, query, walked, describe);
}

function second({ stage2, fault }: Translation, physical: PhysicalMemory, regime: AddressSpace, query: TableMapQuery): TableMap {
  const { configuration } = regime;
  const { granule, iaBits, startLevel, base, outputLimit, enabled, valid, fwb } = configuration.stage2;
  const tree: TableTree = {
    ...{ stage: 2, granule, inputBits: iaBits, startLevel, start: base, outputLimit, bigEndian: false, hierarchical: false },
    words: physical.words,
    host: (address) => physical.hostOf(address),
    poisoned: (host, bytes) => physical.poison.consume(host, bytes, 'walk', true) !== undefined,
  };
  const describe = (run: TableRun): MappedRun => {
    const edges = edgesOf(run, 0n, tree);
    if (!stage2.translate(configuration, regime.stage2Space, run.first, READ | look(run)))
      return { ...edges, fault: faultText(fault, configuration, false) };
    return {
      ...edges,
      ...outputOf(run),
      rights: describeRights(stage2Rights[stage2.rightsIndex]!),
      type: describeMemAttr(stage2.memAttr, fwb),
      shareability: shareabilities[stage2.sh]!,
      flags: flagsOf(run, stage2.clean, [], []),
    };
  };
  return mapOf(describeStage2(regime), 'pa', 0n, tree, query, enabled && valid, describe);
}

const faultText = (fault: Fault, configuration: RegimeConfiguration, upper: boolean): string =>
  `${fault.describe()}: ${explainFault(fault, configuration, upper)}`;

/** The debugger's look goes past poison, which is what may keep a walk from reading. */
const look = ({ kind }: TableRun): number => (kind === 'unreadable' ? DRY : PROBE);

function mapOf(
  regime: DescribedStage,
  outputSpace: 'ipa' | 'pa',
  base: bigint,
  tree: TableTree,
  { from, to, limit }: TableMapQuery,
  walked: boolean,
  describe: (run: TableRun) => MappedRun,
): TableMap {
  if (!walked) return { regime, outputSpace, runs: [], descriptors: 0 };
  const size = 2 ** tree.inputBits;
  const offset = (address: bigint): number => Math.min(size, Math.max(0, Number(address - base)));
  const bounds: Bounds = { descriptors: MOST_DESCRIPTORS, runs: Math.min(limit ?? MOST_RUNS, MOST_RUNS) };
  const { runs, descriptors, next } = tableRuns(tree, from === undefined ? 0 : offset(from), to === undefined ? size : offset(to), bounds);
  return { regime, outputSpace, runs: runs.map(describe), descriptors, ...(next === undefined ? {} : { next: base + BigInt(next) }) };
}

function edgesOf(
  { first, end, level, kind }: TableRun,
  base: bigint,
  { granule, stage }: TableTree,
): Pick<MappedRun, 'first' | 'last' | 'entry' | 'entryBytes' | 'level'> {
  const entryBytes = 2 ** entryShift({ stage, level, granule });
  const bytes = sizeName(entryBytes);
  const entry = kind === 'leaf' ? `${bytes} ${level === 3 ? 'page' : 'block'}` : `${bytes} entry`;
  return { first: base + BigInt(first), last: base + BigInt(end) - 1n, entry, entryBytes, level };
}

const outputOf = ({ output, linear }: TableRun): Pick<MappedRun, 'output' | 'scattered'> => ({
  output: BigInt(output),
  ...(linear ? {} : { scattered: true }),
});

function flagsOf({ descriptor }: TableRun, clean: boolean, ...more: readonly (readonly string[])[]): string[] {
  const bit = (n: bigint): boolean => ((descriptor >> n) & 1n) !== 0n;
  return [
    ...more.flat(),
    ...(bit(10n) ? [] : ['AF=0']),
    ...(bit(51n) ? [clean ? 'DBM clean' : 'DBM'] : []),
    ...(bit(52n) ? ['Contiguous'] : []),
  ];
}
