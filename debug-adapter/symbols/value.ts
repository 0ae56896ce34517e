import { hex } from '../../emulator/machine/expression/format.ts';
import { type Member, sizeOf, stripped, type Type } from './types.ts';

/** Characters of a string that are shown. */
const LONGEST_STRING = 256;

/** Bits of a member from the bytes of its struct: little-endian, sign-extended where its type is signed. Undefined: it is no scalar, or the bytes end before it. */
export function memberValue(bytes: Uint8Array, { type, bitOffset, bitSize }: Member): bigint | undefined {
  const plain = stripped(type);
  if (!isScalar(plain)) return undefined;
  const bits = bitSize ?? sizeOf(plain) * 8;
  const first = Math.floor(bitOffset / 8);
  const end = Math.floor((bitOffset + bits + 7) / 8);
  if (bits === 0 || end > bytes.length) return undefined;
  let value = 0n;
  for (let at = end - 1; at >= first; at--) value = (value << 8n) | BigInt(bytes[at]!);
  value >>= BigInt(bitOffset & 7);
  return isSigned(plain) ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value);
}

/** A value that fits into a register: everything but arrays, structs, unions and functions. */
export function isScalar(type: Type): boolean {
  const { kind } = stripped(type);
  return kind === 'integer' || kind === 'pointer' || kind === 'enum' || kind === 'float';
}

export function isSigned(type: Type): boolean {
  const plain = stripped(type);
  return (plain.kind === 'integer' || plain.kind === 'enum') && plain.signed;
}

/**
 * A scalar as text: integers in hexadecimal (negative ones also in decimal), enumerators by name, characters also as such.
 * @param bits What the value has: those of a bit-field, or of its type.
 */
export function scalarText(type: Type, value: bigint, bits: number): string {
  const plain = stripped(type);
  const digits = hex(BigInt.asUintN(bits, value));
  const negative = value < 0n ? ` (${value})` : '';
  switch (plain.kind) {
    case 'enum': {
      const found = plain.values.find((v) => v.value === value);
      return found ? `${found.name} (${digits})` : `${digits}${negative}`;
    }
    case 'integer':
      if (plain.role === 'boolean') return value === 0n ? 'false' : value === 1n ? 'true' : `${digits} (neither true nor false)`;
      if (plain.role === 'character' && value >= 0x20n && value < 0x7fn) return `${digits} ${quoted([Number(value)], "'")}`;
      return `${digits}${negative}`;
    case 'float':
      return floatText(value, bits);
    default:
      return digits;
  }
}

function floatText(value: bigint, bits: number): string {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, BigInt.asUintN(64, value), true);
  if (bits === 64) return String(view.getFloat64(0, true));
  if (bits === 32) return String(view.getFloat32(0, true));
  return hex(BigInt.asUintN(bits, value));
}

/** An array of characters as a C string, up to its 0; undefined: it is none. */
export function stringText(type: Type, bytes: Uint8Array): string | undefined {
  const plain = stripped(type);
  if (plain.kind !== 'array') return undefined;
  const element = stripped(plain.element);
  if (element.kind !== 'integer' || element.role !== 'character') return undefined;
  const zero = bytes.indexOf(0);
  const text = bytes.subarray(0, Math.min(zero < 0 ? bytes.length : zero, LONGEST_STRING));
  return `${quoted(text, '"')}${text.length === LONGEST_STRING ? '…' : ''}`;
}

const escapes: Readonly<Record<number, string>> = { 10: '\\n', 13: '\\r', 9: '\\t', 27: '\\e', 92: '\\\\' };

/** Bytes as C writes them between quotes. Octal has three digits, so that no digit after it joins it. */
function quoted(bytes: Iterable<number>, quote: string): string {
  let text = '';
  for (const byte of bytes) {
    const printable = byte >= 0x20 && byte < 0x7f;
    const character = String.fromCharCode(byte);
    text += escapes[byte] ?? (character === quote ? `\\${quote}` : printable ? character : `\\${byte.toString(8).padStart(3, '0')}`);
  }
  return `${quote}${text}${quote}`;
}
