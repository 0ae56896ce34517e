import { PROBE, READ } from '../memory/access.ts';
import type { Vcpu } from './vcpu.ts';
import { register } from './vcpu-registers.ts';

const PAGE = 4096;

/**
 * At which level of the guest's stage-1 tables the walk for the address that trapped (FAR_EL2) reads the page that stage 2 refused (`__kvm_find_s1_desc_level`). Undefined: the
 * tables do not lead there, or it is not known which page it was.
 */
export function stage1LevelOf(vcpu: Vcpu): number | undefined {
  const page = vcpu.faultIpa;
  if (page === undefined) return undefined;
  const { state, processor } = vcpu;
  const { mmu } = processor;
  const { translation } = mmu;
  const space = mmu.spaceOf(state);
  // As Linux has it, though no walk can have been made.
  if (!space.configuration.stage1) return 0;
  let level: number | undefined;
  const seen = (at: number, address: number): void => {
    if (Math.floor(address / PAGE) * PAGE === page) level ??= at;
  };
  const { observer } = translation;
  translation.observer = { descriptor: (stage, at, _ipa, address) => stage === 1 && seen(at, address) };
  try {
    const far = register.FAR_EL2;
    if (!translation.first(space, state.systemLow(far), state.systemHigh(far), READ | PROBE)) {
      // The descriptor that stage 2 does not let be read is not among those seen.
      if (translation.fault.s1ptw) seen(translation.walkLevel, translation.walkAddress);
    }
  } finally {
    translation.observer = observer;
  }
  return level;
}
