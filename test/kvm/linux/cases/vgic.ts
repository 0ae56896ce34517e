import { program } from '../guests.ts';
import { GUEST, place, type Script, SHORT, scripted, slot, struct } from '../script.ts';
import type { Case } from '../steps.ts';

const VGIC_V2 = 5;
const VGIC_V3 = 7;
const ITS = 8;
const TEST = 1;
const group = {
  ADDR: 0,
  DIST_REGS: 1,
  CPU_REGS: 2,
  NR_IRQS: 3,
  CTRL: 4,
  REDIST_REGS: 5,
  CPU_SYSREGS: 6,
  LEVEL_INFO: 7,
  ITS_REGS: 8,
  MAINT_IRQ: 9,
} as const;
type Group = keyof typeof group;

const DIST = 0x800_0000;
const REDIST = 0x80a_0000;

const createDevice = (type: number, flags = 0): Uint8Array =>
  struct(12, [
    [0, 'u32', type],
    [8, 'u32', flags],
  ]);

function device(script: Script, label = 'KVM_CREATE_DEVICE', type = VGIC_V3): void {
  script.call(slot.vm, 'KVM_CREATE_DEVICE', createDevice(type), label);
  script.takeFd(slot.device, place.argument + 4);
}

const attribute = (script: Script, verb: 'SET' | 'GET' | 'HAS', of: Group, attr: number | bigint, label: string): void =>
  script.attribute(slot.device, `KVM_${verb}_DEVICE_ATTR`, group[of], attr, label);

function setTo(
  script: Script,
  of: Group,
  attr: number | bigint,
  value: number | bigint,
  label: string,
  width: 'u32' | 'u64' = 'u64',
): void {
  script.write(place.value, struct(8, [[0, width, value]]));
  attribute(script, 'SET', of, attr, label);
}

function read(script: Script, of: Group, attr: number | bigint, label: string, bytes = 4): void {
  script.write(place.value, struct(8));
  attribute(script, 'GET', of, attr, `get ${label}`);
  script.dump(label, place.value, bytes);
}

const init = (script: Script, label = 'INIT'): void => attribute(script, 'SET', 'CTRL', 0, label);

function vmWithVcpus(script: Script, count = 1): void {
  script.vm();
  script.ram();
  for (let n = 0; n < count; n++) script.createVcpu(n);
}

/** A VM with vCPUs and an initialized interrupt controller. */
function ready(script: Script, count = 1, irqs?: number): void {
  vmWithVcpus(script, count);
  device(script);
  if (irqs !== undefined) setTo(script, 'NR_IRQS', 0, irqs, 'NR_IRQS', 'u32');
  setTo(script, 'ADDR', 2, DIST, 'distributor');
  setTo(script, 'ADDR', 3, REDIST, 'redistributors');
  init(script);
  for (let n = 0; n < count; n++) script.init(n);
}

const offsets = (of: Readonly<Record<string, number>>): readonly (readonly [string, number])[] => Object.entries(of);

const distributor = offsets({
  GICD_CTLR: 0,
  GICD_TYPER: 4,
  GICD_IIDR: 8,
  GICD_TYPER2: 0xc,
  GICD_STATUSR: 0x10,
  GICD_IGROUPR0: 0x80,
  GICD_IGROUPR1: 0x84,
  GICD_ISENABLER0: 0x100,
  GICD_ISENABLER1: 0x104,
  GICD_ICENABLER1: 0x184,
  GICD_ISPENDR1: 0x204,
  GICD_ICPENDR1: 0x284,
  GICD_ISACTIVER1: 0x304,
  GICD_ICACTIVER1: 0x384,
  GICD_IPRIORITYR8: 0x420,
  GICD_ITARGETSR8: 0x820,
  GICD_ICFGR2: 0xc08,
  GICD_IGRPMODR1: 0xd04,
  GICD_NSACR: 0xe00,
  GICD_SGIR: 0xf00,
  GICD_IROUTER32: 0x6100,
  GICD_IROUTER32_high: 0x6104,
  GICD_PIDR2: 0xffe8,
  GICD_CIDR0: 0xfff0,
  misaligned: 0x102,
  beyond: 0x1_0000,
});

