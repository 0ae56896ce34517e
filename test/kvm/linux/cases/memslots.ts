import { GUEST, GUEST_BYTES, place, type Region, region, type Script, scripted, slot, struct, withMember } from '../script.ts';
import type { Case } from '../steps.ts';

const LOG_DIRTY_PAGES = 1;
const READONLY = 2;
const GUEST_MEMFD = 4;
const PAGE = 0x1000;

/** Each row: a call on a VM that has slot 0 (GUEST, GUEST_BYTES), and nothing else. */
const rows: Readonly<Record<string, Region>> = {
  'create slot 1 above': { slot: 1, gpa: GUEST + GUEST_BYTES },
  'create slot 1 that overlaps by a page': { slot: 1, gpa: GUEST + GUEST_BYTES - PAGE },
  'create slot 1 inside slot 0': { slot: 1, gpa: GUEST + PAGE, size: PAGE },
  'create slot 1 around slot 0': { slot: 1, gpa: GUEST - PAGE, size: GUEST_BYTES + 2 * PAGE },
  'create slot 1 over the same user memory': { slot: 1, gpa: GUEST + GUEST_BYTES, size: PAGE },
  'create: guest address not page-aligned': { slot: 1, gpa: 0x5000_0800 },
  'create: size not page-aligned': { slot: 1, gpa: 0x5000_0000, size: 0x1800 },
  'create: user address not page-aligned': { slot: 1, gpa: 0x5000_0000, address: place.memory + 0x10 },
  'create: user address of the kernel': { slot: 1, gpa: 0x5000_0000, address: 0xffff_8000_0000_0000n },
  'create: user address with nothing there': { slot: 1, gpa: 0x5000_0000, address: 0x7000_0000 },
  'create: user range that ends in the kernel': { slot: 1, gpa: 0x5000_0000, size: 0x2000, address: 0x1_0000_0000_0000n - 0x1000n },
  'create: tagged user address': { slot: 1, gpa: 0x5000_0000, address: 0x0100_0000_0000_0000n + BigInt(place.memory) },
  'create: flag 3': { slot: 1, gpa: 0x5000_0000, flags: 8 },
  'create: flag 31': { slot: 1, gpa: 0x5000_0000, flags: 0x8000_0000 },
  'create: GUEST_MEMFD by the first form': { slot: 1, gpa: 0x5000_0000, flags: GUEST_MEMFD },
  'create: read-only': { slot: 1, gpa: 0x5000_0000, flags: READONLY },
  'create: logged': { slot: 1, gpa: 0x5000_0000, flags: LOG_DIRTY_PAGES },
  'create: read-only and logged': { slot: 1, gpa: 0x5000_0000, flags: READONLY | LOG_DIRTY_PAGES },
  'create: the last slot': { slot: 32766, gpa: 0x5000_0000 },
  'create: one slot more': { slot: 32767, gpa: 0x5000_0000 },
  'create: address space 1': { slot: 0x1_0001, gpa: 0x5000_0000 },
  'create: the last page of 40 bits': { slot: 1, gpa: 2 ** 40 - PAGE, size: PAGE },
  'create: over the end of 40 bits': { slot: 1, gpa: 2 ** 40 - PAGE, size: 2 * PAGE },
  'create: beyond 40 bits': { slot: 1, gpa: 2 ** 40, size: PAGE },
  'create: guest range that wraps': { slot: 1, gpa: 0xffff_ffff_ffff_f000n, size: 2 * PAGE },
  'create: size of 2^43': { slot: 1, gpa: 0x8000_0000, size: 2 ** 43 },
  'create: size of 2^31 pages': { slot: 1, gpa: 0x8000_0000, size: 2n ** 43n - 0x1000n },
  'create: size that is negative': { slot: 1, gpa: 0x5000_0000, size: 0xffff_ffff_ffff_f000n },
  'delete slot 0': { size: 0 },
  'delete slot 0 at another address': { size: 0, gpa: 0x7000_0000, address: place.other },
  'delete slot 0 with a misaligned address': { size: 0, gpa: 0x10 },
  'delete slot 0 with flag 3': { size: 0, flags: 8 },
  'delete slot 1 that is not there': { slot: 1, size: 0 },
  'the same again': {},
  'move slot 0': { gpa: 0x5000_0000 },
  'move slot 0 over itself': { gpa: GUEST + PAGE },
  'move slot 0 beyond 40 bits': { gpa: 2 ** 40 - PAGE },
  'move slot 0 and log it': { gpa: 0x5000_0000, flags: LOG_DIRTY_PAGES },
  'resize slot 0': { size: GUEST_BYTES / 2 },
  'other user address for slot 0': { address: place.other },
  'log slot 0': { flags: LOG_DIRTY_PAGES },
  'make slot 0 read-only': { flags: READONLY },
  'make slot 0 GUEST_MEMFD': { flags: GUEST_MEMFD },
};

