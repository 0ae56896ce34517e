import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LaunchError } from '../../emulator/vmm/loader/errors.ts';
import { loadKernel } from '../../emulator/vmm/loader/kernel.ts';
import { placeBootFiles } from '../../emulator/vmm/loader/placement.ts';

const MiB = 2 ** 20;

/** An arm64 Image of `bytes` bytes with this header. */
function image(bytes: number, { textOffset = 0, imageSize = bytes, flags = 0xa } = {}): Uint8Array {
  const file = new Uint8Array(bytes);
  const view = new DataView(file.buffer);
  view.setUint32(8, textOffset, true);
  view.setUint32(16, imageSize, true);
  view.setUint32(24, flags, true);
  view.setUint32(56, 0x644d5241, true);
  return file;
}

/** A minimal ELF-64 executable with one segment. */
interface ElfParts {
  machine?: number;
  address?: bigint;
  entry?: bigint;
  bytes?: Uint8Array;
  memorySize?: number;
  size?: number;
}

function elf({ machine = 183, address = 0x40080000n, ...parts }: ElfParts = {}): Uint8Array {
  const { entry = address, bytes = new Uint8Array(16) } = parts;
  const { memorySize = bytes.length, size = 120 + bytes.length } = parts;
  const file = new Uint8Array(size);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 2, true);
  view.setUint16(18, machine, true);
  view.setBigUint64(24, entry, true);
  view.setBigUint64(32, 64n, true);
  view.setUint16(54, 56, true);
  view.setUint16(56, 1, true);
  view.setUint32(64, 1, true);
  view.setBigUint64(72, 120n, true);
  view.setBigUint64(80, address, true);
  view.setBigUint64(88, address, true);
  view.setBigUint64(96, BigInt(bytes.length), true);
  view.setBigUint64(104, BigInt(memorySize), true);
  file.set(bytes.subarray(0, Math.max(0, size - 120)), Math.min(120, size));
  return file;
}

const refused = (name: string, bytes: Uint8Array, message: RegExp, ram = 512 * MiB): void => {
  assert.throws(
    () => loadKernel({ name, bytes }, ram),
    (error: Error) => error instanceof LaunchError && message.test(error.message),
  );
};

describe('kernel loading', () => {
  test('an Image goes to RAM + 2 MiB + text_offset 0 and is entered at its first byte', () => {
    const loaded = loadKernel({ name: 'Image', bytes: image(4096, { imageSize: 3 * MiB }) }, 512 * MiB);
    assert.equal(loaded.entry, 0x40200000);
    assert.equal(loaded.end, 0x40200000 + 3 * MiB);
  });

  test('an Image with text_offset 0x80000 goes there; image_size 0 means a kernel before 3.17', () => {
    assert.equal(loadKernel({ name: 'Image', bytes: image(4096, { textOffset: 0x80000 }) }, 512 * MiB).entry, 0x40080000);
    assert.equal(loadKernel({ name: 'Image', bytes: image(4096, { imageSize: 0 }) }, 512 * MiB).entry, 0x40080000);
  });

  test('anything unrecognised is a flat binary at RAM + 512 KiB', () => {
    assert.equal(loadKernel({ name: 'hello.bin', bytes: Uint8Array.of(0, 0, 0x80, 0xd2) }, 64 * MiB).entry, 0x40080000);
  });

  test('an ELF file is loaded at its physical addresses', () => {
    const loaded = loadKernel({ name: 'guest.elf', bytes: elf({ entry: 0x40080008n, memorySize: 4096 }) }, 64 * MiB);
    assert.equal(loaded.entry, 0x40080008);
    assert.equal(loaded.end, 0x40081000);
  });

  test('a vmlinux linked at virtual addresses becomes the Image in it', () => {
    const loaded = loadKernel({ name: 'vmlinux', bytes: elf({ address: 0xffff800008000000n, bytes: image(4096) }) }, 64 * MiB);
    assert.equal(loaded.entry, 0x40200000);
  });
});

