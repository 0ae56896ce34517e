/**
 * A sequence of bytes that depends on nothing but its seed (SplitMix64): where real hardware would hand out entropy, two runs of the machine must
 * get the same.
 */
export class SeededBytes {
  private state: bigint;
  private word = 0n;
  private left = 0;

  constructor(seed: number | bigint) {
    this.state = BigInt.asUintN(64, BigInt(seed));
  }

  next64(): bigint {
    this.state = BigInt.asUintN(64, this.state + 0x9e3779b97f4a7c15n);
    let z = this.state;
    z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
    z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
    return z ^ (z >> 31n);
  }

  bytes(count: number): Uint8Array {
    const out = new Uint8Array(count);
    for (let i = 0; i < count; i++) {
      if (this.left === 0) {
        this.word = this.next64();
        this.left = 8;
      }
      out[i] = Number(this.word & 0xffn);
      this.word >>= 8n;
      this.left--;
    }
    return out;
  }
}
