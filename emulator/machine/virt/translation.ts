import { readPstate } from '../../cpu/core.ts';
import { levelOf, PSTATE } from '../../cpu/pstate.ts';
import type { Vcpu } from '../../kvm/vcpu.ts';
import { PROBE, READ } from '../../memory/access.ts';
import type { AddressSpace } from '../../memory/address-space.ts';
import { cachedTranslation } from '../../memory/cached-translation.ts';
import { describeStage1, describeStage2 } from '../../memory/describe-regime.ts';
import type { ExplainedAccess } from '../../memory/explain.ts';
import type { Translation, TranslationQuery } from '../memory-views.ts';
import type { MemoryMap } from './memory.ts';
import { memslotView } from './memslots.ts';
import { stage2Resolution } from './stage2-resolution.ts';

/** An address through the stages of a vCPU, without changing anything the guest can see: the silicon's walk, and what KVM does about it. */
export function translationOf(map: MemoryMap, vcpu: Vcpu, query: TranslationQuery): Translation {
  const { space, address } = query;
  const { state } = vcpu;
  const access = accessOf(vcpu, query);
  const { mmu } = map;
  const regime = mmu.spaceOf(state);
  const second = describeStage2(regime);
  const regimes = space === 'va' ? [describeStage1(regime, ((address >> 55n) & 1n) !== 0n), second] : [second];
  const found = mmu.explain(state, space, address, access);
  const ipa = found.fault?.ipa ?? found.ipa;
  const slot = ipa === undefined ? undefined : vcpu.vm.memslots.find(Number(ipa));
  const resolution = found.fault && stage2Resolution(vcpu.vm, found.fault, access);
  // Where the memory will be its slot says already.
  const host = resolution?.maps && !found.fault!.s1ptw && found.pa === undefined ? map.hostOfIpa(Number(ipa)) : -1;
  const pa = host < 0 ? found.pa : BigInt(map.physical.physical(host));
  const notes = [
    ...stale(map, regime, query, found.pa),
    ...(pa === undefined ? [] : poisonNotes(map, pa, access)),
    ...(found.present === false ? ['nothing answers at this physical address: an access is a synchronous external abort'] : []),
  ];
  return {
    space,
    address,
    access,
    regimes,
    ...found,
    ...(slot ? { memslot: memslotView(vcpu.vm, slot) } : {}),
    ...(resolution ? { resolution } : {}),
    ...(pa === undefined ? {} : { pa }),
    notes,
  };
}

/** A TLB may hold what the tables said before: software that changes a live entry without break-before-make sees either. */
function stale({ mmu }: MemoryMap, regime: AddressSpace, { space, address }: TranslationQuery, pa: bigint | undefined): string[] {
  const cached = space === 'va' ? cachedTranslation(mmu, regime, address) : undefined;
  if (cached === undefined || cached === pa) return [];
  return [`a TLB holds an older translation, to pa:0x${cached.toString(16)}: until a TLBI an access may use it`];
}

/** What the access would consume. */
function poisonNotes({ physical }: MemoryMap, pa: bigint, { kind }: ExplainedAccess): string[] {
  const host = physical.hostOf(Number(pa));
  const poison = host < 0 ? undefined : physical.poison.consume(host, 1, kind === 'fetch' ? 'instruction' : 'data', true);
  return poison ? [`the memory has an error (${poison.severity}): an access consumes it, a synchronous external abort`] : [];
}

/** The access asked for, by the vCPU's own level and PSTATE.PAN where nothing else is said. */
function accessOf({ state }: Vcpu, { kind = 'read', el, pan }: TranslationQuery): ExplainedAccess {
  const pstate = readPstate(state);
  const level = el ?? (levelOf(pstate) === 0 ? 0 : 1);
  return { kind, el: level, pan: level === 1 && (pan ?? (pstate & PSTATE.PAN) !== 0) };
}

/** Where an address leads, as far as tables and memory slots say. */
export function placeOf(
  { mmu, physical, hostOfIpa }: MemoryMap,
  { state }: Vcpu,
  va: bigint,
): { readonly ipa?: bigint; readonly pa?: bigint } {
  const { translation } = mmu;
  if (!translation.first(mmu.spaceOf(state), Number(BigInt.asIntN(32, va)), Number(BigInt.asIntN(32, va >> 32n)), READ | PROBE)) return {};
  const ipa = BigInt(translation.ipa);
  const host = hostOfIpa(translation.ipa);
  return host < 0 ? { ipa } : { ipa, pa: BigInt(physical.physical(host)) };
}
