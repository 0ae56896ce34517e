import { NO_DIRTY, PAN, READ, UNPRIVILEGED, WRITE } from './access.ts';
import type { AddressSpace } from './address-space.ts';
import {
  combineAttributes,
  type DecidedAttributes,
  effectiveAttributes,
  type MemoryAttributes,
  parAttributes,
  parShareability,
} from './attributes.ts';
import { rowAttributes } from './configuration.ts';
import type { Fault } from './fault.ts';
import type { Translation } from './translation.ts';

/** An AT operation: which access it tries, through one stage or both. */
interface Operation {
  readonly access: number;
  readonly stages: 1 | 2;
  /** As if PSTATE.PAN applied (FEAT_PAN2). */
  readonly pan: boolean;
}

const operations: Readonly<Record<string, Operation>> = {
  S1E1R: { access: READ, stages: 1, pan: false },
  S1E1W: { access: WRITE, stages: 1, pan: false },
  S1E0R: { access: READ | UNPRIVILEGED, stages: 1, pan: false },
  S1E0W: { access: WRITE | UNPRIVILEGED, stages: 1, pan: false },
  S1E1RP: { access: READ, stages: 1, pan: true },
  S1E1WP: { access: WRITE, stages: 1, pan: true },
  S12E1R: { access: READ, stages: 2, pan: false },
  S12E1W: { access: WRITE, stages: 2, pan: false },
  S12E0R: { access: READ | UNPRIVILEGED, stages: 2, pan: false },
  S12E0W: { access: WRITE | UNPRIVILEGED, stages: 2, pan: false },
};

const FAULT = 1n;
const RES1 = 1n << 11n;
/** UNKNOWN outside Secure state; reported as Non-secure. */
const NS = 1n << 9n;
const STAGE2 = 1n << 9n;
const PTW = 1n << 8n;

/** Attributes of the stage 1 of the last translation. */
export function lastStage1Attributes(translation: Translation, space: AddressSpace, fetch = false): MemoryAttributes {
  return rowAttributes(space.configuration.registers, translation.row, translation.sh, fetch);
}

/** Attributes of the last translation through both stages, and what decided them. */
export function lastAttributes(translation: Translation, space: AddressSpace, fetch = false): DecidedAttributes {
  const first = lastStage1Attributes(translation, space, fetch);
  const { stage2 } = space.configuration;
  if (!stage2.enabled)
    return {
      attributes: effectiveAttributes(first),
      typeRule: 'stage 2 is off: stage 1 attributes',
      shareabilityRule: 'stage 2 is off: stage 1 shareability',
    };
  const disabled = ((space.configuration.registers.HCR >> (fetch ? 33n : 32n)) & 1n) !== 0n;
  const cacheDisabled = disabled ? (fetch ? 'HCR_EL2.ID' : 'HCR_EL2.CD') : undefined;
  return combineAttributes(first, translation.stage2.memAttr, translation.stage2.sh, { fwb: stage2.fwb, cacheDisabled });
}

/**
 * AT: PAR_EL1 of the operation.
 * Undefined: it is an exception, which `translation.fault` describes: an external abort, or from EL1 a stage 2 fault on the stage 1 walk.
 * @param operation As written after the mnemonic: `S1E1R`. Throws for one that the EL1&0 regime does not have.
 * @param pan PSTATE.PAN.
 * @param el Level that executes it.
 */
export function translateAddress(
  translation: Translation,
  space: AddressSpace,
  operation: string,
  va: bigint,
  pan: boolean,
  el: number,
): bigint | undefined {
  const what = operations[operation.toUpperCase()];
  if (what === undefined) throw new Error(`AT ${operation} is not known in the EL1&0 regime`);
  const access = what.access | NO_DIRTY | (what.pan && pan ? PAN : 0);
  const low = Number(BigInt.asIntN(32, va));
  const high = Number(BigInt.asIntN(32, va >> 32n));
  const done = what.stages === 1 ? first(translation, space, low, high, access) : translation.translate(space, low, high, access);
  if (!done) {
    const { fault } = translation;
    if (fault.type === 'external abort' || (el === 1 && fault.s1ptw)) return undefined;
    return faultPar(fault);
  }
  const attributes = what.stages === 1 ? lastStage1Attributes(translation, space) : lastAttributes(translation, space).attributes;
  const address = BigInt(what.stages === 1 ? translation.ipa : translation.pa) & 0xf_ffff_ffff_f000n;
  return address | (BigInt(parAttributes(attributes)) << 56n) | (BigInt(parShareability(attributes)) << 7n) | RES1 | NS;
}

function first(translation: Translation, space: AddressSpace, low: number, high: number, access: number): boolean {
  const { fault } = translation;
  fault.vaLow = low;
  fault.vaHigh = high;
  fault.write = (access & (READ | WRITE)) === WRITE;
  fault.access = 'address translation';
  return translation.first(space, low, high, access);
}

/** PAR_EL1 with F = 1. */
function faultPar(fault: Fault): bigint {
  return FAULT | (BigInt(fault.statusCode) << 1n) | (fault.s1ptw ? PTW : 0n) | (fault.stage === 2 ? STAGE2 : 0n) | RES1;
}
