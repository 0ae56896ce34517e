import { DEVICE, program, reported } from '../guests.ts';
import { enableCap, GUEST, place, runAt, type Script, scripted, slot, struct } from '../script.ts';
import type { Case } from '../steps.ts';

const NISV_TO_USER = 177;
const DATA = 0xf1e2_d3c4_b5a6_9788n;

/** Accesses to [x2], which is nowhere. x1, x3 and so on are what they load or store. */
const accesses = [
  'ldrb w1, [x2]',
  'ldrsb w1, [x2]',
  'ldrsb x1, [x2]',
  'ldrh w1, [x2]',
  'ldrsh w1, [x2]',
  'ldrsh x1, [x2]',
  'ldr w1, [x2]',
  'ldrsw x1, [x2]',
  'ldr x1, [x2]',
  'ldr wzr, [x2]',
  'ldr xzr, [x2]',
  'ldrsb wzr, [x2]',
  'ldr x1, [x2, #8]',
  'ldr w1, [x2, x4]',
  'ldr w1, [x2, w4, uxtw #2]',
  'ldur x1, [x2, #3]',
  'ldur w1, [x2, #-4]',
  'ldtr x1, [x2]',
  'ldtrsh w1, [x2]',
  'ldar x1, [x2]',
  'ldarb w1, [x2]',
  'ldapr w1, [x2]',
  'ldlar x1, [x2]',
  'strb w1, [x2]',
  'strh w1, [x2]',
  'str w1, [x2]',
  'str x1, [x2]',
  'str wzr, [x2]',
  'str xzr, [x2]',
  'stlr x1, [x2]',
  'stlrb w1, [x2]',
  'stllr w1, [x2]',
  'stur x1, [x2, #1]',
  'sttr w1, [x2]',
  'ldr x1, [x2], #8',
  'ldr x1, [x2, #8]!',
  'str x1, [x2], #8',
  'strb w1, [x2, #1]!',
  'ldp x1, x3, [x2]',
  'ldp w1, w3, [x2]',
  'ldpsw x1, x3, [x2]',
  'stp x1, x3, [x2]',
  'ldnp x1, x3, [x2]',
  'ldr q0, [x2]',
  'ldr d0, [x2]',
  'str s0, [x2]',
  'ld1 {v0.16b}, [x2]',
  'ldxr x1, [x2]',
  'ldaxr w1, [x2]',
  'ldxp x1, x3, [x2]',
  'ldadd x1, x3, [x2]',
  'swp w1, w3, [x2]',
  'cas x1, x3, [x2]',
  'stadd w1, [x2]',
  'prfm pldl1keep, [x2]',
  'dc cvac, x2',
  'dc civac, x2',
  'dc ivac, x2',
  'dc cvau, x2',
  'ic ivau, x2',
  'dc zva, x2',
] as const;

const results = ['x1', 'x2', 'x3', ...reported] as const;

function access(script: Script, instruction: string, withCap: boolean): void {
  script.guest(program(instruction));
  if (withCap) script.call(slot.vm, 'KVM_ENABLE_CAP', enableCap(NISV_TO_USER), 'KVM_CAP_ARM_NISV_TO_USER', { quiet: true });
  script.set('x1', 0x8182_8384_8586_8788n);
  script.set('x2', BigInt(DEVICE + 0x100));
  script.set('x3', 0x9192_9394_9596_9798n);
  script.set('x4', 4n);
  script.run('to the access');
  script.registers(['pc']);
  script.write(runAt(0) + 40, struct(8, [[0, 'u64', DATA]]));
  script.run('on');
  script.registers(results);
}

const mmioCases = accesses.flatMap((instruction) => [
  scripted(instruction, (script) => access(script, instruction, false)),
  scripted(`${instruction} with KVM_CAP_ARM_NISV_TO_USER`, (script) => access(script, instruction, true)),
]);

