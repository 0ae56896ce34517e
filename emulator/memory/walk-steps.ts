import type { DescribedField } from '../isa/registers/describe.ts';
import type { RegimeConfiguration } from './configuration.ts';
import {
  type DescriptorKind,
  type DescriptorPlace,
  type DescriptorSettings,
  describeDescriptor,
  descriptorKind,
  descriptorOutput,
  entryShift,
} from './descriptor-fields.ts';
import type { Translation } from './translation.ts';
import type { WalkObserver } from './walk-observer.ts';

/** One descriptor that a walk read, taken apart. */
export interface WalkStep {
  readonly stage: 1 | 2;
  readonly level: number;
  /** What was being translated: at stage 2 an IPA (of a stage 1 table, or the final one); at stage 1 the VA. */
  readonly input: bigint;
  /** Where the descriptor is: an IPA at stage 1 (a physical address where stage 2 is off), a physical address at stage 2. */
  readonly address: bigint;
  /** Where it is physically. */
  readonly pa: bigint;
  readonly descriptor: bigint;
  readonly kind: DescriptorKind;
  readonly fields: readonly DescribedField[];
  /** The next table, or the start of the block or page. */
  readonly output?: bigint;
  /** Bytes of input addresses that one entry of this table stands for. */
  readonly covers: number;
}

/** What gives descriptors of a regime their meaning. */
export function descriptorSettings(stage: 1 | 2, configuration: RegimeConfiguration): DescriptorSettings {
  const { stage2, registers } = configuration;
  return stage === 1
    ? {
        mair: registers.MAIR,
        bti: configuration.guardedPages,
        dirtyState: configuration.dirtyStateUpdate,
        output: stage2.enabled ? 'ipa' : 'pa',
      }
    : { fwb: stage2.fwb, xnx: stage2.xnx, dirtyState: stage2.dirtyStateUpdate };
}

/**
 * Descriptors that `walk` reads, by a walk that goes through the tables and not through what is cached of stage 2.
 * @param va What stage 1 translates.
 */
export function observed(
  translation: Translation,
  configuration: RegimeConfiguration,
  va: bigint,
  walk: () => boolean,
): { readonly done: boolean; readonly steps: readonly WalkStep[] } {
  const steps: WalkStep[] = [];
  const granule1 = ((va >> 55n) & 1n ? configuration.upper : configuration.lower).granule;
  const observer: WalkObserver = {
    descriptor(stage, level, input, address, low, high) {
      const place: DescriptorPlace = { stage, level, granule: stage === 1 ? granule1 : configuration.stage2.granule };
      const descriptor = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
      const output = descriptorOutput(descriptor, place);
      steps.push({
        ...{ stage, level, descriptor },
        input: stage === 1 ? va : BigInt(input),
        address: BigInt(address),
        pa: BigInt(stage === 1 ? translation.stage2.pa : address),
        kind: descriptorKind(low, place),
        fields: describeDescriptor(descriptor, place, descriptorSettings(stage, configuration)),
        ...(output === undefined ? {} : { output }),
        covers: 2 ** entryShift(place),
      });
    },
  };
  translation.observer = observer;
  try {
    return { done: walk(), steps };
  } finally {
    translation.observer = undefined;
  }
}
