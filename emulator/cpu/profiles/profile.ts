/** A field of the modelled processor's ID registers that this implementation does not offer, or offers differently. */
export interface Difference {
  readonly register: string;
  readonly field: string;
  /** Bit numbers of the field. */
  readonly high: number;
  readonly low: number;
  /** Value here. */
  readonly value: number;
  readonly reason: string;
}

/** One kind of processor: what its ID registers say, before and after what is not implemented is taken away. */
export interface Profile {
  /** Name for `--cpu`. */
  readonly name: string;
  readonly title: string;
  /** ID registers of the modelled processor. Registers left out are 0. */
  readonly model: Readonly<Record<string, bigint>>;
  readonly differences: readonly Difference[];
  /** CCSIDR_EL1 by CSSELR_EL1 (level in bits 3:1, InD in bit 0). */
  readonly cacheSizes: Readonly<Record<number, bigint>>;
  /** SCTLR_EL1 out of reset. */
  readonly resetSctlr: bigint;
}

/** Value of an ID register of a profile: the model's, less what is not implemented. */
export function idRegister(profile: Profile, name: string): bigint {
  let value = profile.model[name] ?? 0n;
  for (const { register, high, low, value: here } of profile.differences) {
    if (register !== name) continue;
    const mask = ((1n << BigInt(high - low + 1)) - 1n) << BigInt(low);
    value = (value & ~mask) | (BigInt(here) << BigInt(low));
  }
  return value;
}
