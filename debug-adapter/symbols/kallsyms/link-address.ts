import { BLOCK, elect, isKernelHalf, type KernelAddress, kernelAddress, offsetFrom } from './address-vote.ts';

const TEXT_OFFSET_AT = 8;
const R_AARCH64_RELATIVE = 0x403;
/** Relocations or pointers that are looked at. */
const SAMPLE = 8192;
/** Fewer relocations than this are chance, or the few that a compressed table (RELR) leaves over. */
const MIN_RELOCATIONS = 64;
/** 64-bit words that are looked at: enough for some thousands of each, and not all of 40 MB. */
const SAMPLED_WORDS = 250_000;
/** Pointers to functions that have to agree, and how many times as often as with the next best address. */
const MIN_POINTERS = 16;
const MARGIN = 3;

/**
 * The address an image is linked at. Nothing in it says so, but what KASLR would change does: relocations, or where they are compressed or there are none, pointers.
 * @param functions Bytes from the start of the image.
 */
export function linkAddress(image: Uint8Array, functions: ReadonlySet<number>): bigint | undefined {
  const words = new Uint32Array(image.buffer, image.byteOffset, (image.length >> 3) << 1);
  const textOffset = textOffsetOf(image);
  const block = blockByRelocations(words, textOffset) ?? blockByPointers(words, textOffset, functions);
  return block === undefined ? undefined : BigInt(block) * BigInt(BLOCK) + BigInt(textOffset);
}

/** Whether an image can be linked at an address. */
export const isLinkAddress = (image: Uint8Array, address: bigint): boolean =>
  isKernelHalf(Number(address >> 32n)) && address % BigInt(BLOCK) === BigInt(textOffsetOf(image));

const textOffsetOf = (image: Uint8Array): number => new DataView(image.buffer, image.byteOffset).getUint32(TEXT_OFFSET_AT, true) % BLOCK;

/** `.rela.dyn`: what a relocation is to fill in is 0 before (or already filled in). That is so for all of them only at the right address. */
function blockByRelocations(words: Uint32Array, textOffset: number): number | undefined {
  // Index of r_offset of each; r_info and r_addend follow, two words each.
  const relocations: number[] = [];
  for (let at = 2, stride = strideOf(words); at + 3 < words.length; at += stride) {
    if (words[at] !== R_AARCH64_RELATIVE || words[at + 1] !== 0 || !isKernelHalf(words[at - 1]!) || !isKernelHalf(words[at + 3]!)) continue;
    relocations.push(at - 2);
  }
  if (relocations.length < MIN_RELOCATIONS) return undefined;
  const sample = spread(relocations);
  const places = sample.map((at) => kernelAddress(words[at]!, words[at + 1]!, textOffset));
  const { block, votes, second } = elect(places, words.length * 4, (candidate) => {
    let fit = 0;
    for (let i = 0; i < sample.length; i++) {
      const at = offsetFrom(candidate, places[i]!) / 4;
      if (at < 0 || at + 1 >= words.length) continue;
      const low = words[at];
      const high = words[at + 1];
      const addend = sample[i]! + 4;
      if ((low === 0 && high === 0) || (low === words[addend] && high === words[addend + 1])) fit++;
    }
    return fit;
  });
  return votes * 10 >= sample.length * 9 && second * 10 <= sample.length * 6 ? block : undefined;
}

/** Pointers in place: many are to the start of a function. */
function blockByPointers(words: Uint32Array, textOffset: number, functions: ReadonlySet<number>): number | undefined {
  const pointers: KernelAddress[] = [];
  for (let at = 0, stride = strideOf(words); at < words.length; at += stride)
    if (isKernelHalf(words[at + 1]!)) pointers.push(kernelAddress(words[at]!, words[at + 1]!, textOffset));
  const sample = spread(pointers);
  const { block, votes, second } = elect(sample, words.length * 4, (candidate) => {
    let agreeing = 0;
    for (const pointer of sample) if (functions.has(offsetFrom(candidate, pointer))) agreeing++;
    return agreeing;
  });
  return votes >= MIN_POINTERS && votes >= second * MARGIN ? block : undefined;
}

/** Halves of words from one that is looked at to the next. Structures have powers of two, and relocations three words: it is no multiple of either. */
function strideOf({ length }: Uint32Array): number {
  const stride = Math.floor(length / 2 / SAMPLED_WORDS) | 1;
  return 2 * (stride > 1 && stride % 3 === 0 ? stride + 2 : stride);
}

/** At most SAMPLE of them, from everywhere. */
function spread<T>(all: readonly T[]): readonly T[] {
  const step = Math.ceil(all.length / SAMPLE);
  return step <= 1 ? all : all.filter((_, i) => i % step === 0);
}
