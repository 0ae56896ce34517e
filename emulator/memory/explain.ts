import { DRY, FETCH, neededRights, PAN, PROBE, READ, UNPRIVILEGED, WRITE } from './access.ts';
import type { AddressSpace } from './address-space.ts';
import { lastAttributes } from './address-translation.ts';
import { type CacheRules, describeMemAttr, describeType, shareabilities } from './attributes.ts';
import { decidedRowAttributes } from './configuration.ts';
import type { FaultType } from './fault.ts';
import { explainFault } from './fault-rules.ts';
import { namesOfRights, stage1RightsRules, stage2RightsRules } from './permission-rules.ts';
import { describeRights, stage2Rights } from './permissions.ts';
import type { PhysicalMemory } from './physical-memory.ts';
import type { Translation } from './translation.ts';
import { observed, type WalkStep } from './walk-steps.ts';

/** A fault of an access, and the check it did not pass. */
export interface ExplainedFault {
  readonly type: FaultType;
  readonly text: string;
  readonly rule: string;
  readonly statusCode: number;
  readonly stage: 1 | 2;
  readonly level: number;
  /** Of a stage 2 fault: what was being translated, and whether that was the address of a stage 1 table. */
  readonly ipa?: bigint;
  readonly s1ptw: boolean;
}

/** What one stage says of an address. */
export interface ExplainedStage {
  readonly level: number;
  /** `EL1 rw-, EL0 r--`. */
  readonly rights: string;
  readonly rightsRules: readonly string[];
  readonly type: string;
  readonly typeRule: string;
  readonly shareability: string;
}

/** What becomes of an address, and why. */
export interface Explanation {
  readonly steps: readonly WalkStep[];
  /** Of the access asked for. */
  readonly fault?: ExplainedFault;
  /** Where the tables lead, permissions, Access flags and alignment aside. */
  readonly ipa?: bigint;
  readonly pa?: bigint;
  /** Whether something answers at `pa`. */
  readonly present?: boolean;
  /** Absent where the tables of that stage do not lead to the end, or the stage is off. */
  readonly stage1?: ExplainedStage & { readonly global: boolean; readonly guarded: boolean };
  readonly stage2?: ExplainedStage;
  /** Of both stages. */
  readonly combined?: {
    readonly type: string;
    readonly typeRule: string;
    readonly shareability: string;
    readonly shareabilityRule: string;
    readonly cacheRules?: CacheRules;
  };
  readonly rights?: string;
  readonly rightsRules?: readonly string[];
}

/** The access to try: at which level, and what it does. */
export interface ExplainedAccess {
  readonly kind: 'read' | 'write' | 'fetch';
  readonly el: 0 | 1;
  /** PSTATE.PAN. */
  readonly pan?: boolean;
}

const kinds = { read: READ, write: WRITE, fetch: FETCH } as const;
const accessBits = ({ kind, el, pan }: ExplainedAccess): number => kinds[kind] | (el === 0 ? UNPRIVILEGED : pan ? PAN : 0);

/**
 * Walks as the access would, without its effects: no descriptor is updated and no TLB filled or consulted.
 * @param space `va`, or `ipa` for stage 2 alone.
 */
export function explain(
  translation: Translation,
  physical: PhysicalMemory,
  regime: AddressSpace,
  space: 'va' | 'ipa',
  address: bigint,
  access: ExplainedAccess,
): Explanation {
  const { configuration } = regime;
  const bits = accessBits(access);
  const [low, high] = [Number(BigInt.asIntN(32, address)), Number(BigInt.asIntN(32, address >> 32n))];
  const ipa = Number(BigInt.asUintN(64, address));
  const second = (at: number, mode: number): boolean => translation.stage2.translate(configuration, regime.stage2Space, at, mode);
  const { done } = observed(translation, configuration, address, () =>
    space === 'va' ? translation.translate(regime, low, high, bits | DRY) : second(ipa, bits | DRY),
  );
  const fault = done ? undefined : explainedFault(translation, regime, address, bits);
  // Where the tables lead is a question of its own: the access may have failed before the end.
  const found: Outcome = {};
  const steps: WalkStep[] = [];
  if (space === 'ipa') Object.assign(found, { ipa: address });
  else {
    const first = observed(translation, configuration, address, () => translation.first(regime, low, high, bits | PROBE));
    steps.push(...first.steps);
    if (first.done) Object.assign(found, { ipa: BigInt(translation.ipa), stage1: stage1Outcome(translation, regime, access) });
  }
  if (found.ipa !== undefined) {
    const at = space === 'ipa' ? ipa : translation.ipa;
    const last = observed(translation, configuration, address, () => second(at, READ | PROBE));
    steps.push(...last.steps);
    if (last.done) Object.assign(found, secondOutcome(translation, physical, regime, space, access));
  }
  return { steps, ...(fault ? { fault } : {}), ...found };
}

