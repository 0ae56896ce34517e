import type { Fields, OperandSyntax } from '../instruction.ts';

const layout = { 16: [5, 10], 32: [8, 23], 64: [11, 52] } as const;

/** VFPExpandImm(): the floating-point number of an 8-bit immediate, as bits of the format. */
export function expandFpImmediate(bits: 16 | 32 | 64, imm8: number): bigint {
  const [exponentBits, fractionBits] = layout[bits];
  const sign = BigInt(imm8 >> 7);
  const inverted = (imm8 >> 6) & 1 ? 0n : 1n;
  const repeated = inverted ? 0n : (1n << BigInt(exponentBits - 3)) - 1n;
  const exponent = (inverted << BigInt(exponentBits - 1)) | (repeated << 2n) | BigInt((imm8 >> 4) & 3);
  const fraction = BigInt(imm8 & 15) << BigInt(fractionBits - 4);
  return (sign << BigInt(bits - 1)) | (exponent << BigInt(fractionBits)) | fraction;
}

/** The number that an 8-bit immediate stands for. */
function numberOf(imm8: number): number {
  const exponent = ((imm8 >> 6) & 1 ? -3 : 1) + ((imm8 >> 4) & 3);
  return (imm8 & 0x80 ? -1 : 1) * (1 + (imm8 & 15) / 16) * 2 ** exponent;
}

/** `1.250000000000000000e+00`: C's %.18e of an immediate, all of which have few digits. */
function exponential(value: number): string {
  const [digits, exponent] = value.toExponential(18).split('e') as [string, string];
  return `${digits}e${exponent[0]}${exponent.slice(1).padStart(2, '0')}`;
}

/** A floating-point immediate; any way to write the number is read. */
export const fpImmediateOperand = (imm8Of: (f: Fields) => number, fieldsOf: (imm8: number) => Fields): OperandSyntax => ({
  print: (f) => exponential(numberOf(imm8Of(f))),
  parse: (text) => {
    const bare = text.replace('#', '').trim();
    const value = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(bare) ? Number(bare) : Number.NaN;
    for (let imm8 = 0; imm8 < 256; imm8++) if (numberOf(imm8) === value) return fieldsOf(imm8);
    return undefined;
  },
});