const redistributor = offsets({
  GICR_CTLR: 0,
  GICR_IIDR: 4,
  GICR_TYPER: 8,
  GICR_TYPER_high: 0xc,
  GICR_STATUSR: 0x10,
  GICR_WAKER: 0x14,
  GICR_PROPBASER: 0x70,
  GICR_PENDBASER: 0x78,
  GICR_PIDR2: 0xffe8,
  GICR_IGROUPR0: 0x1_0080,
  GICR_ISENABLER0: 0x1_0100,
  GICR_ISPENDR0: 0x1_0200,
  GICR_ISACTIVER0: 0x1_0300,
  GICR_IPRIORITYR0: 0x1_0400,
  GICR_IPRIORITYR7: 0x1_041c,
  GICR_ICFGR0: 0x1_0c00,
  GICR_ICFGR1: 0x1_0c04,
  misaligned: 0x1_0102,
  beyond: 0x2_0000,
});

const systemRegister = (op0: number, op1: number, crn: number, crm: number, op2: number): number =>
  (op0 << 14) | (op1 << 11) | (crn << 7) | (crm << 3) | op2;

const interfaceRegisters = offsets({
  ICC_PMR_EL1: systemRegister(3, 0, 4, 6, 0),
  ICC_BPR0_EL1: systemRegister(3, 0, 12, 8, 3),
  ICC_AP0R0_EL1: systemRegister(3, 0, 12, 8, 4),
  ICC_AP0R1_EL1: systemRegister(3, 0, 12, 8, 5),
  ICC_AP1R0_EL1: systemRegister(3, 0, 12, 9, 0),
  ICC_AP1R1_EL1: systemRegister(3, 0, 12, 9, 1),
  ICC_BPR1_EL1: systemRegister(3, 0, 12, 12, 3),
  ICC_CTLR_EL1: systemRegister(3, 0, 12, 12, 4),
  ICC_SRE_EL1: systemRegister(3, 0, 12, 12, 5),
  ICC_IGRPEN0_EL1: systemRegister(3, 0, 12, 12, 6),
  ICC_IGRPEN1_EL1: systemRegister(3, 0, 12, 12, 7),
  ICC_IAR1_EL1: systemRegister(3, 0, 12, 12, 0),
  SCTLR_EL1: systemRegister(3, 0, 1, 0, 0),
});

/** Registers of one group: whether there is one, its value, what it is after ones were written, and after zeroes. */
function registers(script: Script, of: Group, list: readonly (readonly [string, number])[], bytes: 4 | 8, high = 0n): void {
  const width = bytes === 4 ? 'u32' : 'u64';
  for (const [name, offset] of list) {
    const attr = (high << 32n) | BigInt(offset);
    attribute(script, 'HAS', of, attr, `has ${name}`);
    read(script, of, attr, name, bytes);
    setTo(script, of, attr, 0xffff_ffff, `${name} set to ones`, width);
    read(script, of, attr, `${name} after ones`, bytes);
    setTo(script, of, attr, 0, `${name} set to zero`, width);
    read(script, of, attr, `${name} after zeroes`, bytes);
  }
}

const region = (index: number, base: number, flags: number, count: number): bigint =>
  BigInt(index) | (BigInt(flags) << 12n) | BigInt(base) | (BigInt(count) << 52n);

