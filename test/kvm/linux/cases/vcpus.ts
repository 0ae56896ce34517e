import { program } from '../guests.ts';
import { feature, GUEST, place, type Script, SHORT, scripted, slot, struct, vcpuInit, vcpuSlot } from '../script.ts';
import type { Case } from '../steps.ts';

const init = (script: Script, label: string, bytes: Uint8Array, n = 0): void => script.call(vcpuSlot(n), 'KVM_ARM_VCPU_INIT', bytes, label);

/** KVM_ARM_VCPU_INIT of a new vCPU. */
const inits: Readonly<Record<string, Uint8Array>> = {
  'no feature': vcpuInit({ features: [] }),
  ...Object.fromEntries(Object.keys(feature).map((name) => [name, vcpuInit({ features: [name as keyof typeof feature] })])),
  'feature 9': vcpuInit({ features: [], raw: [9] }),
  'feature 31': vcpuInit({ features: [], raw: [31] }),
  'feature 32': vcpuInit({ features: [], raw: [32] }),
  'feature 223': vcpuInit({ features: [], raw: [223] }),
  'both kinds of pointer authentication': vcpuInit({ features: ['PTRAUTH_ADDRESS', 'PTRAUTH_GENERIC'] }),
  'EL1_32BIT and pointer authentication': vcpuInit({ features: ['EL1_32BIT', 'PTRAUTH_ADDRESS', 'PTRAUTH_GENERIC'] }),
  ...Object.fromEntries([0, 1, 2, 3, 4, 6, 0xffff_ffff].map((target) => [`target ${target}`, vcpuInit({ target })])),
};

function fresh(script: Script): void {
  script.vm();
  script.ram();
  script.createVcpu();
}

const mpStates = [0, 1, 2, 3, 4, 5, 6, 9, 10, 11, 0xffff_ffff];

