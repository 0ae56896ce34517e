import { VGIC_IIDR, VGIC_PIDR2 } from './distributor.ts';
import { PRIVATE_IRQ_COUNT } from './irq.ts';
import { irqRegisterAt, readIrqRegister, validIrqAccess, writeIrqRegister } from './irq-registers.ts';
import type { Vgic, VgicCpu } from './vgic.ts';

/** Registers of the redistributor's RD frame (GIC architecture, 12.11). GICR_CTLR and GICR_WAKER read as zero: no LPIs, never asleep. */
const GICR_IIDR = 0x0004;
const GICR_TYPER = 0x0008;
const GICR_PROPBASER = 0x0070;
const GICR_PENDBASER = 0x0078;
const GICR_PIDR2 = 0xffe8;

const TYPER_LAST = 1 << 4;

/** The second frame, SGI_base, follows. */
const SGI_FRAME = 0x1_0000;

/** One vCPU's redistributor (GICR_*): offsets are from its RD frame. */
export class Redistributor {
  constructor(
    private readonly vgic: Vgic,
    private readonly cpu: VgicCpu,
  ) {}

  read(offset: number, bytes: number): number {
    if (offset >= SGI_FRAME) {
      const at = offset - SGI_FRAME;
      const register = irqRegisterAt(at, PRIVATE_IRQ_COUNT);
      if (register)
        return validIrqAccess(register, at, bytes) ? readIrqRegister(register, at, bytes, (intid) => this.cpu.privateIrqs[intid]) : 0;
      return at === GICR_PIDR2 && bytes === 4 ? VGIC_PIDR2 : 0;
    }
    if (bytes !== 4) return 0;
    const { PROPBASER, PENDBASER } = this.cpu.lpiTables;
    switch (offset) {
      case GICR_IIDR:
        return VGIC_IIDR;
      case GICR_TYPER:
        return (this.cpu.index << 8) | (this.cpu.index === this.vgic.cpus.length - 1 ? TYPER_LAST : 0);
      case GICR_TYPER + 4:
        return this.cpu.affinity;
      case GICR_PROPBASER:
      case GICR_PROPBASER + 4:
        return PROPBASER[(offset - GICR_PROPBASER) / 4]!;
      case GICR_PENDBASER:
      case GICR_PENDBASER + 4:
        return PENDBASER[(offset - GICR_PENDBASER) / 4]!;
      case GICR_PIDR2:
        return VGIC_PIDR2;
      default:
        return 0;
    }
  }

  write(offset: number, bytes: number, value: number): void {
    if (offset >= SGI_FRAME) {
      const at = offset - SGI_FRAME;
      const register = irqRegisterAt(at, PRIVATE_IRQ_COUNT);
      if (register && validIrqAccess(register, at, bytes)) {
        writeIrqRegister(register, at, bytes, value, (intid) => this.cpu.privateIrqs[intid], this.vgic);
      }
      return;
    }
    if (bytes !== 4) return;
    const { PROPBASER, PENDBASER } = this.cpu.lpiTables;
    if (offset === GICR_PROPBASER || offset === GICR_PROPBASER + 4) PROPBASER[(offset - GICR_PROPBASER) / 4] = value >>> 0;
    if (offset === GICR_PENDBASER || offset === GICR_PENDBASER + 4) PENDBASER[(offset - GICR_PENDBASER) / 4] = value >>> 0;
  }
}
