import { disassembleRange } from '../../emulator/isa/disassembler.ts';
import { CliError } from './exit-status.ts';

/** `kvm-arm64 disasm ADDR WORD…`: one line an instruction, address and word in hex. */
export function disasm(address: string, words: readonly string[]): string {
  const at = parseUnsigned(address, 64, 'ADDR');
  if (at % 4n !== 0n) throw new CliError(`ADDR: 0x${at.toString(16)} is not a multiple of 4: A64 instructions are aligned`);
  const values = words.map((word) => Number(parseUnsigned(word, 32, 'WORD')));
  const hex = (n: bigint | number, digits: number): string => n.toString(16).padStart(digits, '0');
  return disassembleRange(values, at)
    .map((line) => `${hex(line.address, 16)}: ${hex(line.word, 8)}  ${line.text}\n`)
    .join('');
}

/** A number of at most `bits` bits; hexadecimal with or without 0x. */
export function parseUnsigned(text: string, bits: number, what: string): bigint {
  const digits = text.replaceAll('_', '').replace(/^0x/i, '');
  if (!/^[0-9a-f]+$/i.test(digits)) throw new CliError(`${what}: "${text}" is no hexadecimal number`);
  const value = BigInt(`0x${digits}`);
  if (value >= 1n << BigInt(bits)) throw new CliError(`${what}: "${text}" has more than ${bits} bits`);
  return value;
}
