import { assemble } from '../../../emulator/isa/assembler/assembler.ts';

const LOADED_AT = 0x40_0000n;
const HEADERS = 0x1000;
const PF_R_X = 5;

/** A static Linux program of one segment, from assembly: `_start` is its first instruction. */
export function linuxProgram(source: string): Buffer {
  const { image } = assemble(source, { file: 'program.S', address: LOADED_AT });
  const file = Buffer.alloc(HEADERS + image.length);
  file.set(image, HEADERS);
  // ELF-64, little-endian, version 1.
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  const [executable, aarch64, headerSize, programHeaderSize] = [2, 183, 64, 56];
  file.writeUInt16LE(executable, 16);
  file.writeUInt16LE(aarch64, 18);
  file.writeUInt32LE(1, 20);
  file.writeBigUInt64LE(LOADED_AT, 24);
  file.writeBigUInt64LE(BigInt(headerSize), 32);
  file.writeUInt16LE(headerSize, 52);
  file.writeUInt16LE(programHeaderSize, 54);
  file.writeUInt16LE(1, 56);
  // PT_LOAD
  file.writeUInt32LE(1, 64);
  file.writeUInt32LE(PF_R_X, 68);
  file.writeBigUInt64LE(BigInt(HEADERS), 72);
  file.writeBigUInt64LE(LOADED_AT, 80);
  file.writeBigUInt64LE(LOADED_AT, 88);
  file.writeBigUInt64LE(BigInt(image.length), 96);
  file.writeBigUInt64LE(BigInt(image.length), 104);
  file.writeBigUInt64LE(BigInt(HEADERS), 112);
  return file;
}
