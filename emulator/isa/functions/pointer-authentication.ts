import { block, qarma, qarma3, qarma5 } from './qarma.ts';

/**
 * State that pointer authentication depends on besides its operands. The processor keeps it in step: at every change of exception level,
 * of SCTLR_ELx and of TCR_ELx, and where the keys are (they are read where the registers are kept). One vCPU runs at a time, so there is one.
 */
export interface PointerAuthContext {
  /** Holds, from `keysAt` on, keys IA, IB, DA, DB, GA; of each the words of APxKeyLo_EL1 (low, high), then of APxKeyHi_EL1. */
  keys: Int32Array;
  keysAt: number;
  /** Bit k: key k (IA, IB, DA, DB) is enabled at the current level (SCTLR_ELx.EnIA, EnIB, EnDA, EnDB). */
  enabled: number;
  /** Effective top-byte-ignore of instruction pointers: bit 0 for addresses with bit 55 clear, bit 1 for those with it set. TCR_ELx.TBIn and not TBIDn. */
  instructionTbi: number;
  /** The same for data pointers: TCR_ELx.TBIn. */
  dataTbi: number;
  /** Lowest bit of the code in an address with bit 55 clear: 64 − effective T0SZ. */
  bottom0: number;
  /** The same with bit 55 set: 64 − effective T1SZ. */
  bottom1: number;
  /** ID_AA64ISAR1_EL1.APA (or ID_AA64ISAR2_EL1.APA3): 1 FEAT_PAuth, 2 FEAT_EPAC, 3 FEAT_PAuth2, 4 FEAT_FPAC, 5 FEAT_FPACCOMBINE. */
  level: number;
  algorithm: 'QARMA5' | 'QARMA3';
}

export const pointerAuthContext: PointerAuthContext = {
  keys: new Int32Array(20),
  keysAt: 0,
  enabled: 0,
  instructionTbi: 0,
  dataTbi: 0,
  bottom0: 48,
  bottom1: 48,
  level: 1,
  algorithm: 'QARMA5',
};

const EPAC = 2;
const PAUTH2 = 3;
const FPAC = 4;
const GA = 4;

/** A 64-bit value and its halves: BigInt arithmetic is far slower than this detour. */
const whole = new BigInt64Array(1);
const halves = new Int32Array(whole.buffer);
const join = (low: number, high: number): bigint => {
  halves[0] = low;
  halves[1] = high;
  return whole[0];
};

/**
 * Codes computed before: code signs and checks the same return addresses at the same stack depths again and again, and the cipher costs a hundred times
 * a look-up. An entry holds all that the code depends on, so it never has to be dropped: pointer, modifier, key, algorithm; then the code.
 */
const CACHE_ENTRIES = 4096;
const ENTRY_WORDS = 11;
const cache = new Int32Array(CACHE_ENTRIES * ENTRY_WORDS);

/** Encrypts the pointer in `block`. */
function computePac(modifier: bigint, key: number): void {
  const { keys, keysAt, algorithm } = pointerAuthContext;
  whole[0] = BigInt.asIntN(64, modifier);
  const modifierLow = halves[0];
  const modifierHigh = halves[1];
  const { low, high } = block;
  const at = keysAt + key * 4;
  const variant = algorithm === 'QARMA3' ? 3 : 5;
  const hash = Math.imul(low ^ (modifierLow << 7) ^ (modifierLow >>> 4) ^ high ^ modifierHigh ^ keys[at], 0x9e3779b1) >>> 20;
  const entry = hash * ENTRY_WORDS;
  if (
    cache[entry] === low &&
    cache[entry + 1] === high &&
    cache[entry + 2] === modifierLow &&
    cache[entry + 3] === modifierHigh &&
    cache[entry + 4] === keys[at] &&
    cache[entry + 5] === keys[at + 1] &&
    cache[entry + 6] === keys[at + 2] &&
    cache[entry + 7] === keys[at + 3] &&
    cache[entry + 8] === variant
  ) {
    block.low = cache[entry + 9];
    block.high = cache[entry + 10];
    return;
  }
  qarma(variant === 3 ? qarma3 : qarma5, modifierLow, modifierHigh, keys[at + 2], keys[at + 3], keys[at], keys[at + 1]);
  cache[entry] = low;
  cache[entry + 1] = high;
  cache[entry + 2] = modifierLow;
  cache[entry + 3] = modifierHigh;
  for (let word = 0; word < 4; word++) cache[entry + 4 + word] = keys[at + word];
  cache[entry + 8] = variant;
  cache[entry + 9] = block.low;
  cache[entry + 10] = block.high;
}

/** Masks of the bits below `bottom`, by half. */
const belowLow = (bottom: number): number => (bottom >= 32 ? -1 : 2 ** bottom - 1);
const belowHigh = (bottom: number): number => (bottom <= 32 ? 0 : 2 ** (bottom - 32) - 1);

const BIT55 = 1 << 23;
const TOP_BYTE = 0xff000000 | 0;

const tbiFor = (data: number): number => (data ? pointerAuthContext.dataTbi : pointerAuthContext.instructionTbi);

let failed = 0;

