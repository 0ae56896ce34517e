import type { CpuState } from '../../cpu/state.ts';
import { PROBE, READ } from '../../memory/access.ts';
import { type Explanation, type Rights, type WalkStep, explain as walk } from '../../memory/explain.ts';
import type { Translation, TranslationStep } from '../machine.ts';
import type { MemoryMap } from './memory.ts';

const hex = (value: bigint): string => `0x${value.toString(16)}`;

/** Translates a VA as a read at this level does, telling every descriptor on the way, without changing anything the guest can see. */
export function explain(map: MemoryMap, state: CpuState, va: bigint, el: number): Translation {
  const { mmu, physical } = map;
  const space = mmu.spaceOf(state);
  const { ipa, pa, fault, steps, ...rest } = walk(mmu.translation, physical, space, va, { kind: 'read', el: el === 0 ? 0 : 1 });
  const lines: TranslationStep[] = [];
  if (!space.configuration.stage1) lines.push({ text: 'stage 1 is off (SCTLR_EL1.M = 0): the IPA is the VA' });
  lines.push(...steps.map((step) => ({ text: stepText(step) })));
  if (!fault) return { va, ipa: ipa!, pa: pa!, steps: [...lines, ...outcome(rest).map((text) => ({ text }))] };
  return fault.stage === 2 ? lazily(map, state, va, fault.text, lines) : { va, fault: fault.text, steps: lines };
}

/** Not in the stage 2 tables: KVM maps a page at its first access, and where that will be its memory slot says already. */
function lazily(
  { mmu, physical, hostOfIpa }: MemoryMap,
  state: CpuState,
  va: bigint,
  fault: string,
  steps: TranslationStep[],
): Translation {
  const { translation } = mmu;
  const found = translation.first(mmu.spaceOf(state), Number(BigInt.asIntN(32, va)), Number(BigInt.asIntN(32, va >> 32n)), READ | PROBE);
  const host = found ? hostOfIpa(translation.ipa) : -1;
  if (host < 0) return { va, ...(found ? { ipa: BigInt(translation.ipa) } : {}), fault, steps };
  steps.push({ text: `${fault}: KVM has not mapped the page yet; its memory slot has it` });
  return { va, ipa: BigInt(translation.ipa), pa: BigInt(physical.physical(host)), steps };
}

function stepText({ stage, level, input, address, descriptor, kind }: WalkStep): string {
  const of = stage === 2 ? ` for ipa:${hex(input)}` : '';
  return `stage ${stage} level ${level}${of}: ${kind} descriptor ${hex(descriptor)} at ${stage === 1 ? 'ipa' : 'pa'}:${hex(address)}`;
}

function outcome({ present, el1, el0 }: Pick<Explanation, 'present' | 'el1' | 'el0'>): string[] {
  const rights = (r: Rights): string => `${r.read ? 'r' : '-'}${r.write ? 'w' : '-'}${r.execute ? 'x' : '-'}`;
  const lines = el1 && el0 ? [`EL1 ${rights(el1)}, EL0 ${rights(el0)}`] : [];
  return present ? lines : [...lines, 'nothing answers at this physical address: an access is a synchronous external abort'];
}
