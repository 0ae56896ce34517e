import { board } from '../board.ts';
import { flattenElf, isElf, readElf } from './elf.ts';
import { formatSize, LaunchError } from './errors.ts';
import { isImage, readImageHeader, refuseImpostors } from './image.ts';

/** Bytes to put at a guest physical address. */
export interface Placement {
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** What the kernel file becomes in guest memory. Addresses are guest physical. */
export interface LoadedKernel {
  readonly entry: number;
  readonly placements: readonly Placement[];
  /** First address after everything the kernel takes, BSS included. */
  readonly end: number;
}

export interface NamedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const MiB = 2 ** 20;
/** An Image wants a 2 MiB-aligned base. QEMU keeps the first 2 MiB for its boot stub; the same place makes the guest print the same addresses. */
const IMAGE_BASE = 2 * MiB;
/** A flat binary starts here, from the start of RAM. */
const FLAT_OFFSET = 0x80000;
/** Guest physical address of a flat binary: assembled guests are laid out for it. */
export const FLAT_LOAD_ADDRESS = board.ram.base + FLAT_OFFSET;
/** Smaller text offsets would land in what QEMU keeps for its boot stub. */
const STUB_BYTES = 4096;

/**
 * Decides where a kernel goes: an arm64 `Image` by its header, an ELF file by its program headers (a `vmlinux` that is linked at virtual addresses is turned into the
 * Image it contains), anything else as a flat binary at RAM + 512 KiB that starts with its first instruction.
 * @param ram Bytes of guest RAM.
 * @throws LaunchError when the file cannot be a guest for this machine or does not fit.
 */
export function loadKernel(kernel: NamedFile, ram: number): LoadedKernel {
  const { name, bytes } = kernel;
  if (isElf(bytes)) return loadElf(kernel, ram);
  if (isImage(bytes)) return loadImage(kernel, ram);
  refuseImpostors(name, bytes);
  if (/vmlinu|Image/.test(name.split('/').at(-1)!)) {
    throw new LaunchError(`${name} is not an arm64 Image: the magic "ARM\\x64" at byte 56 is missing.`);
  }
  refuseText(kernel);
  const address = board.ram.base + FLAT_OFFSET;
  refuseOverflow(name, address + bytes.length, ram);
  return { entry: address, placements: [{ address, bytes }], end: address + bytes.length };
}

function loadImage({ name, bytes }: NamedFile, ram: number): LoadedKernel {
  const header = readImageHeader(name, bytes);
  const offset = header.textOffset < STUB_BYTES ? header.textOffset + IMAGE_BASE : header.textOffset;
  const address = board.ram.base + offset;
  refuseOverflow(name, address + header.imageSize, ram);
  return { entry: address, placements: [{ address, bytes }], end: address + header.imageSize };
}

function loadElf(kernel: NamedFile, ram: number): LoadedKernel {
  const elf = readElf(kernel.name, kernel.bytes);
  const low = BigInt(board.ram.base);
  const high = low + BigInt(ram);
  const outside = elf.segments.find((s) => s.address < low || s.address + BigInt(s.memorySize) > high);
  if (outside) {
    const flat = flattenElf(elf);
    if (flat && isImage(flat)) return loadImage({ name: kernel.name, bytes: flat }, ram);
    throw new LaunchError(
      `${kernel.name} wants ${formatSize(outside.memorySize)} at physical address 0x${outside.address.toString(16)}, outside RAM ` +
        `(0x${low.toString(16)} to 0x${high.toString(16)}). Link it to physical addresses in RAM, or give the machine more memory.`,
    );
  }
  const end = elf.segments.reduce((last, s) => Math.max(last, Number(s.address) + s.memorySize), 0);
  if (elf.entry < low || elf.entry >= high) {
    throw new LaunchError(
      `${kernel.name} starts at 0x${elf.entry.toString(16)}, which is not in RAM: its entry point must be a physical address.`,
    );
  }
  return { entry: Number(elf.entry), placements: elf.segments.map((s) => ({ address: Number(s.address), bytes: s.bytes })), end };
}

/** A flat binary is not recognisable, but a text file is: a person who launches a script or a source by mistake should hear so. */
function refuseText({ name, bytes }: NamedFile): void {
  const head = bytes.subarray(0, 256);
  const printable = head.every((b) => (b >= 32 && b < 127) || b === 9 || b === 10 || b === 13);
  if (printable) throw new LaunchError(`${name} is a text file: launch an arm64 Image, an ELF file or a flat binary.`);
  if (bytes.length < 4) throw new LaunchError(`${name} has ${bytes.length} bytes: less than one instruction.`);
}

function refuseOverflow(name: string, end: number, ram: number): void {
  const needed = end - board.ram.base;
  if (needed > ram)
    throw new LaunchError(
      `${name} needs ${formatSize(needed)} of memory from the start of RAM; the machine has ${formatSize(ram)}. Give it more.`,
    );
}
