import type { CpuState } from '../../cpu/state.ts';
import { PROBE, READ } from '../../memory/access.ts';
import type { Translation, TranslationStep } from '../machine.ts';
import { describeFault, type MemoryMap } from './memory.ts';

const hex = (value: number | bigint): string => `0x${value.toString(16)}`;

/** Translates a VA as the MMU does, telling every descriptor on the way, without changing anything the guest can see. */
export function explain({ mmu, physical, hostOfIpa }: MemoryMap, state: CpuState, va: bigint): Translation {
  const { translation } = mmu;
  const space = mmu.spaceOf(state);
  const steps: TranslationStep[] = [];
  if (!space.configuration.stage1) steps.push({ text: 'stage 1: the MMU is off (SCTLR_EL1.M = 0), the IPA is the VA' });
  const before = translation.observer;
  translation.observer = {
    descriptor(stage, level, input, address, low, high) {
      const value = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
      const of = stage === 2 ? ` for ipa ${hex(input)}` : '';
      steps.push({ text: `stage ${stage} level ${level}${of}: descriptor ${hex(value)} at ${stage === 1 ? 'ipa' : 'pa'} ${hex(address)}` });
    },
  };
  try {
    const low = Number(va & 0xffff_ffffn) | 0;
    const high = Number(va >> 32n) | 0;
    if (!translation.first(space, low, high, READ | PROBE)) return { va, fault: describeFault(translation.fault), steps };
    const ipa = translation.ipa;
    if (translation.translate(space, low, high, READ | PROBE)) return { va, ipa: BigInt(ipa), pa: BigInt(translation.pa), steps };
    const fault = describeFault(translation.fault);
    // Not in the stage 2 tables yet: KVM would map it at the first access, and where is known already.
    const host = hostOfIpa(ipa);
    if (host < 0) return { va, ipa: BigInt(ipa), fault, steps };
    steps.push({ text: `${fault}: KVM has not mapped the page yet, its memory slot has it` });
    return { va, ipa: BigInt(ipa), pa: BigInt(physical.physical(host)), steps };
  } finally {
    translation.observer = before;
  }
}
