import { type HypercallContext, type HypercallResult, result } from './context.ts';

/** True Random Number Generator firmware interface (Arm DEN 0098), as KVM offers it. The entropy is the machine's seeded sequence: runs repeat. */
export const trngFunction = {
  VERSION: 0x8400_0050n,
  FEATURES: 0x8400_0051n,
  GET_UUID: 0x8400_0052n,
  RND32: 0x8400_0053n,
  RND64: 0xc400_0053n,
} as const;

const VERSION_1_0 = 0x1_0000n;
/** KVM's TRNG UUID 0d21e000-4384-11eb-8070-5244554e5a4c, its bytes as four little-endian words. */
const UUID: HypercallResult = [0x00e0_210dn, 0xeb11_8443n, 0x4452_7080n, 0x4c5a_4e55n];

const supported = new Set<bigint>(Object.values(trngFunction));

export const isTrng = (id: bigint): boolean => supported.has(id);

export function trngCall(c: HypercallContext, id: bigint): HypercallResult {
  switch (id) {
    case trngFunction.VERSION:
      return [VERSION_1_0];
    case trngFunction.FEATURES:
      return [supported.has(BigInt.asUintN(32, c.x(1))) ? result.SUCCESS : result.NOT_SUPPORTED];
    case trngFunction.GET_UUID:
      return UUID;
    default:
      return random(c, id === trngFunction.RND64 ? 64 : 32);
  }
}

/** Bits asked for come in X1 to X3, X3 holding the least significant; unused high bits are zero, and no bits are as good as any. */
function random(c: HypercallContext, wordBits: number): HypercallResult {
  const bits = Number(BigInt.asUintN(32, c.x(1)));
  if (bits > wordBits * 3) return [result.INVALID_PARAMETERS];
  const words = [0n, 0n, 0n];
  for (let i = 0; i * wordBits < bits; i++) {
    const take = Math.min(wordBits, bits - i * wordBits);
    words[2 - i] = BigInt.asUintN(take, c.vm.entropy());
  }
  return [result.SUCCESS, ...words];
}
