import type { AddressSpace } from './address-space.ts';
import type { Mmu } from './mmu.ts';

/** Physical address that the TLB behind those of generated code holds for a VA, whatever the tables say by now; undefined: it holds none. */
export function cachedTranslation({ tlb, physical }: Mmu, space: AddressSpace, va: bigint): bigint | undefined {
  const [low, high] = [Number(BigInt.asIntN(32, va)), Number(BigInt.asIntN(32, va >> 32n))];
  const upper = ((va >> 55n) & 1n) !== 0n;
  const at = tlb.find(low, high, upper ? space.upperGlobal : space.lowerGlobal, upper ? space.upperLocal : space.lowerLocal);
  return at < 0 ? undefined : BigInt(physical.physical((tlb.words[at + 2]! >>> 0) + (low & 0xfff)));
}
