import { KvmError } from '../errno.ts';
import { Distributor } from './distributor.ts';
import { PRIVATE_IRQ_COUNT, type VgicIrq } from './irq.ts';
import { type IrqRegister, irqRegisterAt, readIrqRegister, writeIrqRegister } from './irq-registers.ts';
import { Redistributor, SGI_FRAME } from './redistributor.ts';
import type { Vgic, VgicCpu } from './vgic.ts';

type Irq = VgicIrq<VgicCpu>;

/** User space's view of a register frame: 32-bit accesses that save and restore, where the guest's would act. */
export interface UserFrame {
  /** Whether a register is there. */
  has(offset: number): boolean;
  /** What is not there reads as zero, and is not written. */
  read(offset: number): number;
  /** @throws KvmError EINVAL or EBUSY for what an identification register cannot be. */
  write(offset: number, value: number): void;
}

/** Offsets from the first to before the second. */
type Range = readonly [number, number];
const inside = (ranges: readonly Range[], offset: number): boolean => ranges.some(([from, to]) => offset >= from && offset < to);

const GICD_CTLR = 0x0;
const GICD_IIDR = 0x8;
const GICD_TYPER2 = 0xc;
const GICD_STATUSR = 0x10;
const GICD_ITARGETSR = 0x800;
const GICD_IROUTER = 0x6000;
const IDENTIFICATION: Range = [0xffd0, 0x1_0000];
const distributorRanges: readonly Range[] = [[GICD_CTLR, 0x14], IDENTIFICATION];
/** CTLR, IIDR, TYPER; WAKER; PROPBASER, PENDBASER; INVLPIR; INVALLR; SYNCR. */
const redistributorRanges: readonly Range[] = [
  [0x0, 0x10],
  [0x14, 0x18],
  [0x70, 0x80],
  [0xa0, 0xa8],
  [0xb0, 0xb8],
  [0xc0, 0xc4],
  IDENTIFICATION,
];
const GICR_NSACR = 0xe00;

/** IIDR.Revision of the vGIC: what a guest that was saved by an older kernel may ask for. */
const IIDR_REVISION = 0xf000;
const revisions: readonly number[] = [2, 3];

/** Arrays of bits whose user view is not the guest's: pending is what is latched, whatever the line; and writing it sets every bit of the word. */
const latched: IrqRegister['read'] = (irq) => (irq.pendingLatch ? 1 : 0);
const writeLatch = (irq: Irq, value: number, vgic: Vgic): void => {
  irq.pendingLatch = value !== 0;
  if (value) vgic.queue(irq);
};
function userView(register: IrqRegister): IrqRegister {
  if (register.name === 'ISPENDR') return { ...register, read: latched, write: writeLatch };
  if (register.name === 'ICPENDR') return { ...register, read: () => 0, write: () => {} };
  return register;
}

/** @param irqOf The interrupt of a number in this frame; undefined: it has no state here. */
function arrays(vgic: Vgic, count: number, irqOf: (intid: number) => Irq | undefined) {
  const find = (offset: number): IrqRegister | undefined => {
    const register = offset % 4 === 0 ? irqRegisterAt(offset, count) : undefined;
    return register && userView(register);
  };
  return {
    find,
    read: (register: IrqRegister, offset: number) => readIrqRegister(register, offset, 4, irqOf),
    write: (register: IrqRegister, offset: number, value: number) => writeIrqRegister(register, offset, 4, value, irqOf, vgic),
  };
}

