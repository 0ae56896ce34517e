import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decodeExit } from '../../emulator/kvm/exits/index.ts';
import { fallocateMode, type GuestMemfd, guestMemfdFlag } from '../../emulator/kvm/guest-memfd.ts';
import { memslotFlag } from '../../emulator/kvm/memslots.ts';
import { Stage2 } from '../../emulator/kvm/stage2.ts';
import type { VirtMachine } from '../../emulator/vmm/virt-machine.ts';
import { guest, pc, powerOff, runAll, x } from '../vmm/guest.ts';

const GPA = 0x80000000;
const PAGE = 0x1000;
const { KEEP_SIZE, PUNCH_HOLE } = fallocateMode;

/** A machine with a slot of two guest_memfd pages at GPA; X9 points to the second of them. The guest loads X1 from there in a loop. */
async function looping(body = '1: ldr x1, [x9, #8]\nb 1b'): Promise<{ machine: VirtMachine; file: GuestMemfd }> {
  const machine = await guest(`movz x9, #0x8000, lsl #16\nmovk x9, #0x1000\n${body}`);
  const file = machine.vm.createGuestMemfd(4 * PAGE, guestMemfdFlag.MMAP | guestMemfdFlag.INIT_SHARED);
  const region = { slot: 1, flags: memslotFlag.GUEST_MEMFD, guestPhysAddr: GPA, memorySize: 2 * PAGE, userspaceAddr: 0 };
  machine.vm.memslots.set2({ ...region, guestMemfd: file, guestMemfdOffset: PAGE });
  return { machine, file };
}

const OFFSET = 2 * PAGE;
const record = (machine: VirtMachine) => {
  const { name, fields, summary } = decodeExit(machine.vcpus[0]!.run);
  return { name, fields: Object.fromEntries(fields.map((f) => [f.name, f.value])), summary };
};

describe('stage2 §7: guest_memfd under a running guest', () => {
  test('user space and guest see the same page; it is mapped alone', async () => {
    const { machine, file } = await looping();
    machine.silicon.memory.words[file.userAddress(OFFSET + 8) >>> 2] = 0x1234;
    machine.run(100);
    assert.equal(x(machine, 1), 0x1234n);
    const mapping = machine.vm.stage2.lookup(GPA + PAGE)!;
    assert.deepEqual([mapping.level, Stage2.writable(mapping), Stage2.executable(mapping)], [3, true, false]);
    assert.equal(machine.vm.stage2.lookup(GPA), undefined);
  });

  test('a hole is a new page of zeros at the next access, not an exit', async () => {
    const { machine, file } = await looping();
    machine.silicon.memory.words[file.userAddress(OFFSET + 8) >>> 2] = 0x1234;
    machine.run(100);
    file.fallocate(KEEP_SIZE | PUNCH_HOLE, OFFSET, PAGE);
    assert.equal(machine.vm.stage2.lookup(GPA + PAGE), undefined);
    assert.equal(machine.run(100).kind, 'budget');
    assert.equal(x(machine, 1), 0n);
    assert.equal(file.allocated, PAGE);
  });

  test('the guest executes from it', async () => {
    const { machine, file } = await looping('br x9');
    const at = file.userAddress(OFFSET);
    machine.silicon.memory.words[at >>> 2] = 0xd2800ae1 | 0;
    machine.silicon.memory.words[(at >>> 2) + 1] = 0x14000000;
    machine.run(100);
    assert.equal(x(machine, 1), 0x57n);
    assert.equal(Stage2.executable(machine.vm.stage2.lookup(GPA + PAGE)!), true);
  });

  test('a deleted slot is gone, and the machine powers off as it would', async () => {
    const { machine } = await looping(`ldr x1, [x9]\n${powerOff}`);
    assert.equal(runAll(machine).kind, 'power-off');
  });
});

describe('stage2 §7: KVM_EXIT_MEMORY_FAULT (39): flags, gpa, size; KVM_RUN fails with the errno', () => {
  test('EFAULT: the file is closed', async () => {
    const { machine, file } = await looping();
    machine.run(100);
    file.close();
    const outcome = machine.vcpus[0]!.enter(100);
    assert.deepEqual([outcome.kind, outcome.kind === 'error' && outcome.errno], ['error', 'EFAULT']);
    assert.deepEqual(record(machine), {
      name: 'KVM_EXIT_MEMORY_FAULT',
      fields: { flags: 0n, gpa: 0x80001000n, size: 0x1000n },
      summary: 'no page for 0x80001000',
    });
    assert.equal(pc(machine), 0x40080008n, 'the load has not executed');
  });

  test('EHWPOISON: a memory error in the page; gone after a hole', async () => {
    const { machine, file } = await looping();
    machine.run(100);
    file.poison(OFFSET);
    const outcome = machine.vcpus[0]!.enter(100);
    assert.equal(outcome.kind === 'error' && outcome.errno, 'EHWPOISON');
    assert.equal(record(machine).name, 'KVM_EXIT_MEMORY_FAULT');
    file.fallocate(KEEP_SIZE | PUNCH_HOLE, OFFSET, PAGE);
    assert.equal(machine.vcpus[0]!.enter(100).kind, 'interrupted');
  });

  test('of an instruction fetch', async () => {
    const { machine, file } = await looping('br x9');
    file.close();
    const outcome = machine.vcpus[0]!.enter(100);
    assert.equal(outcome.kind === 'error' && outcome.errno, 'EFAULT');
    assert.equal(record(machine).fields.gpa, 0x80001000n);
  });

  test('ENOMEM: the host has no page', async () => {
    // Its neighbour comes first, so that the stage-2 tables are there.
    const { machine } = await looping('sub x10, x9, #8\nldr x2, [x10]\n1: ldr x1, [x9, #8]\nb 1b');
    machine.run(4);
    for (const { memory } = machine.silicon; ; ) {
      try {
        memory.allocate(PAGE, PAGE);
      } catch {
        break;
      }
    }
    const outcome = machine.vcpus[0]!.enter(100);
    assert.equal(outcome.kind === 'error' && outcome.errno, 'ENOMEM');
  });

  test('the VMM stops, and says what for', async () => {
    const { machine, file } = await looping();
    file.close();
    assert.deepEqual(runAll(machine), {
      kind: 'fatal',
      vcpu: 0,
      message: 'KVM_RUN failed with -EFAULT: no page for the guest physical address 0x80001000: the guest_memfd behind it is closed',
    });
    assert.equal(machine.exitCounts.KVM_EXIT_MEMORY_FAULT, 1);
  });
});
