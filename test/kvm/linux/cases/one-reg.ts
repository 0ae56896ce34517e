import { calls, idOf, registerId } from '../calls.ts';
import { program } from '../guests.ts';
import { type Init, place, type Script, SHORT, scripted, slot, struct } from '../script.ts';
import type { Case } from '../steps.ts';

function fresh(script: Script, init: Init = {}): void {
  script.vm();
  script.ram();
  script.createVcpu();
  script.init(0, init);
}

const core = (low: number, size = 3): bigint => (0x60n << 56n) | (BigInt(size) << 52n) | 0x10_0000n | BigInt(low);
const sysreg = (low: number): bigint => 0x6030_0000_0013_0000n | BigInt(low);

/** Identifiers that are not right. */
const bad: Readonly<Record<string, bigint>> = {
  zero: 0n,
  'an identifier of x86': 0x2030_0000_0010_0000n,
  'an identifier of 32-bit Arm': 0x4030_0000_0010_0000n,
  'no coprocessor': 0x6030_0000_0000_0000n,
  'coprocessor 0x12': 0x6030_0000_0012_0000n,
  'coprocessor 0x17': 0x6030_0000_0017_0000n,
  'X0 as 32 bits': core(0, 2),
  'X0 as 128 bits': core(0, 4),
  'the upper half of X0': core(1),
  'the upper half of PC': core(0x41),
  'V0 as 64 bits': core(0x54),
  'V0 and a quarter': core(0x55, 4),
  'FPSR as 64 bits': core(0xd4),
  'FPCR as 16 bits': core(0xd5, 1),
  'after FPCR': core(0xd6, 2),
  'far after FPCR': core(0xffff),
  'core with a bit above': core(0) | (1n << 32n),
  'sysreg as 32 bits': sysreg(0xc080) ^ (1n << 52n),
  'a sysreg that is none': sysreg(0xffff),
  'sysreg of op0 0': sysreg(0x0001),
  SCTLR_EL2: sysreg(0xe080),
  TTBR1_EL2: sysreg(0xe101),
  'PMCR_EL0 without a PMU': sysreg(0xdce0),
  'APIAKEYLO_EL1 without pointer authentication': sysreg(0xc108),
  'ZCR_EL1 without SVE': sysreg(0xc090),
  DBGBVR7_EL1: sysreg(0x8000 | (7 << 3) | 4),
  'SVE vector lengths without SVE': 0x6060_0000_0015_ffffn,
  'firmware register 4': 0x6030_0000_0014_0004n,
  'firmware register as 32 bits': 0x6020_0000_0014_0000n,
  'bitmap register 3': 0x6030_0000_0016_0003n,
  'bitmap register 4': 0x6030_0000_0016_0004n,
  'cache 14': 0x6020_0000_0011_000en,
  'cache 0 as 64 bits': 0x6030_0000_0011_0000n,
  'demux of another kind': 0x6020_0000_0011_0100n,
};

/** Values that PSTATE cannot have, or can. */
const pstates = [
  0x0n,
  0x4n,
  0x5n,
  0x8n,
  0x9n,
  0xcn,
  0xdn,
  0x1n,
  0x10n,
  0x13n,
  0x1fn,
  0x3c5n,
  0xf000_03c5n,
  0x20_03c5n,
  0x1_0000_03c5n,
  0x0010_03c5n,
  0xffff_ffff_0000_03c5n,
];

const firmware = {
  psci_version: registerId.psci_version,
  ...Object.fromEntries([1, 2, 3].map((n) => [`workaround ${n}`, 0x6030_0000_0014_0000n + BigInt(n)])),
};
const bitmaps = Object.fromEntries([0, 1, 2, 3].map((n) => [`bitmap ${n}`, 0x6030_0000_0016_0000n + BigInt(n)]));
const values = [0n, 1n, 2n, 3n, 4n, 0x1_0000n, 0x1_0001n, 0x1_0002n, 0x1_0003n, 0x1_0004n, 0x2_0000n, 1n << 32n, 0xffff_ffff_ffff_ffffn];

/** An identification register whose field changes by this much. */
const changes: readonly (readonly [name: string, low: number, xor: bigint])[] = [
  ['MIDR_EL1', 0xc000, 1n],
  ['MPIDR_EL1', 0xc005, 1n],
  ['REVIDR_EL1', 0xc006, 1n],
  ['AIDR_EL1', 0xc807, 1n],
  ['CTR_EL0', 0xd801, 1n],
  ['CTR_EL0, DIC', 0xd801, 1n << 29n],
  ['CLIDR_EL1', 0xc801, 1n],
  ['ID_AA64PFR0_EL1, CSV2', 0xc020, 1n << 56n],
  ['ID_AA64PFR0_EL1, RAS', 0xc020, 1n << 28n],
  ['ID_AA64PFR0_EL1, GIC', 0xc020, 1n << 24n],
  ['ID_AA64PFR0_EL1, EL2', 0xc020, 1n << 8n],
  ['ID_AA64DFR0_EL1, BRPs', 0xc028, 1n << 12n],
  ['ID_AA64DFR0_EL1, DebugVer', 0xc028, 1n],
  ['ID_AA64ISAR0_EL1, RNDR', 0xc030, 1n << 60n],
  ['ID_AA64ISAR1_EL1, LRCPC', 0xc031, 1n << 20n],
  ['ID_AA64MMFR0_EL1, PARange', 0xc038, 1n],
  ['ID_AA64MMFR0_EL1, TGran4_2', 0xc038, 1n << 40n],
  ['ID_AA64MMFR2_EL1, CnP', 0xc03a, 1n],
];