describe('kernels that are refused', () => {
  test('gzip', () =>
    refused(
      'Image.gz',
      Uint8Array.of(0x1f, 0x8b, 8, 0),
      /^Image\.gz is gzip-compressed: an arm64 guest needs the raw Image\. Unpack it \(gunzip -k Image\.gz\)/,
    ));
  test('zstd', () => refused('k.zst', Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd), /Zstandard/));
  test('EFI zboot', () => refused('vmlinuz.efi', Uint8Array.of(0x4d, 0x5a, 0, 0, 0x7a, 0x69, 0x6d, 0x67), /zboot/));
  test('x86 bzImage', () => {
    const bytes = new Uint8Array(1024);
    bytes.set([0x48, 0x64, 0x72, 0x53], 0x202);
    refused('bzImage', bytes, /x86/);
  });
  test('empty', () => refused('Image', new Uint8Array(0), /is empty/));
  test('named like a kernel without the magic', () => refused('boot/vmlinuz', new Uint8Array(4096), /no(t an)? arm64 Image|magic/));
  test('text', () => refused('run.sh', new TextEncoder().encode('#!/bin/sh\necho hello\n'), /text file/));
  test('big-endian kernel', () => refused('Image', image(4096, { flags: 0xb }), /big-endian/));
  test('larger than RAM', () => refused('Image', image(4096, { imageSize: 100 * MiB }), /needs 102 MiB.*has 64 MiB/, 64 * MiB));
  test('truncated by its own PE section table', () => {
    const bytes = image(512);
    const view = new DataView(bytes.buffer);
    bytes.set([0x4d, 0x5a]);
    view.setUint32(60, 64, true);
    bytes.set([0x50, 0x45, 0, 0], 64);
    view.setUint16(70, 1, true);
    view.setUint32(64 + 24 + 16, 1000, true);
    view.setUint32(64 + 24 + 20, 256, true);
    refused('Image', bytes, /truncated: it has 512 bytes and its own headers say at least 1256/);
  });
  test('ELF for x86-64', () => refused('a.out', elf({ machine: 62 }), /x86-64/));
  test('ELF outside RAM', () => refused('fw.elf', elf({ address: 0x1000n }), /0x1000, outside RAM/));
  test('ELF cut short', () => refused('a.elf', elf({ bytes: new Uint8Array(64), size: 130 }), /truncated: segment 0 ends at byte 184/));
  test('ELF whose entry is no physical address', () =>
    refused('a.elf', elf({ entry: 0xffff000000000000n }), /entry point must be a physical address/));
});

describe('placement of initrd and device tree', () => {
  const kernel = loadKernel({ name: 'Image', bytes: image(4096, { imageSize: 30 * MiB }) }, 512 * MiB);
  const initrd = (bytes: number) => ({ name: 'initrd', bytes: new Uint8Array(bytes) });

  test('128 MiB into RAM, device tree on the next 2 MiB boundary', () => {
    const layout = placeBootFiles(kernel, initrd(MiB), MiB, 512 * MiB);
    assert.deepEqual(layout, { initrd: { start: 0x48000000, end: 0x48100000 }, deviceTree: 0x48200000 });
  });
  test('half of a small RAM', () => {
    assert.equal(placeBootFiles(kernel, initrd(MiB), MiB, 128 * MiB).initrd!.start, 0x44000000);
  });
  test('an initrd larger than what is left is refused, and says how much is left', () => {
    assert.throws(
      () => placeBootFiles(kernel, initrd(80 * MiB), MiB, 128 * MiB),
      /initrd \(80 MiB\) does not fit: 64 MiB of the machine's 128 MiB/,
    );
  });
  test('small machines put the device tree where there is room', () => {
    const flat = loadKernel({ name: 'a.bin', bytes: Uint8Array.of(0, 0, 0, 0x14) }, 2 * MiB);
    const layout = placeBootFiles(flat, undefined, MiB, 2 * MiB);
    assert.ok(layout.deviceTree >= flat.end && layout.deviceTree + MiB <= 0x40200000);
  });
});
