import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { memslotFlag } from '../../emulator/kvm/memslots.ts';
import { Stage2 } from '../../emulator/kvm/stage2.ts';
import { guest, powerOff, runAll, withVectors, x } from './guest.ts';

const EXTRA = 0x80000000;

/** A machine with a second slot of two pages at EXTRA, its first word 0x1234. */
async function withSlot(body: string, flags: number) {
  const machine = await guest(withVectors(`movz x9, #0x8000, lsl #16\n${body}`));
  const { memory } = machine.silicon;
  const userspaceAddr = memory.allocate(0x2000);
  memory.words[userspaceAddr >>> 2] = 0x1234;
  const region = { slot: 1, flags, guestPhysAddr: EXTRA, memorySize: 0x2000, userspaceAddr };
  machine.vm.memslots.set(region);
  return { machine, region, word: () => memory.words[userspaceAddr >>> 2]! };
}

describe('memory slots under a running guest', () => {
  test('RAM is mapped in 2 MiB blocks, a small slot in pages; execution adds X', async () => {
    const { machine } = await withSlot('ldr w19, [x9]', 0);
    assert.equal(runAll(machine).kind, 'power-off');
    assert.equal(x(machine, 19), 0x1234n);
    const ram = machine.vm.stage2.lookup(0x40080000)!;
    const extra = machine.vm.stage2.lookup(EXTRA)!;
    assert.deepEqual([ram.level, extra.level], [2, 3]);
    assert.deepEqual([Stage2.executable(ram), Stage2.executable(extra)], [true, false]);
    assert.equal(machine.vm.stage2.lookup(EXTRA + 0x1000), undefined);
  });

  test('READONLY: reads are memory, a write is KVM_EXIT_MMIO', async () => {
    const { machine, word } = await withSlot('ldr w19, [x9]\nmov w1, #7\nstr w1, [x9]', memslotFlag.READONLY);
    const exits: string[] = [];
    machine.hooks = { breakpoint: () => false, exception: () => false, exit: (_, name) => exits.push(name) < 0 };
    assert.equal(runAll(machine).kind, 'power-off');
    assert.deepEqual(exits, ['KVM_EXIT_MMIO', 'KVM_EXIT_SYSTEM_EVENT']);
    assert.equal(word(), 0x1234);
    assert.equal(x(machine, 19), 0x1234n);
  });

  test('LOG_DIRTY_PAGES: a page is dirty once it is written', async () => {
    const { machine } = await withSlot(
      'ldr w19, [x9]\nmovz x10, #0x8000, lsl #16\nadd x10, x10, #0x1000\nstr w19, [x10]',
      memslotFlag.LOG_DIRTY_PAGES,
    );
    assert.equal(runAll(machine).kind, 'power-off');
    assert.equal(machine.vm.memslots.find(EXTRA)!.dirty![0], 0b10);
    assert.equal(Stage2.writable(machine.vm.stage2.lookup(EXTRA)!), false);
  });

  test('logging RAM that was mapped in blocks splits it into pages', async () => {
    const machine = await guest(`1: adr x1, 2f\nstr w2, [x1]\nadd w2, w2, #1\nb 1b\n.balign 4096\n2: .word 0\n${powerOff}`);
    machine.run(1000);
    const [ram] = machine.vm.memslots.all();
    machine.vm.memslots.set({ ...ram!, flags: memslotFlag.LOG_DIRTY_PAGES });
    machine.run(1000);
    const { dirty } = machine.vm.memslots.find(0x40081000)!;
    assert.equal(dirty![0x81 >> 3]! & (1 << (0x81 & 7)), 1 << 1);
    assert.equal(machine.vm.stage2.lookup(0x40081000)!.level, 3);
  });

  test('a deleted slot is gone for the guest, too', async () => {
    const { machine, region } = await withSlot('ldr w19, [x9]\n1: ldr w18, [x9]\nb 1b', 0);
    machine.run(1000);
    machine.vm.memslots.set({ ...region, memorySize: 0 });
    assert.equal(runAll(machine).kind, 'power-off');
    assert.equal(x(machine, 20), 0x96000010n);
  });
});
