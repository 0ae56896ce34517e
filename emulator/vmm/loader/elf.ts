import { LaunchError } from './errors.ts';

/** A part of an ELF file that goes into memory. */
export interface ElfSegment {
  /** Physical address (p_paddr). */
  readonly address: bigint;
  readonly bytes: Uint8Array;
  /** Bytes of memory; what the file lacks is zero. */
  readonly memorySize: number;
}

export interface ElfFile {
  readonly entry: bigint;
  readonly segments: readonly ElfSegment[];
}

const EM_AARCH64 = 183;
const PT_LOAD = 1;
const ET_EXEC = 2;
const ET_DYN = 3;

const machines: Readonly<Record<number, string>> = {
  3: 'x86 (32-bit)',
  40: 'Arm (32-bit)',
  62: 'x86-64',
  243: 'RISC-V',
  21: 'PowerPC64',
  22: 's390',
};

export const isElf = (file: Uint8Array): boolean => file[0] === 0x7f && file[1] === 0x45 && file[2] === 0x4c && file[3] === 0x46;

/**
 * Reads an ELF executable's loadable segments (System V ABI, ELF-64).
 * @throws LaunchError when it is not a little-endian arm64 executable, or shorter than its headers say.
 */
export function readElf(name: string, file: Uint8Array): ElfFile {
  if (file.length < 64) throw new LaunchError(`${name} is truncated: an ELF header takes 64 bytes, the file has ${file.length}.`);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file[4] !== 2) throw new LaunchError(`${name} is a 32-bit ELF file; an arm64 guest is ELF-64.`);
  if (file[5] !== 1) throw new LaunchError(`${name} is a big-endian ELF file; this machine's guests start little-endian.`);
  const machine = view.getUint16(18, true);
  if (machine !== EM_AARCH64) {
    throw new LaunchError(
      `${name} is an ELF file for ${machines[machine] ?? `machine ${machine}`}; this machine runs arm64 (AArch64) guests.`,
    );
  }
  const type = view.getUint16(16, true);
  if (type !== ET_EXEC && type !== ET_DYN) throw new LaunchError(`${name} is an ELF file but no executable (type ${type}): link it first.`);
  const table = Number(view.getBigUint64(32, true));
  const entrySize = view.getUint16(54, true);
  const count = view.getUint16(56, true);
  if (table + count * entrySize > file.length) {
    throw new LaunchError(
      `${name} is truncated: its program headers end at byte ${table + count * entrySize}, the file has ${file.length}.`,
    );
  }
  const segments: ElfSegment[] = [];
  for (let i = 0; i < count; i++) {
    const at = table + i * entrySize;
    if (view.getUint32(at, true) !== PT_LOAD) continue;
    const offset = Number(view.getBigUint64(at + 8, true));
    const fileSize = Number(view.getBigUint64(at + 32, true));
    const memorySize = Number(view.getBigUint64(at + 40, true));
    if (memorySize === 0) continue;
    if (offset + fileSize > file.length) {
      throw new LaunchError(`${name} is truncated: segment ${i} ends at byte ${offset + fileSize}, the file has ${file.length}.`);
    }
    segments.push({ address: view.getBigUint64(at + 24, true), bytes: file.subarray(offset, offset + fileSize), memorySize });
  }
  if (segments.length === 0) throw new LaunchError(`${name} has nothing to load: no PT_LOAD segment.`);
  return { entry: view.getBigUint64(24, true), segments };
}

/** Largest hole-filled file made of an ELF's segments, bytes: more is no kernel. */
const FLAT_LIMIT = 256 * 2 ** 20;

/** The segments laid out one after another as `objcopy -O binary` does, from the lowest address; undefined when they lie too far apart. */
export function flattenElf(elf: ElfFile): Uint8Array | undefined {
  const start = elf.segments.reduce((low, s) => (s.address < low ? s.address : low), elf.segments[0]!.address);
  const end = elf.segments.reduce((high, s) => {
    const last = s.address + BigInt(s.bytes.length);
    return last > high ? last : high;
  }, start);
  if (end - start > BigInt(FLAT_LIMIT)) return undefined;
  const flat = new Uint8Array(Number(end - start));
  for (const s of elf.segments) flat.set(s.bytes, Number(s.address - start));
  return flat;
}
