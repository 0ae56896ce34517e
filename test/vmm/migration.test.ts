import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { memoryTypeOf } from '../../emulator/kvm/stage2-attributes.ts';
import { createMachine } from '../../emulator/vmm/create.ts';
import { LaunchError } from '../../emulator/vmm/loader/errors.ts';
import { decodeSaved } from '../../emulator/vmm/migration/format.ts';
import { type Destination, loadMachine } from '../../emulator/vmm/migration/load.ts';
import { saveMachine } from '../../emulator/vmm/migration/save.ts';
import type { VirtMachine } from '../../emulator/vmm/virt-machine.ts';
import { guestFiles, skipWithoutLinux } from '../guests/guests.ts';
import { MARKER_INIT } from '../guests/initramfs.ts';
import { guest, runAll, text, withVectors, x } from './guest.ts';

const source = (name: string): string => readFileSync(new URL(`guests/${name}`, import.meta.url), 'utf8');
const GPA = 0x1_0000_0000;

/** Loads 8 bytes from an odd address of cacheable VM_PFNMAP memory, again and again: X2 counts. */
const unaligned = withVectors(`
        adr     x3, tables
        mov     x4, #0x40000000
        mov     x5, #0x701              // block, AF, inner shareable, AttrIndx 0
        orr     x5, x5, x4
        str     x5, [x3, #8]            // VA 0x40000000: RAM
        movz    x4, #1, lsl #32
        mov     x5, #0x701
        orr     x5, x5, x4
        str     x5, [x3, #32]           // VA 0x1_0000_0000: the slot
        msr     ttbr0_el1, x3
        mov     x5, #0xff
        msr     mair_el1, x5            // Attr0: Normal Write-Back
        movz    x5, #0x3519
        movk    x5, #0x80, lsl #16
        movk    x5, #5, lsl #32
        msr     tcr_el1, x5             // T0SZ 25, 4 KiB, EPD1
        dsb     sy
        isb
        mrs     x5, sctlr_el1
        movz    x6, #0x1005
        orr     x5, x5, x6
        msr     sctlr_el1, x5
        isb
        movz    x9, #1, lsl #32
        mov     x2, #0
1:      ldr     x1, [x9, #1]
        add     x2, x2, #1
        b       1b
        .balign 4096
tables: .space  4096
`);

const pfnmap = {
  memslots: [{ gpa: GPA, size: '2M', backing: 'pfnmap', attributes: 'cacheable' }],
  host: { fwb: true, dic: true },
} as const;

const saved = async (): Promise<{ machine: VirtMachine; file: Uint8Array }> => {
  const machine = await guest(unaligned, { cpu: 'max', ...pfnmap });
  machine.run(1000);
  assert.ok(x(machine, 2) > 100n);
  return { machine, file: saveMachine(machine) };
};

describe('a machine saved and loaded', () => {
  for (const [name, options] of [
    ['timers.S', {}],
    ['gic.S', { cpus: 2 }],
  ] as const) {
    test(`${name} goes on as if nothing had happened, wherever it was cut`, async () => {
      const whole = await guest(source(name), options);
      const end = runAll(whole);
      const output = text(whole);
      const total = whole.silicon.clock.instructions;
      for (const part of [0.1, 0.5, 0.9]) {
        const first = await guest(source(name), options);
        first.run(Math.floor(total * part));
        const before = text(first);
        const second = await loadMachine(saveMachine(first));
        assert.deepEqual(runAll(second), end);
        assert.equal(before + text(second), output);
      }
    });
  }

  test('registers, memory, interrupts and devices are the same after, and a file of the copy is the same file', async () => {
    const machine = await guest(source('timers.S'));
    machine.run(5000);
    const file = saveMachine(machine);
    const copy = await loadMachine(file);
    assert.deepEqual(Buffer.from(saveMachine(copy)).equals(Buffer.from(file)), true);
  });

  test('a reset of the copy boots its kernel anew', async () => {
    const machine = await guest(source('timers.S'));
    const end = runAll(machine);
    const output = text(machine);
    const early = await guest(source('timers.S'));
    early.run(3000);
    const copy = await loadMachine(saveMachine(early));
    runAll(copy);
    copy.reset();
    text(copy);
    assert.deepEqual([runAll(copy), text(copy)], [end, output]);
  });

  test('what is no saved machine is said to be none', async () => {
    const { file } = await saved();
    const cases: readonly [Uint8Array, RegExp][] = [
      [new Uint8Array(0), /no saved machine/],
      [new Uint8Array(100), /no saved machine/],
      [file.subarray(0, 20), /cut short/],
      [file.subarray(0, file.length - 1), /bytes of data/],
      [Uint8Array.from(file, (byte, at) => (at === 8 ? 9 : byte)), /format 9/],
      [Uint8Array.from(file, (byte, at) => (at === 16 ? 0 : byte)), /damaged/],
    ];
    for (const [bytes, message] of cases) {
      await assert.rejects(loadMachine(bytes), (error: Error) => error instanceof LaunchError && message.test(error.message));
    }
    assert.equal(decodeSaved(file).machine.vcpus.length, 1);
  });
});