/** Arm ARM, AddPAC, in a regime with two address ranges. */
function add(pointer: bigint, modifier: bigint, key: number): bigint {
  const context = pointerAuthContext;
  if (!((context.enabled >> key) & 1)) return pointer;
  whole[0] = BigInt.asIntN(64, pointer);
  const low = halves[0];
  const high = halves[1];
  const bit55 = (high >>> 23) & 1;
  const tbis = tbiFor(key & 2);
  const selected = tbis ? bit55 : high >>> 31;
  const bottom = selected ? context.bottom1 : context.bottom0;
  // Bits of the high half that are no code: the top byte where it is ignored; bit 55 stays apart.
  const kept = (tbis >> bit55) & 1 ? TOP_BYTE : 0;
  const codeLow = ~belowLow(bottom);
  const codeHigh = ~belowHigh(bottom) & ~kept;
  const extension = -selected;
  block.low = (low & ~codeLow) | (extension & codeLow);
  block.high = (high & ~codeHigh) | (extension & codeHigh);
  computePac(modifier, key);
  let pacLow = block.low;
  let pacHigh = block.high;
  const zero = (low & codeLow) === 0 && (high & codeHigh) === 0;
  const ones = (low & codeLow) === codeLow && (high & codeHigh) === codeHigh;
  if (!zero && !ones && context.level < PAUTH2) {
    if (context.level === EPAC) {
      pacLow = 0;
      pacHigh = 0;
    } else pacHigh ^= kept ? 1 << 22 : 1 << 30;
  }
  if (context.level >= PAUTH2) {
    pacLow ^= low;
    pacHigh ^= high;
  }
  const insertHigh = codeHigh & ~BIT55;
  return join((low & ~codeLow) | (pacLow & codeLow), (high & ~insertHigh & ~BIT55) | (pacHigh & insertHigh) | (selected ? BIT55 : 0));
}

/** Masks of the bits that authentication looks at and strip restores, for the pointer in `halves`. */
function codeBits(data: number): { low: number; high: number; extension: number } {
  const bit55 = (halves[1] >>> 23) & 1;
  const bottom = bit55 ? pointerAuthContext.bottom1 : pointerAuthContext.bottom0;
  const ignored = (tbiFor(data) >> bit55) & 1 ? TOP_BYTE : 0;
  return { low: ~belowLow(bottom), high: ~belowHigh(bottom) & ~ignored, extension: -bit55 };
}

/** Arm ARM, Auth. */
function check(pointer: bigint, modifier: bigint, key: number): bigint {
  const context = pointerAuthContext;
  failed = 0;
  if (!((context.enabled >> key) & 1)) return pointer;
  whole[0] = BigInt.asIntN(64, pointer);
  const low = halves[0];
  const high = halves[1];
  const code = codeBits(key & 2);
  const originalLow = (low & ~code.low) | (code.extension & code.low);
  const originalHigh = (high & ~code.high) | (code.extension & code.high);
  block.low = originalLow;
  block.high = originalHigh;
  computePac(modifier, key);
  const comparedHigh = code.high & ~BIT55;
  if (context.level < PAUTH2) {
    if (((block.low ^ low) & code.low) === 0 && ((block.high ^ high) & comparedHigh) === 0) return join(originalLow, originalHigh);
    // error_code '01' for A keys, '10' for B keys: bits 54:53 under an ignored top byte, else bits 62:61.
    const errorCode = key & 1 ? 2 : 1;
    const position = code.high & TOP_BYTE ? 29 : 21;
    return join(originalLow, (originalHigh & ~(3 << position)) | (errorCode << position));
  }
  const resultLow = low ^ (block.low & code.low);
  const resultHigh = high ^ (block.high & comparedHigh);
  if (context.level >= FPAC && (resultLow !== originalLow || resultHigh !== originalHigh)) failed = 1;
  return join(resultLow, resultHigh);
}

/** Arm ARM, Strip. */
function strip(pointer: bigint, data: number): bigint {
  whole[0] = BigInt.asIntN(64, pointer);
  const code = codeBits(data);
  return join((halves[0] & ~code.low) | (code.extension & code.low), (halves[1] & ~code.high) | (code.extension & code.high));
}

/** PACGA: 32 bits of code over any value, in the high half. */
function generic(value: bigint, modifier: bigint): bigint {
  whole[0] = BigInt.asIntN(64, value);
  block.low = halves[0];
  block.high = halves[1];
  computePac(modifier, GA);
  return join(0, block.high);
}

const pointerOperation = { parameters: ['i64', 'i64', 'i32'], result: 'i64' } as const;

export const pointerAuthenticationFunctions = {
  /** (pointer, modifier, key): the pointer with its code inserted; unchanged where the key is disabled. */
  pointerAuthAdd: { ...pointerOperation, run: add },
  /** (pointer, modifier, key): the authenticated pointer, made non-canonical where the code is wrong. */
  pointerAuthCheck: { ...pointerOperation, run: check },
  /** i32: the last check failed and FEAT_FPAC makes that an exception. */
  pointerAuthFaults: { parameters: [], result: 'i32', run: (): number => failed },
  /** (pointer, 1 for data): the pointer without its code. */
  pointerAuthStrip: { parameters: ['i64', 'i32'], result: 'i64', run: strip },
  /** (value, modifier) */
  pointerAuthGeneric: { parameters: ['i64', 'i64'], result: 'i64', run: generic },
} as const;
