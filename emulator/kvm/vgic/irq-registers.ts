import { PRIORITY_MASK, PRIVATE_IRQ_COUNT, type VgicIrq } from './irq.ts';
import type { Vgic, VgicCpu } from './vgic.ts';

type Irq = VgicIrq<VgicCpu>;

/** A register array with a fixed number of bits for every interrupt; the same for distributor (SPIs) and redistributor (SGIs and PPIs). */
export interface IrqRegister {
  readonly name: string;
  /** Offset of INTID 0's bits in the frame. */
  readonly offset: number;
  readonly bits: 1 | 2 | 8;
  readonly read: (irq: Irq) => number;
  readonly write: (irq: Irq, value: number, vgic: Vgic) => void;
}

const ignore = (): void => {};

/** GICv3 register arrays (Arm GIC architecture, 12.9 and 12.11), behaviour as in KVM's vgic-mmio.c. */
export const irqRegisters: readonly IrqRegister[] = [
  {
    name: 'IGROUPR',
    offset: 0x080,
    bits: 1,
    read: (irq) => irq.group,
    write: (irq, value, vgic) => {
      irq.group = value;
      vgic.queue(irq);
    },
  },
  {
    name: 'ISENABLER',
    offset: 0x100,
    bits: 1,
    read: (irq) => (irq.enabled ? 1 : 0),
    write: (irq, value, vgic) => {
      if (!value || irq.enabled) return;
      irq.enabled = true;
      vgic.queue(irq);
    },
  },
  {
    name: 'ICENABLER',
    offset: 0x180,
    bits: 1,
    read: (irq) => (irq.enabled ? 1 : 0),
    write: (irq, value) => {
      if (value) irq.enabled = false;
    },
  },
  {
    name: 'ISPENDR',
    offset: 0x200,
    bits: 1,
    read: (irq) => (irq.pending ? 1 : 0),
    write: (irq, value, vgic) => {
      if (!value) return;
      irq.pendingLatch = true;
      vgic.queue(irq);
    },
  },
  {
    name: 'ICPENDR',
    offset: 0x280,
    bits: 1,
    read: (irq) => (irq.pending ? 1 : 0),
    write: (irq, value) => {
      if (value) irq.pendingLatch = false;
    },
  },
  {
    name: 'ISACTIVER',
    offset: 0x300,
    bits: 1,
    read: (irq) => (irq.active ? 1 : 0),
    write: (irq, value, vgic) => {
      if (!value) return;
      irq.active = true;
      vgic.queue(irq);
    },
  },
  {
    name: 'ICACTIVER',
    offset: 0x380,
    bits: 1,
    read: (irq) => (irq.active ? 1 : 0),
    write: (irq, value, vgic) => {
      if (!value) return;
      irq.active = false;
      vgic.queue(irq);
    },
  },
  {
    name: 'IPRIORITYR',
    offset: 0x400,
    bits: 8,
    read: (irq) => irq.priority,
    write: (irq, value) => {
      irq.priority = value & PRIORITY_MASK;
    },
  },
  {
    name: 'ICFGR',
    offset: 0xc00,
    bits: 2,
    read: (irq) => (irq.config === 'edge' ? 2 : 0),
    write: (irq, value) => {
      // SGIs are edge-triggered by definition; PPIs keep what their sources are wired as.
      if (irq.intid < PRIVATE_IRQ_COUNT) return;
      irq.config = value & 2 ? 'edge' : 'level';
    },
  },
  /** Two security states have group modifiers; this controller has one. */
  { name: 'IGRPMODR', offset: 0xd00, bits: 1, read: () => 0, write: ignore },
];

/** The register array that covers an offset, for `count` interrupts from INTID 0. */
export function irqRegisterAt(offset: number, count: number): IrqRegister | undefined {
  return irqRegisters.find((r) => offset >= r.offset && offset < r.offset + (count * r.bits) / 8);
}

/** Reads `bytes` (1 or 4) of a register array. `first`: lowest INTID of the frame that has state here; the others read as zero. */
export function readIrqRegister(register: IrqRegister, offset: number, bytes: number, irqOf: (intid: number) => Irq | undefined): number {
  const perAccess = (bytes * 8) / register.bits;
  const from = ((offset - register.offset) * 8) / register.bits;
  let value = 0;
  for (let i = 0; i < perAccess; i++) {
    const irq = irqOf(from + i);
    if (irq) value |= register.read(irq) << (i * register.bits);
  }
  return value >>> 0;
}

export function writeIrqRegister(
  register: IrqRegister,
  offset: number,
  bytes: number,
  value: number,
  irqOf: (intid: number) => Irq | undefined,
  vgic: Vgic,
): void {
  const perAccess = (bytes * 8) / register.bits;
  const from = ((offset - register.offset) * 8) / register.bits;
  const mask = (1 << register.bits) - 1;
  for (let i = 0; i < perAccess; i++) {
    const irq = irqOf(from + i);
    if (irq) register.write(irq, (value >>> (i * register.bits)) & mask, vgic);
  }
}

/** Access widths that KVM takes: bytes only where the architecture has byte access. Others read as zero and write nothing. */
export const validIrqAccess = (register: IrqRegister, offset: number, bytes: number): boolean =>
  (bytes === 4 && offset % 4 === 0) || (bytes === 1 && register.bits === 8);