type Outcome = Omit<Explanation, 'steps' | 'fault'>;

function explainedFault(translation: Translation, { configuration }: AddressSpace, va: bigint, access: number): ExplainedFault {
  const { fault } = translation;
  const { type, stage, level, statusCode, rule, s1ptw } = fault;
  const given = describeRights(stage === 1 ? translation.rights1 : translation.stage2.rights);
  const needed = s1ptw
    ? 'the walk of stage 1 reads its table (and writes it to update a descriptor)'
    : `${namesOfRights(neededRights(access))} is needed`;
  const why =
    rule === 'rights' ? `${needed}, stage ${stage} gives ${given}` : explainFault(fault, configuration, ((va >> 55n) & 1n) !== 0n);
  return { type, text: fault.describe(), rule: why, statusCode, stage, level, s1ptw, ...(stage === 2 ? { ipa: BigInt(fault.ipa) } : {}) };
}

function stage1Outcome(translation: Translation, { configuration }: AddressSpace, { kind }: ExplainedAccess): Outcome['stage1'] {
  const { row, sh, level, global, guarded, rights, rights1, rightsIndex, tableRights } = translation;
  const { attributes, typeRule } = decidedRowAttributes(configuration.registers, row, sh, kind === 'fetch');
  const flat = configuration.stage1 ? undefined : ['stage 1 is off: it denies nothing'];
  const clean = rights === rights1 ? [] : ['DBM = 1 and AP[2] = 1: writable and clean, the first write clears AP[2]'];
  return {
    ...{ level, global, guarded: guarded && configuration.guardedPages, rights: describeRights(rights1) },
    rightsRules: flat ?? [...stage1RightsRules(rightsIndex, tableRights), ...clean],
    type: describeType(attributes),
    typeRule,
    shareability: attributes.shareability,
  };
}

/** What the last walk of stage 2 found, and what comes of both stages together. */
function secondOutcome(
  translation: Translation,
  physical: PhysicalMemory,
  regime: AddressSpace,
  space: 'va' | 'ipa',
  access: ExplainedAccess,
): Outcome {
  const { configuration } = regime;
  const { stage2 } = translation;
  const { enabled, fwb } = configuration.stage2;
  const { rights1, panDenied } = translation;
  const rights2 = enabled ? stage2Rights[stage2.rightsIndex]! : stage2.rights;
  const second: ExplainedStage = {
    level: stage2.level,
    rights: describeRights(rights2),
    rightsRules: [
      ...stage2RightsRules(stage2.rightsIndex),
      ...(stage2.clean ? ['DBM = 1 and S2AP[1] = 0: writable and clean, the first write sets S2AP[1]'] : []),
    ],
    type: describeMemAttr(stage2.memAttr, fwb),
    typeRule: `MemAttr[3:0] = 0b${stage2.memAttr.toString(2).padStart(4, '0')}, HCR_EL2.FWB = ${fwb ? 1 : 0}`,
    shareability: shareabilities[stage2.sh]!,
  };
  const reached = { pa: BigInt(stage2.pa), present: physical.hostOf(stage2.pa) >= 0, ...(enabled ? { stage2: second } : {}) };
  if (space === 'ipa') return { ...reached, rights: describeRights(rights2), rightsRules: [] };
  const denied = access.pan && panDenied ? ['PSTATE.PAN = 1 denies EL1 loads and stores here: EL0 can reach the page'] : [];
  const { attributes, ...rules } = lastAttributes(translation, regime, access.kind === 'fetch');
  const combined = { type: describeType(attributes), shareability: attributes.shareability, ...rules };
  return { ...reached, combined, rights: describeRights(rights1 & rights2), rightsRules: denied };
}