const READONLY = 2;
const READONLY_AT = 0x5000_0000;

function readonlySlot(script: Script, instruction: string): void {
  script.guest(program(instruction));
  script.memory({ slot: 1, gpa: READONLY_AT, size: 0x1000, address: place.other, flags: READONLY }, 'read-only slot');
  script.write(place.other, struct(16, [[0, 'u64', 0x1122_3344_5566_7788n]]));
  script.set('x1', 0x42n);
  script.set('x2', BigInt(READONLY_AT));
  script.run('to the access');
  script.registers(['pc', 'x1']);
  script.run('on');
  script.registers(results);
  script.dump('the slot', place.other, 16);
}

/** IPAs at the limits of a VM of 40 bits and of the processor. */
const limits = { 'the last byte of the VM': 2n ** 40n - 8n, 'beyond the VM': 2n ** 40n, 'beyond the VM, far': 2n ** 47n } as const;

export const mmio: readonly Case[] = [
  ...mmioCases,
  ...['ldr x1, [x2]', 'str x1, [x2]', 'strb w1, [x2]', 'stp x1, x3, [x2]', 'dc ivac, x2', 'dc civac, x2', 'dc zva, x2'].map((instruction) =>
    scripted(`${instruction} of a read-only slot`, (script) => readonlySlot(script, instruction)),
  ),
  ...Object.entries(limits).flatMap(([name, address]) =>
    ['ldr x1, [x2]', 'br x2'].map((instruction) =>
      scripted(`${instruction}: ${name}`, (script) => {
        script.guest(program(instruction));
        script.set('x2', address);
        script.run();
        script.registers([...reported, 'x1']);
      }),
    ),
  ),
  scripted('the load is completed although immediate_exit is set', (script) => {
    script.guest(program('ldr w1, [x29]\nmov x3, #1'));
    script.run('to the access');
    script.write(runAt(0) + 40, struct(8, [[0, 'u64', DATA]]));
    script.write(runAt(0) + 1, Uint8Array.of(1));
    script.run('immediate exit');
    script.registers(['pc', 'x1', 'x3']);
    script.write(runAt(0) + 1, Uint8Array.of(0));
    script.run('on');
    script.registers(['pc', 'x1', 'x3']);
  }),
  scripted('immediate_exit before anything ran', (script) => {
    script.guest(program('mov x1, #1'));
    script.write(runAt(0) + 1, Uint8Array.of(1));
    script.run('immediate exit');
    script.registers(['pc', 'x1']);
  }),
  scripted('length and data that user space changes between exit and completion', (script) => {
    script.guest(program('ldr w1, [x29]'));
    script.run('to the access');
    script.write(
      runAt(0) + 40,
      struct(16, [
        [0, 'u64', DATA],
        [8, 'u32', 1],
      ]),
    );
    script.run('on');
    script.registers(['pc', 'x1']);
  }),
  scripted('PC written between exit and completion', (script) => {
    script.guest(program('ldr w1, [x29]\nnop\nnop\nnop\nmov x3, #1'));
    script.run('to the access');
    script.set('pc', BigInt(GUEST + 0x40));
    script.get('pc');
    script.write(runAt(0) + 1, Uint8Array.of(1));
    script.run('immediate exit');
    script.registers(['pc', 'x1']);
  }),
  scripted('a table walk through a device', (script) => {
    // TCR_EL1: T0SZ 25, 4 KiB granules; TTBR0_EL1 at the device; the access then walks there.
    script.guest(
      program(`
        mov x1, #25
        msr tcr_el1, x1
        msr ttbr0_el1, x29
        isb
        mrs x1, sctlr_el1
        orr x1, x1, #1
        msr sctlr_el1, x1
        isb
        nop
      `),
    );
    script.run('walk', 0, 300);
    script.registers(['pc', 'pstate', 'esr_el1', 'far_el1', 'elr_el1', 'spsr_el1']);
  }),
];