describe('Linux saved and loaded', { skip: skipWithoutLinux() }, () => {
  for (const cpus of [1, 2]) {
    test(`${cpus} vCPU${cpus > 1 ? 's' : ''}: cut twice while it boots, it comes to its first line of user space`, async () => {
      const { image } = guestFiles().kernels['6.1'];
      const file = (name: string) => ({ name, bytes: readFileSync(name) });
      const append = 'console=ttyAMA0 nokaslr';
      const launch = { kernel: file(image), initrd: file(guestFiles().reference), append, cpu: 'cortex-a57', cpus, memory: 256 * 2 ** 20 };
      let machine = await createMachine(launch);
      let console = '';
      const runTo = (count: number): void => {
        while (machine.silicon.clock.instructions < count && !console.includes(MARKER_INIT)) {
          assert.equal(machine.run(Math.min(5_000_000, count - machine.silicon.clock.instructions)).kind, 'budget');
          console += text(machine);
        }
      };
      for (const cut of [250_000_000, 600_000_000]) {
        runTo(cut);
        machine = await loadMachine(saveMachine(machine));
      }
      runTo(2_000_000_000);
      assert.match(console, new RegExp(`Run /init as init process\\s+${MARKER_INIT}`));
    });
  }
});

describe('stage2 §6: migration from a host with FWB to one without', () => {
  const to = (destination: Destination) => saved().then(({ file }) => loadMachine(file, destination));

  test('stage2 §6: to a host like it: the guest goes on', async () => {
    const { machine, file } = await saved();
    const copy = await loadMachine(file);
    copy.run(300);
    machine.run(300);
    assert.equal(x(copy, 2), x(machine, 2));
    assert.equal(memoryTypeOf(copy.vm.stage2.lookup(GPA)!.low, true), 'normal');
  });

  for (const host of [{ fwb: false }, { dic: false }]) {
    test(`stage2 §6: to a host with ${JSON.stringify(host)}: refused at slot creation with -EINVAL`, async () => {
      await assert.rejects(to({ host }), (error: Error) => {
        assert.ok(error instanceof LaunchError);
        assert.match(error.message, /memslots\[0\].*KVM_SET_USER_MEMORY_REGION of slot 1.*-EINVAL/);
        return true;
      });
    });
  }

  test('stage2 §6: with fallback-to-device the slot is made, and the first fault shows why it should not be: the memory is Device', async () => {
    const machine = await to({ host: { fwb: false }, pfnmapPolicy: 'fallback-to-device' });
    const end = runAll(machine);
    assert.equal(memoryTypeOf(machine.vm.stage2.lookup(GPA)!.low, false), 'device');
    // The unaligned load that worked before is an alignment fault of stage 2 now, and KVM has no answer to that.
    assert.deepEqual(end, {
      ...{ kind: 'fatal', vcpu: 0 },
      message:
        'KVM_RUN failed with -EFAULT: Unsupported FSC: EC=0x24 xFSC=0x21 ESR_EL2=0x93c18021: an unaligned access to memory that stage 2 maps as Device',
    });
  });
});