const region2 = (of: Region, offset = 0, file = 0, pad = 0): Uint8Array =>
  Buffer.concat([
    region(of),
    struct(128, [
      [0, 'u64', offset],
      [8, 'u32', file],
      [12, 'u32', pad],
    ]),
  ]);

const FILE_BYTES = 0x20_0000;

/** struct kvm_create_guest_memfd */
const createMemfd = (size: number | bigint, flags: number | bigint, reserved = 0): Uint8Array =>
  struct(64, [
    [0, 'u64', size],
    [8, 'u64', flags],
    [16, 'u64', reserved],
  ]);
const MMAP = 1;
const INIT_SHARED = 2;

function memfd(script: Script, flags = MMAP | INIT_SHARED): void {
  script.call(slot.vm, 'KVM_CREATE_GUEST_MEMFD', createMemfd(FILE_BYTES, flags), 'KVM_CREATE_GUEST_MEMFD', {
    into: slot.memfd,
    quiet: true,
  });
}

function bind(script: Script, label: string, of: Region, offset = 0, fd = slot.memfd as number): void {
  script.write(place.argument, region2(of, offset));
  script.putFd(fd, place.argument + 40);
  script.plain(slot.vm, 'KVM_SET_USER_MEMORY_REGION2', place.argument, label);
}

/** Slots of a guest_memfd. Each row on a VM that has slot 1 over the first half of the file. */
const fileRows: Readonly<Record<string, readonly [Region, offset: number]>> = {
  'the other half': [{ slot: 2, gpa: 0x6000_0000, size: FILE_BYTES / 2 }, FILE_BYTES / 2],
  'the same half': [{ slot: 2, gpa: 0x6000_0000, size: FILE_BYTES / 2 }, 0],
  'a page of the same half': [{ slot: 2, gpa: 0x6000_0000, size: PAGE }, PAGE],
  'beyond the end': [{ slot: 2, gpa: 0x6000_0000, size: FILE_BYTES }, FILE_BYTES / 2],
  'an offset between pages': [{ slot: 2, gpa: 0x6000_0000, size: PAGE }, FILE_BYTES / 2 + 0x800],
  'logged too': [{ slot: 2, gpa: 0x6000_0000, size: PAGE, flags: GUEST_MEMFD | LOG_DIRTY_PAGES }, FILE_BYTES / 2],
  'read-only too': [{ slot: 2, gpa: 0x6000_0000, size: PAGE, flags: GUEST_MEMFD | READONLY }, FILE_BYTES / 2],
  'overlapping guest addresses': [{ slot: 2, gpa: 0x5000_0000, size: PAGE }, FILE_BYTES / 2],
  'the same again': [{ slot: 1, gpa: 0x5000_0000, size: FILE_BYTES / 2 }, 0],
  moved: [{ slot: 1, gpa: 0x6000_0000, size: FILE_BYTES / 2 }, 0],
  'made ordinary': [{ slot: 1, gpa: 0x5000_0000, size: FILE_BYTES / 2, flags: 0 }, 0],
  deleted: [{ slot: 1, gpa: 0x5000_0000, size: 0 }, 0],
  'deleted without the flag': [{ slot: 1, gpa: 0x5000_0000, size: 0, flags: 0 }, 0],
};

