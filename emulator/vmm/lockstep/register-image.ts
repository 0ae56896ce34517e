import { systemRegisters } from '../../isa/registers/index.ts';
import type { Vcpu } from '../../kvm/vcpu.ts';
import { SYSTEM_OFFSET, slots, V_OFFSET } from '../../translate/layout.ts';

/** Slots of the vCPU block that are the guest's. The others are derived from these, or between generated code and its processor. */
const guestSlots: readonly (readonly [string, number])[] = [
  ...Array.from({ length: 31 }, (_, n) => [`x${n}`, n] as const),
  ['sp', slots.sp],
  ['pc', slots.pc],
  ['pstate', slots.pstate],
  ['exclusive monitor', slots.exclusiveHost],
  ['exclusive size', slots.exclusiveSize],
  ['fpcr', slots.fpcr],
  ['fpsr', slots.fpsr],
];

const NZCV = guestSlots.length;
const VECTORS = NZCV + 1;
const SYSTEM = VECTORS + 64;

/** Doublewords of one vCPU's image. */
export const IMAGE_DOUBLEWORDS = SYSTEM + systemRegisters.length;

/** Copies every register of a vCPU to `image` at `at`, in one order and in a form that does not depend on who computed them. */
export function writeRegisters(vcpu: Vcpu, image: BigUint64Array, at: number): void {
  const block = vcpu.state.block();
  guestSlots.forEach(([, slot], n) => {
    image[at + n] = block[slot]!;
  });
  image[at + NZCV] = BigInt(vcpu.state.nzcv() >>> 0);
  image.set(block.subarray(V_OFFSET / 8, V_OFFSET / 8 + 64), at + VECTORS);
  image.set(block.subarray(SYSTEM_OFFSET / 8, SYSTEM_OFFSET / 8 + systemRegisters.length), at + SYSTEM);
}

/** What a doubleword of an image is. */
export function registerName(n: number): string {
  if (n < NZCV) return guestSlots[n]![0];
  if (n === NZCV) return 'nzcv';
  if (n >= SYSTEM) return systemRegisters[n - SYSTEM]!.name;
  return `v${(n - VECTORS) >> 1} ${(n - VECTORS) & 1 ? 'high' : 'low'}`;
}