/** KVM_DEV_ARM_VGIC_GRP_DIST_REGS. `initialized`: asked at each write. */
export function userDistributor(vgic: Vgic, initialized: () => boolean): UserFrame {
  const guest = new Distributor(vgic);
  const intids = PRIVATE_IRQ_COUNT + vgic.spiCount;
  const bits = arrays(vgic, intids, (intid) => (intid < PRIVATE_IRQ_COUNT ? undefined : vgic.irq(undefined, intid)));
  const perIrq = (offset: number): boolean =>
    inside(
      [
        [GICD_ITARGETSR, GICD_ITARGETSR + intids],
        [GICD_IROUTER, GICD_IROUTER + 8 * intids],
      ],
      offset,
    );
  const has = (offset: number): boolean =>
    offset % 4 === 0 && (bits.find(offset) !== undefined || inside(distributorRanges, offset) || perIrq(offset));
  return {
    has,
    read: (offset) => {
      if (!has(offset)) return 0;
      const register = bits.find(offset);
      if (register) return bits.read(register, offset);
      // Reads as ones, writes are ignored: the guest never causes an error that it would record.
      return offset === GICD_STATUSR ? 0xffff_ffff : guest.read(offset, 4) >>> 0;
    },
    write: (offset, value) => {
      if (!has(offset)) return;
      const register = bits.find(offset);
      if (register) bits.write(register, offset, value);
      else if (offset === GICD_IIDR) writeIdentification(vgic, guest.read(offset, 4) >>> 0, value);
      else if (offset === GICD_TYPER2 && value !== 0) throw new KvmError(initialized() ? 'EBUSY' : 'EINVAL', 'GICD_TYPER2');
      else guest.write(offset, 4, value);
    },
  };
}

function writeIdentification(vgic: Vgic, is: number, value: number): void {
  const revision = (value & IIDR_REVISION) >>> 12;
  if ((is ^ value) & ~IIDR_REVISION || !revisions.includes(revision)) throw new KvmError('EINVAL', `GICD_IIDR 0x${value.toString(16)}`);
  vgic.revision = revision;
}

/** KVM_DEV_ARM_VGIC_GRP_REDIST_REGS of a vCPU. */
export function userRedistributor(vgic: Vgic, cpu: VgicCpu): UserFrame {
  const guest = new Redistributor(vgic, cpu);
  const bits = arrays(vgic, PRIVATE_IRQ_COUNT, (intid) => cpu.privateIrqs[intid]);
  const arrayAt = (offset: number): IrqRegister | undefined => (offset >= SGI_FRAME ? bits.find(offset - SGI_FRAME) : undefined);
  const has = (offset: number): boolean =>
    offset % 4 === 0 && (arrayAt(offset) !== undefined || inside(redistributorRanges, offset) || offset === SGI_FRAME + GICR_NSACR);
  return {
    has,
    read: (offset) => {
      if (!has(offset)) return 0;
      const register = arrayAt(offset);
      return register ? bits.read(register, offset - SGI_FRAME) : guest.read(offset, 4) >>> 0;
    },
    write: (offset, value) => {
      if (!has(offset)) return;
      const register = arrayAt(offset);
      if (register) bits.write(register, offset - SGI_FRAME, value);
      else guest.write(offset, 4, value);
    },
  };
}

/** KVM_DEV_ARM_VGIC_GRP_LEVEL_INFO: input lines of 32 interrupts from `intid`, a bit each; edge-triggered ones and SGIs have none. */
export const lineLevels = {
  read: (vgic: Vgic, cpu: VgicCpu, intid: number): number => {
    let levels = 0;
    for (const [n, irq] of levelIrqs(vgic, cpu, intid)) if (irq.config === 'level' && irq.lineLevel) levels |= 1 << n;
    return levels >>> 0;
  },
  write: (vgic: Vgic, cpu: VgicCpu, intid: number, levels: number): void => {
    for (const [n, irq] of levelIrqs(vgic, cpu, intid)) {
      const level = ((levels >>> n) & 1) !== 0;
      if (irq.lineLevel === level) continue;
      irq.lineLevel = level;
      if (level) vgic.queue(irq);
    }
  },
} as const;

const SGIS = 16;

function levelIrqs(vgic: Vgic, cpu: VgicCpu, intid: number): (readonly [number, Irq])[] {
  if (intid % 32 !== 0) throw new KvmError('EINVAL', `line levels from interrupt ${intid}`);
  return Array.from({ length: 32 }, (_, n) => [n, intid + n < SGIS ? undefined : vgic.irq(cpu, intid + n)] as const).filter(
    (pair): pair is readonly [number, Irq] => pair[1] !== undefined,
  );
}