export const memslots: readonly Case[] = [
  scripted('KVM_SET_USER_MEMORY_REGION, each on a VM with slot 0', (script) => {
    script.open();
    for (const [name, of] of Object.entries(rows)) {
      script.createVm(`${name}: VM`);
      script.ram(`${name}: slot 0`);
      script.memory(of, name);
      script.close(slot.vm);
    }
  }),
  scripted('KVM_SET_USER_MEMORY_REGION of a VM of 32 bits', (script) => {
    script.vm(32);
    script.memory({ gpa: 2 ** 32 - PAGE, size: PAGE }, 'the last page');
    script.memory({ slot: 1, gpa: 2 ** 32, size: PAGE }, 'the page after it');
    script.memory({ slot: 1, gpa: 2 ** 32 - PAGE, size: 2 * PAGE }, 'both');
  }),
  scripted('KVM_SET_USER_MEMORY_REGION: a slot that changes', (script) => {
    script.vm();
    script.memory({}, 'created');
    script.memory({ flags: LOG_DIRTY_PAGES }, 'logged');
    script.memory({ flags: LOG_DIRTY_PAGES }, 'logged again');
    script.memory({ flags: LOG_DIRTY_PAGES, gpa: 0x5000_0000 }, 'moved');
    script.memory({ flags: 0, gpa: 0x5000_0000 }, 'no longer logged');
    script.memory({ flags: READONLY, gpa: 0x5000_0000 }, 'read-only');
    script.memory({ size: 0 }, 'deleted');
    script.memory({ size: 0 }, 'deleted again');
    script.memory({ flags: READONLY }, 'created read-only');
    script.memory({ flags: READONLY | LOG_DIRTY_PAGES }, 'read-only and logged');
    script.memory({ flags: 0 }, 'no longer read-only');
  }),
  scripted('KVM_SET_USER_MEMORY_REGION2', (script) => {
    script.vm();
    script.call(slot.vm, 'KVM_SET_USER_MEMORY_REGION2', region2({}), 'without a file');
    script.call(slot.vm, 'KVM_SET_USER_MEMORY_REGION2', region2({ slot: 1, gpa: 0x5000_0000 }, 0, 0, 1), 'pad1 not zero');
    script.call(slot.vm, 'KVM_SET_USER_MEMORY_REGION2', withMember(region2({ slot: 2, gpa: 0x6000_0000 }), 152, 1), 'pad2 not zero');
    script.call(slot.vm, 'KVM_SET_USER_MEMORY_REGION2', region2({ slot: 3, gpa: 0x7000_0000 }, 0x1000, 99), 'a file that is not asked for');
    script.call(
      slot.vm,
      'KVM_SET_USER_MEMORY_REGION2',
      region2({ slot: 4, gpa: 0x8000_0000, flags: GUEST_MEMFD }, 0, 99),
      'GUEST_MEMFD of no file',
    );
    bind(script, 'GUEST_MEMFD of /dev/kvm', { slot: 4, gpa: 0x8000_0000, flags: GUEST_MEMFD }, 0, slot.system);
  }),
  scripted('KVM_CREATE_GUEST_MEMFD', (script) => {
    script.vm();
    const create = (label: string, size: number | bigint, flags: number | bigint, reserved = 0): void =>
      script.call(slot.vm, 'KVM_CREATE_GUEST_MEMFD', createMemfd(size, flags, reserved), label, { into: slot.memfd });
    create('no flag', FILE_BYTES, 0);
    create('MMAP', FILE_BYTES, MMAP);
    create('INIT_SHARED', FILE_BYTES, INIT_SHARED);
    create('both', FILE_BYTES, MMAP | INIT_SHARED);
    create('flag 2', FILE_BYTES, 4);
    create('flag 63', FILE_BYTES, 1n << 63n);
    create('size 0', 0, MMAP | INIT_SHARED);
    create('size not page-aligned', 0x1800, MMAP | INIT_SHARED);
    create('size that is negative', 0xffff_ffff_ffff_f000n, MMAP | INIT_SHARED);
    create('reserved not zero', FILE_BYTES, MMAP | INIT_SHARED, 1);
  }),
  scripted('slots of a guest_memfd', (script) => {
    script.open();
    for (const [name, [of, offset]] of Object.entries(fileRows)) {
      script.createVm(`${name}: VM`);
      memfd(script);
      bind(script, `${name}: slot 1`, { slot: 1, gpa: 0x5000_0000, size: FILE_BYTES / 2, flags: GUEST_MEMFD });
      bind(script, name, { flags: GUEST_MEMFD, ...of }, offset);
      script.close(slot.memfd);
      script.close(slot.vm);
    }
  }),
  scripted('slots of guest_memfds with other flags', (script) => {
    script.open();
    for (const flags of [0, MMAP, INIT_SHARED]) {
      script.createVm(`${flags}: VM`);
      memfd(script, flags);
      bind(script, `flags ${flags}`, { slot: 1, gpa: 0x5000_0000, size: FILE_BYTES / 2, flags: GUEST_MEMFD });
      script.close(slot.memfd);
      script.close(slot.vm);
    }
  }),
];