export const vgic: readonly Case[] = [
  scripted('KVM_CREATE_DEVICE', (script) => {
    script.vm();
    for (const type of [0, 1, 4, VGIC_V2, 6, VGIC_V3, ITS, 9, 10, 16, 17, 99]) {
      if (type === 16) continue;
      script.call(slot.vm, 'KVM_CREATE_DEVICE', createDevice(type, TEST), `test of type ${type}`);
    }
    script.call(slot.vm, 'KVM_CREATE_DEVICE', createDevice(VGIC_V3, 2), 'vGICv3 with flag 1');
    script.takeFd(slot.device, place.argument + 4);
    script.call(slot.vm, 'KVM_CREATE_DEVICE', createDevice(VGIC_V3), 'vGICv3 again');
    script.plain(slot.vm, 'KVM_CREATE_IRQCHIP', 0, 'KVM_CREATE_IRQCHIP');
    script.plain(slot.device, 'KVM_CHECK_EXTENSION', 0, 'KVM_CHECK_EXTENSION of the device');
    script.plain(slot.device, 'KVM_RUN', 0, 'KVM_RUN of the device');
  }),
  scripted('a vGICv3 that comes after a vCPU has run', (script) => {
    script.guest(program('nop'));
    script.run('KVM_RUN', 0, SHORT);
    device(script);
  }),
  scripted('attributes that there are', (script) => {
    vmWithVcpus(script);
    device(script);
    for (const name of Object.keys(group) as Group[])
      for (const attr of [0, 1, 2, 3, 4, 5, 6]) attribute(script, 'HAS', name, attr, `${name} ${attr}`);
    script.attribute(slot.device, 'KVM_HAS_DEVICE_ATTR', 10, 0, 'group 10');
  }),
  scripted('ADDR', (script) => {
    script.vm();
    device(script);
    read(script, 'ADDR', 2, 'distributor at first', 8);
    read(script, 'ADDR', 3, 'redistributors at first', 8);
    setTo(script, 'ADDR', 0, DIST, 'distributor of a vGICv2');
    setTo(script, 'ADDR', 4, DIST, 'ITS');
    setTo(script, 'ADDR', 9, DIST, 'attribute 9');
    setTo(script, 'ADDR', 2, DIST + 0x1000, 'distributor not aligned to 64 KiB');
    setTo(script, 'ADDR', 2, 2 ** 40, 'distributor beyond 40 bits');
    setTo(script, 'ADDR', 2, 2 ** 40 - 0x8000, 'distributor over the end of 40 bits');
    setTo(script, 'ADDR', 2, DIST, 'distributor');
    setTo(script, 'ADDR', 2, DIST, 'distributor again');
    setTo(script, 'ADDR', 3, DIST, 'redistributors over the distributor');
    setTo(script, 'ADDR', 3, REDIST + 0x1000, 'redistributors not aligned');
    setTo(script, 'ADDR', 3, 2 ** 40, 'redistributors beyond 40 bits');
    setTo(script, 'ADDR', 3, REDIST, 'redistributors');
    setTo(script, 'ADDR', 3, REDIST, 'redistributors again');
    setTo(script, 'ADDR', 5, region(0, REDIST, 0, 2), 'a region as well');
    read(script, 'ADDR', 2, 'distributor', 8);
    read(script, 'ADDR', 3, 'redistributors', 8);
  }),
  scripted('ADDR: regions', (script) => {
    script.vm();
    device(script);
    setTo(script, 'ADDR', 5, region(0, REDIST, 1, 2), 'flags');
    setTo(script, 'ADDR', 5, region(0, REDIST, 0, 0), 'no redistributor');
    setTo(script, 'ADDR', 5, region(1, REDIST, 0, 2), 'index 1 first');
    setTo(script, 'ADDR', 5, region(0, REDIST, 0, 2), 'region 0');
    setTo(script, 'ADDR', 5, region(0, 0x1000_0000, 0, 2), 'region 0 again');
    setTo(script, 'ADDR', 5, region(1, REDIST + 0x2_0000, 0, 2), 'region 1 over region 0');
    setTo(script, 'ADDR', 5, region(1, 0x1000_0000, 0, 2), 'region 1');
    setTo(script, 'ADDR', 3, 0x2000_0000, 'redistributors as well');
    script.write(place.value, struct(8, [[0, 'u64', 1]]));
    attribute(script, 'GET', 'ADDR', 5, 'get region 1');
    script.dump('region 1', place.value, 8);
    script.write(place.value, struct(8, [[0, 'u64', 2]]));
    attribute(script, 'GET', 'ADDR', 5, 'get region 2');
  }),
  scripted('NR_IRQS', (script) => {
    vmWithVcpus(script);
    device(script);
    read(script, 'NR_IRQS', 0, 'at first');
    for (const count of [0, 31, 32, 63, 64, 65, 96, 1023, 1024, 1056]) {
      setTo(script, 'NR_IRQS', 0, count, `set to ${count}`, 'u32');
      read(script, 'NR_IRQS', 0, `after ${count}`);
    }
  }),
  scripted('NR_IRQS after INIT', (script) => {
    ready(script);
    read(script, 'NR_IRQS', 0, 'NR_IRQS by itself');
    setTo(script, 'NR_IRQS', 0, 64, 'set', 'u32');
  }),
  scripted('CTRL', (script) => {
    script.vm();
    script.ram();
    device(script);
    init(script, 'INIT without vCPUs or addresses');
    script.createVcpu();
    init(script, 'INIT without addresses');
    init(script, 'INIT again');
    attribute(script, 'SET', 'CTRL', 3, 'SAVE_PENDING_TABLES');
    attribute(script, 'SET', 'CTRL', 1, 'attribute 1');
    attribute(script, 'GET', 'CTRL', 0, 'get INIT');
    script.createVcpu(1);
  }),
  scripted('KVM_RUN without addresses', (script) => {
    script.vm();
    script.ram();
    script.createVcpu();
    device(script);
    script.init();
    script.program(program('nop'));
    script.set('pc', BigInt(GUEST));
    script.run('without anything', 0, SHORT);
    init(script);
    script.run('after INIT', 0, SHORT);
    setTo(script, 'ADDR', 2, DIST, 'distributor');
    script.run('with a distributor', 0, SHORT);
    setTo(script, 'ADDR', 3, REDIST, 'redistributors');
    script.run('with both', 0, SHORT);
  }),
  scripted('KVM_RUN without INIT', (script) => {
    script.vm();
    script.ram();
    script.createVcpu();
    device(script);
    setTo(script, 'ADDR', 2, DIST, 'distributor');
    setTo(script, 'ADDR', 3, REDIST, 'redistributors');
    script.init();
    script.program(program('nop'));
    script.set('pc', BigInt(GUEST));
    script.run('KVM_RUN', 0, SHORT);
  }),
  scripted('registers before INIT', (script) => {
    vmWithVcpus(script);
    device(script);
    read(script, 'DIST_REGS', 0, 'GICD_CTLR');
    read(script, 'REDIST_REGS', 0, 'GICR_CTLR');
    read(script, 'CPU_SYSREGS', systemRegister(3, 0, 4, 6, 0), 'ICC_PMR_EL1', 8);
    read(script, 'LEVEL_INFO', 0, 'levels');
  }),
  scripted('distributor registers', (script) => {
    ready(script);
    registers(script, 'DIST_REGS', distributor, 4);
  }),
  scripted('redistributor registers', (script) => {
    ready(script, 2);
    registers(script, 'REDIST_REGS', redistributor, 4);
    read(script, 'REDIST_REGS', (1n << 32n) | 8n, 'GICR_TYPER of vCPU 1');
    read(script, 'REDIST_REGS', (1n << 32n) | 0xcn, 'GICR_TYPER of vCPU 1, high');
    read(script, 'REDIST_REGS', (2n << 32n) | 8n, 'GICR_TYPER of vCPU 2');
  }),
  scripted('CPU interface registers', (script) => {
    ready(script);
    registers(script, 'CPU_SYSREGS', interfaceRegisters, 8);
    read(script, 'CPU_SYSREGS', (1n << 32n) | BigInt(systemRegister(3, 0, 4, 6, 0)), 'ICC_PMR_EL1 of vCPU 1', 8);
  }),
  scripted('LEVEL_INFO and KVM_IRQ_LINE', (script) => {
    ready(script, 1, 96);
    const lines = {
      'CPU IRQ': 0,
      'SPI 32': 0x100_0020,
      'SPI 95': 0x100_005f,
      'SPI 96': 0x100_0060,
      'SPI 31': 0x100_001f,
      'PPI 16': 0x200_0010,
      'PPI 15': 0x200_000f,
      'PPI 32': 0x200_0020,
      'PPI of vCPU 1': 0x201_0010,
    };
    for (const [name, irq] of Object.entries(lines)) script.irqLine(irq, 1, name);
    for (const first of [0, 32, 64, 96, 1]) read(script, 'LEVEL_INFO', first, `levels from ${first}`);
    script.irqLine(0x100_0020, 0, 'SPI 32 down');
    read(script, 'LEVEL_INFO', 32, 'levels afterwards');
    setTo(script, 'LEVEL_INFO', 32, 2, 'set levels', 'u32');
    read(script, 'LEVEL_INFO', 32, 'levels that were set');
    read(script, 'DIST_REGS', 0x204, 'GICD_ISPENDR1');
  }),
  scripted('KVM_SIGNAL_MSI', (script) => {
    ready(script);
    const msi = (flags: number): Uint8Array =>
      struct(32, [
        [0, 'u64', DIST + 0x40],
        [8, 'u32', 40],
        [12, 'u32', flags],
      ]);
    script.call(slot.vm, 'KVM_SIGNAL_MSI', msi(0), 'without an ITS');
    script.call(slot.vm, 'KVM_SIGNAL_MSI', msi(1), 'with a device');
    script.call(slot.vm, 'KVM_SIGNAL_MSI', msi(2), 'flag 1');
  }),
  scripted('the guest takes an SPI', (script) => {
    ready(script);
    script.program(
      program(`
        mov x1, #${DIST}
        mov w2, #0x12
        str w2, [x1]
        mov w2, #1
        str w2, [x1, #0x84]
        str w2, [x1, #0x104]
        mov x3, #0xf0
        msr icc_pmr_el1, x3
        mov x3, #1
        msr icc_igrpen1_el1, x3
        isb
        str wzr, [x29, #4]
        msr daifclr, #2
        isb
        nop
      `).replace('report:', 'report: mrs x5, icc_iar1_el1\nmrs x6, icc_rpr_el1\nmsr icc_eoir1_el1, x5\nmrs x7, icc_iar1_el1\n'),
    );
    script.set('pc', BigInt(GUEST));
    script.run('ready', 0, SHORT);
    script.irqLine(0x100_0020, 1, 'raise');
    script.run('on', 0, SHORT);
    script.registers(['pc', 'x5', 'x6', 'x7', 'x21', 'x23', 'x27']);
  }),
  ...(
    [
      ['vCPU timer', 1],
      ['PMU', 0],
      ['PV time', 2],
      ['group 3', 3],
    ] as const
  ).map(([name, of]) =>
    scripted(`vCPU attributes: ${name}`, (script) => {
      ready(script);
      for (const attr of [0, 1, 2, 3, 4, 5]) {
        script.attribute(slot.vcpu, 'KVM_HAS_DEVICE_ATTR', of, attr, `has ${attr}`);
        script.write(place.value, struct(8));
        script.attribute(slot.vcpu, 'KVM_GET_DEVICE_ATTR', of, attr, `get ${attr}`);
        script.dump(`value of ${attr}`, place.value, 8);
        for (const value of [0n, 16n, 27n, 30n, 32n, 0x1000_0000n, 0x1000_0008n, 2n ** 41n]) {
          script.write(place.value, struct(8, [[0, 'u64', value]]));
          script.attribute(slot.vcpu, 'KVM_SET_DEVICE_ATTR', of, attr, `set ${attr} to 0x${value.toString(16)}`);
        }
      }
    }),
  ),
];
