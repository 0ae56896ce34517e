import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { memslotFlag } from '../../../emulator/kvm/memslots.ts';
import { SeededBytes } from '../../../emulator/kvm/seed.ts';
import { Stage2 } from '../../../emulator/kvm/stage2.ts';
import { Pair } from '../../../emulator/vmm/lockstep/pair.ts';
import type { VirtMachine } from '../../../emulator/vmm/virt-machine.ts';
import { stage2Mismatch } from '../../kvm/invariants.ts';
import { guest } from '../guest.ts';

const BASE = 0x1_0000_0000;
const BYTES = 4 * 2 ** 20;

/** Loads, stores and adds all over the slot, and calls a piece of code that lies in it. What is nowhere is a device that answers nothing: an external abort, gone past. */
const wanders = `
        adr     x0, vectors
        msr     vbar_el1, x0
        movz    x20, #1, lsl #32
        movz    x21, #0x3f, lsl #16
        movk    x21, #0xfff8
        movz    x1, #0x1234
        movz    x22, #0x5851, lsl #16
        movk    x22, #0x2d4d
        // ret, in the last page of the slot
        movz    x3, #0xd65f, lsl #16
        movk    x3, #0x03c0
        orr     x23, x20, x21
        and     x23, x23, #0xfffffffffffff000
        str     w3, [x23]
        dc      cvau, x23
        ic      ivau, x23
        dsb     ish
        isb
1:      madd    x1, x1, x22, x22
        lsr     x2, x1, #20
        and     x2, x2, x21
        add     x2, x20, x2
        tbnz    x1, #40, 2f
        ldr     x4, [x2]
        add     x5, x5, x4
        b       3f
2:      str     x1, [x2]
3:      tst     x1, #0x7f00000000
        b.ne    1b
        str     w3, [x23]
        blr     x23
        b       1b
        .balign 2048
vectors:
        .rept 16
        .balign 128
        mrs     x9, elr_el1
        add     x9, x9, #4
        // a call of what is not there
        mrs     x10, esr_el1
        lsr     x10, x10, #26
        cmp     x10, #0x21
        csel    x9, x30, x9, eq
        msr     elr_el1, x9
        add     x11, x11, #1
        eret
        .endr
`;

const make = (cpu: string, hotJumps: number) => (tier: string) =>
  guest(wanders, {
    ...{ cpu, memslots: [{ gpa: BASE, size: BYTES }], onExit: {} },
    translate: tier === 'translated' && { hotJumps },
  });

/** One thing that user space does to the slot, by a number. */
function act(machine: VirtMachine, choice: number): string {
  const { memslots, mappings, stage2 } = machine.vm;
  const slot = memslots.byId(1);
  const where = BASE + (Math.floor(choice / 16) % 1024) * 4096;
  switch (slot ? choice % 10 : 9) {
    case 0:
    case 1:
      memslots.set({ ...slot!, flags: slot!.flags ^ memslotFlag.LOG_DIRTY_PAGES });
      return 'log or not';
    case 2:
    case 3:
      if (slot!.dirty) memslots.getDirtyLog(1);
      return 'read the log';
    case 4: {
      const address = memslots.hostAddress(where);
      const vma = mappings.at(address);
      if (vma) mappings.map({ ...vma, start: address, end: address + 4096 });
      return 'map a page again';
    }
    case 5:
      memslots.set({ ...slot!, guestPhysAddr: slot!.guestPhysAddr === BASE ? BASE + 2 ** 21 : BASE });
      return 'move';
    case 6:
      stage2.testClearYoung(BASE, BYTES);
      machine.vm.flushStage2();
      return 'age';
    case 7:
      stage2.split(where, 4096);
      return 'split';
    case 8:
      kept.set(machine, slot!);
      memslots.set({ ...slot!, memorySize: 0 });
      return 'delete';
    default:
      if (slot) return 'nothing';
      memslots.set({ ...kept.get(machine)!, flags: 0, guestPhysAddr: BASE });
      return 'create';
  }
}
const kept = new Map<VirtMachine, Parameters<VirtMachine['vm']['memslots']['set']>[0]>();

const rounds = Number(process.env['MEMSLOT_ROUNDS'] ?? 150);

describe('slots change under a running guest: translated code does what the interpreter does', () => {
  for (const [cpu, hotJumps, seed] of [
    ['cortex-a57', 1, 1],
    ['max', 2, 2],
  ] as const) {
    test(`${cpu}, seed ${seed}`, async () => {
      const pair = await Pair.make(make(cpu, hotJumps));
      const random = new SeededBytes(seed);
      let writable = 0;
      for (let round = 0; round < rounds; round++) {
        pair.run(3000 + Number(random.next64() % 4000n));
        const choice = Number(random.next64() % 65536n);
        const did = pair.machines.map((machine) => act(machine, choice));
        const wrong = pair.machines.map((machine) => stage2Mismatch(machine.vm)).find((text) => text !== undefined);
        assert.equal(wrong, undefined, `round ${round}: ${did[0]}`);
        assert.ok(pair.sameState(), `round ${round}: ${did[0]}: ${JSON.stringify(pair.differences().slice(0, 4))}`);
        assert.equal(pair.end.kind, 'budget');
        writable += pair.machines[0].vm.stage2.leaves(BASE, BYTES).filter(Stage2.writable).length;
      }
      assert.ok(pair.same());
      assert.ok(writable > 1000);
    });
  }
});