function writeRegister(script: Script, name: string, id: bigint, value: bigint): void {
  script.setId(id, value, name, 0, false);
}

export const oneReg: readonly Case[] = [
  scripted('every register', (script) => {
    fresh(script);
    script.survey(slot.vcpu);
  }),
  scripted('every register of a vCPU with pointer authentication', (script) => {
    fresh(script, { features: ['PSCI_0_2', 'PTRAUTH_ADDRESS', 'PTRAUTH_GENERIC'] });
    script.survey(slot.vcpu);
  }),
  scripted('KVM_GET_REG_LIST', (script) => {
    fresh(script);
    for (const n of [0, 1, 100]) {
      script.call(slot.vcpu, 'KVM_GET_REG_LIST', struct(8, [[0, 'u64', n]]), `room for ${n}`);
      script.dump(`n of ${n}`, place.argument, 8);
    }
    script.call(slot.vcpu, 'KVM_GET_REG_LIST', struct(8, [[0, 'u64', 900]]), 'room for 900');
    script.dump('n', place.argument, 8);
  }),
  scripted('identifiers that are not right', (script) => {
    fresh(script);
    for (const [name, id] of Object.entries(bad)) {
      script.getId(id, `${name}: value`, 8, 0, false);
      writeRegister(script, `${name}: set`, id, 0n);
    }
  }),
  scripted('a value out of reach', (script) => {
    fresh(script);
    for (const address of [0n, 0x7000_0000n, 0xffff_8000_0000_0000n]) {
      for (const name of ['KVM_GET_ONE_REG', 'KVM_SET_ONE_REG'] as const) {
        const argument = struct(16, [
          [0, 'u64', idOf('x0')],
          [8, 'u64', address],
        ]);
        script.call(slot.vcpu, calls[name], argument, `${name} at 0x${address.toString(16)}`);
      }
    }
  }),
  scripted('PSTATE', (script) => {
    fresh(script);
    for (const value of pstates) {
      writeRegister(script, `set 0x${value.toString(16)}`, registerId.pstate, value);
      script.get('pstate');
    }
  }),
  scripted('PSTATE of a 32-bit vCPU', (script) => {
    fresh(script, { features: ['PSCI_0_2', 'EL1_32BIT'] });
    script.get('pstate');
    for (const value of pstates) {
      writeRegister(script, `set 0x${value.toString(16)}`, registerId.pstate, value);
      script.get('pstate');
    }
  }),
  ...Object.entries({ ...firmware, ...bitmaps }).map(([name, id]) =>
    scripted(`firmware: ${name}`, (script) => {
      fresh(script);
      script.getId(id, 'at first');
      for (const value of values) {
        writeRegister(script, `set 0x${value.toString(16)}`, id, value);
        script.getId(id, `after 0x${value.toString(16)}`);
      }
    }),
  ),
  scripted('firmware registers once the VM has run', (script) => {
    script.guest(program('nop'));
    script.run('KVM_RUN', 0, SHORT);
    for (const [name, id] of Object.entries({ ...firmware, ...bitmaps })) {
      script.getId(id, name);
      writeRegister(script, `${name}: set to 0`, id, 0n);
      writeRegister(script, `${name}: set to 1`, id, 1n);
      script.getId(id, `${name} afterwards`);
    }
  }),
  ...changes.map(([name, low, xor]) =>
    scripted(`changed by 0x${xor.toString(16)}: ${name}`, (script) => {
      fresh(script);
      script.change(sysreg(low), xor, 'before the first run');
      script.program(program('nop'));
      script.set('pc', 0x4000_0000n);
      script.run('KVM_RUN', 0, SHORT);
      script.change(sysreg(low), xor, 'after it');
      script.change(sysreg(low), 0n, 'to what it is');
    }),
  ),
  scripted('the stack pointers, with either in use', (script) => {
    fresh(script);
    script.set('sp', 0x1000n);
    script.set('sp_el1', 0x2000n);
    for (const pstate of [0x3c5n, 0x3c4n, 0x3c0n]) {
      script.set('pstate', pstate);
      script.registers(['sp', 'sp_el1']);
    }
  }),
];