export const vcpus: readonly Case[] = [
  scripted('KVM_ARM_PREFERRED_TARGET', (script) => {
    script.vm();
    script.call(slot.vm, 'KVM_ARM_PREFERRED_TARGET', struct(32).fill(0xff), 'target');
    script.dump('struct kvm_vcpu_init', place.argument, 32);
  }),
  ...Object.entries(inits).map(([name, bytes]) =>
    scripted(`KVM_ARM_VCPU_INIT: ${name}`, (script) => {
      fresh(script);
      init(script, name, bytes);
      init(script, 'the same again', bytes);
    }),
  ),
  scripted('KVM_ARM_VCPU_INIT again', (script) => {
    fresh(script);
    init(script, 'first', vcpuInit());
    init(script, 'other features', vcpuInit({ features: [] }));
    init(script, 'more features', vcpuInit({ features: ['PSCI_0_2', 'PTRAUTH_ADDRESS', 'PTRAUTH_GENERIC'] }));
    init(script, 'other target', vcpuInit({ target: 4 }));
    init(script, 'with POWER_OFF', vcpuInit({ features: ['PSCI_0_2', 'POWER_OFF'] }));
    script.mpState('mp_state', 0);
    init(script, 'without POWER_OFF', vcpuInit());
    script.mpState('mp_state without', 0);
    script.createVcpu(1);
    init(script, 'a vCPU of other features', vcpuInit({ features: [] }), 1);
    init(script, 'a vCPU of the same features', vcpuInit(), 1);
  }),
  scripted('before KVM_ARM_VCPU_INIT', (script) => {
    fresh(script);
    script.run('KVM_RUN', 0, SHORT);
    script.get('x0');
    script.set('x0', 1n);
    script.call(slot.vcpu, 'KVM_GET_REG_LIST', struct(16), 'KVM_GET_REG_LIST');
    script.mpState('mp_state', 0);
    script.call(slot.vcpu, 'KVM_SET_MP_STATE', struct(4), 'KVM_SET_MP_STATE');
    script.call(slot.vcpu, 'KVM_SET_GUEST_DEBUG', struct(520), 'KVM_SET_GUEST_DEBUG');
    script.plain(slot.vcpu, 'KVM_ARM_VCPU_FINALIZE', place.value, 'KVM_ARM_VCPU_FINALIZE');
    script.attribute(slot.vcpu, 'KVM_HAS_DEVICE_ATTR', 1, 0, 'KVM_HAS_DEVICE_ATTR of the timer');
    script.irqLine(0, 1, 'KVM_IRQ_LINE');
  }),
  scripted('KVM_ARM_VCPU_FINALIZE', (script) => {
    fresh(script);
    init(script, 'init', vcpuInit());
    for (const n of [0, 2, 4, 5, 99]) {
      script.write(place.value, struct(4, [[0, 'u32', n]]));
      script.plain(slot.vcpu, 'KVM_ARM_VCPU_FINALIZE', place.value, `feature ${n}`);
    }
  }),
  scripted('KVM_CREATE_VCPU', (script) => {
    script.vm();
    for (const n of [0, 0, 1, 511, 512, 0xffff_ffff, 0x1_0000_0000])
      script.plain(slot.vm, 'KVM_CREATE_VCPU', n, `vCPU 0x${n.toString(16)}`, { into: slot.vcpu });
  }),
  scripted('KVM_SET_MP_STATE', (script) => {
    fresh(script);
    script.init();
    for (const state of mpStates) {
      script.call(slot.vcpu, 'KVM_SET_MP_STATE', struct(4, [[0, 'u32', state]]), `set ${state}`);
      script.mpState(`after ${state}`, 0);
    }
  }),
  ...[5, 10].map((state) =>
    scripted(`KVM_RUN of mp_state ${state}`, (script) => {
      script.guest(program('nop'));
      script.call(slot.vcpu, 'KVM_SET_MP_STATE', struct(4, [[0, 'u32', state]]), 'set');
      script.run('KVM_RUN', 0, SHORT);
      script.registers(['pc']);
      script.mpState('afterwards', 0);
      script.call(slot.vcpu, 'KVM_SET_MP_STATE', struct(4), 'runnable');
      script.run('again', 0, SHORT);
      script.registers(['pc']);
    }),
  ),
  scripted('WFI with nothing to wait for', (script) => {
    script.guest(program('wfi\nmov x1, #1'));
    script.run('KVM_RUN', 0, SHORT);
    script.registers(['pc', 'x1']);
    script.mpState('mp_state', 0);
    script.run('again', 0, SHORT);
    script.registers(['pc', 'x1']);
  }),
  scripted('WFI with an interrupt line raised', (script) => {
    script.guest(program('wfi\nmov x1, #1'));
    script.irqLine(0, 1, 'raise');
    script.run('KVM_RUN', 0, SHORT);
    script.registers(['pc', 'x1']);
  }),
  scripted('an interrupt from KVM_IRQ_LINE', (script) => {
    script.guest(program('msr daifclr, #2\nmov x1, #1\nnop\nmov x2, #2'));
    script.irqLine(0, 1, 'raise');
    script.run('KVM_RUN', 0, SHORT);
    script.registers(['pc', 'x1', 'x2', 'x21', 'x23', 'x27', 'pstate']);
  }),
  scripted('an FIQ from KVM_IRQ_LINE', (script) => {
    script.guest(program('msr daifclr, #1\nmov x1, #1'));
    script.irqLine(1, 1, 'raise');
    script.run('KVM_RUN', 0, SHORT);
    script.registers(['pc', 'x1', 'x21', 'x23', 'x27', 'pstate']);
  }),
  scripted('KVM_IRQ_LINE without an interrupt controller', (script) => {
    script.guest(program('nop'));
    const lines = {
      'CPU, IRQ': 0,
      'CPU, FIQ': 1,
      'CPU, number 2': 2,
      'CPU 1': 1 << 16,
      'CPU 256': 1 << 28,
      SPI: 0x100_0020,
      PPI: 0x200_0010,
      'type 3': 0x300_0000,
      'type 255': 0xf00_0000,
    };
    for (const [name, irq] of Object.entries(lines)) {
      script.irqLine(irq, 1, `${name} up`);
      script.irqLine(irq, 0, `${name} down`);
    }
  }),
  ...[
    'ldr x0, [x1]',
    '.word 0',
    'mrs x0, s3_3_c15_c15_7',
    'brk #7',
    'svc #3',
    'msr daifset, #15\n.word 0xd4400000',
    'mrs x0, mdccint_el1',
    'mrs x0, trfcr_el1',
    'mrs x0, pmcr_el0',
    'mrs x0, id_aa64zfr0_el1',
    'mrs x0, actlr_el1',
    'msr actlr_el1, x0',
    'dc isw, x0',
    'mrs x0, osdlr_el1',
    'mrs x0, oslsr_el1',
    'mrs x0, dbgauthstatus_el1',
    'mrs x0, erridr_el1',
    'mrs x0, s3_0_c5_c4_1',
    'mrs x0, lorid_el1',
    'mrs x0, ctr_el0',
    'mrs x0, clidr_el1',
    'mrs x0, ccsidr_el1',
    'mrs x0, dczid_el0',
    'mrs x0, midr_el1',
    'mrs x0, revidr_el1',
    'mrs x0, aidr_el1',
    'mrs x0, mpidr_el1',
    'mrs x0, rndr',
    'mrs x0, icc_sre_el1',
    'mrs x0, icc_iar1_el1',
    'msr sctlr2_el1, x0',
    'mrs x0, zcr_el1',
    'mrs x0, smcr_el1',
    'mrs x0, gcr_el1',
    'mrs x0, cntp_ctl_el0',
    'mrs x0, cntv_ctl_el0',
    'mrs x0, cntkctl_el1',
    'mrs x0, mdscr_el1',
    'mrs x0, amcr_el0',
    'mrs x0, dbgbvr0_el1',
    'mrs x0, dbgbcr5_el1',
    'mrs x0, dbgbcr6_el1',
    'mrs x0, dbgwcr3_el1',
    'mrs x0, dbgwcr4_el1',
    'pacia x0, x1',
    'esb',
    'wfe',
    'sb',
    'dvp rctx, x0',
  ].map((instruction) =>
    scripted(`guest executes ${instruction.replace('\n', '; ')}`, (script) => {
      script.guest(program(instruction));
      script.set('x1', BigInt(GUEST));
      script.run('KVM_RUN', 0, SHORT);
      script.registers(['pc', 'x0', 'x20', 'x21', 'x23', 'x27']);
    }),
  ),
];
