/** CRC over the low bytes of a word, least significant first: no inversion before or after, as CRC32* and CRC32C* define it. */

/** Bit-reversed polynomials: CRC-32 (0x04c11db7) and CRC-32C (0x1edc6f41). */
const polynomials = { crc32: 0xedb88320, crc32c: 0x82f63b78 } as const;

function tableOf(polynomial: number): Int32Array {
  return Int32Array.from({ length: 256 }, (_, byte) => {
    let rest = byte;
    for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ polynomial : rest >>> 1;
    return rest;
  });
}

function checksum(polynomial: number): (accumulator: number, data: number, bytes: number) => number {
  const table = tableOf(polynomial);
  return (accumulator, data, bytes) => {
    let crc = accumulator;
    for (let k = 0; k < bytes; k++) crc = table[(crc ^ (data >>> (8 * k))) & 0xff] ^ (crc >>> 8);
    return crc;
  };
}

const signature = { parameters: ['i32', 'i32', 'i32'], result: 'i32' } as const;

export const checksumFunctions = {
  /** (accumulator, data, number of bytes 1–4) */
  crc32: { ...signature, run: checksum(polynomials.crc32) },
  crc32c: { ...signature, run: checksum(polynomials.crc32c) },
} as const;
