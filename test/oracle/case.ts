/**
 * One experiment: an instruction word and the state it starts in. The bytes are those of `struct state` in native/runner.c.
 */

/** Guest addresses that both sides agree on: a page of memory, and the page the instruction is in. */
export const WINDOW = 0x1_0000_0000;
export const CODE = 0x1_0001_0000;
export const WINDOW_BYTES = 4096;
/** Offsets in the code page: a prefix that prepares the exclusive monitor, the instruction, what follows it. */
export const PREFIX_AT = 0x800;
export const WORD_AT = 0x804;
export const NEXT_AT = 0x808;

export const flags = { simd: 1, wantState: 2 } as const;

/** How an instruction ended. */
export const outcomes = ['completed', 'branched', 'undefined', 'fault', 'alignment fault'] as const;
export const outcome = { completed: 0, branched: 1, undefined: 2, fault: 3, alignment: 4 } as const;

export const CASE_BYTES = 800;
/** Offsets of words and doublewords in a case. */
export const at = { word: 0, prefix: 4, nzcv: 8, fpcr: 12, fpsr: 16, flags: 20, sp: 24, x: 32, pc: 280, v: 288 } as const;

/** A case, writable by register. */
export class Case {
  readonly bytes = Buffer.alloc(CASE_BYTES);
  readonly words = new Uint32Array(this.bytes.buffer, this.bytes.byteOffset, CASE_BYTES / 4);
  readonly doublewords = new BigUint64Array(this.bytes.buffer, this.bytes.byteOffset, CASE_BYTES / 8);

  get(offset: number): number {
    return this.words[offset >> 2];
  }

  set(offset: number, value: number): void {
    this.words[offset >> 2] = value;
  }

  /** General-purpose register; 31 is SP. */
  x(n: number): bigint {
    return this.doublewords[n === 31 ? at.sp >> 3 : (at.x >> 3) + n];
  }

  setX(n: number, value: bigint): void {
    this.doublewords[n === 31 ? at.sp >> 3 : (at.x >> 3) + n] = BigInt.asUintN(64, value);
  }
}

/** 64-bit hash of a result, as two words: cheap on both sides, not meant to resist anybody. */
export class ResultHash {
  first = 1;
  second = 2;

  reset(): void {
    this.first = 1;
    this.second = 2;
  }

  mix(word: number): void {
    const product = Math.imul(this.first ^ word, 0x9e3779b1);
    this.first = (product << 13) | (product >>> 19);
    const sum = Math.imul((this.second + word) | 0, 0x85ebca77);
    this.second = sum ^ (sum >>> 15);
  }
}

/** What memory holds before every case: the same bytes for ever, random and notable values side by side. */
export function memoryImage(): Uint8Array {
  const words = new Uint32Array(WINDOW_BYTES / 4);
  let state = 0x2545f491;
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    const kind = (state >>> 9) & 15;
    words[i] = kind === 0 ? 0 : kind === 1 ? 0xffffffff : kind === 2 ? 0x80000000 : kind === 3 ? state & 0xff : state;
  }
  return new Uint8Array(words.buffer);
}
