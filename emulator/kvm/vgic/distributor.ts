import { PRIVATE_IRQ_COUNT } from './irq.ts';
import { irqRegisterAt, readIrqRegister, validIrqAccess, writeIrqRegister } from './irq-registers.ts';
import type { Vgic } from './vgic.ts';

/** Registers of the distributor that are not per interrupt (GIC architecture, 12.9). */
const GICD_CTLR = 0x0000;
const GICD_TYPER = 0x0004;
const GICD_IIDR = 0x0008;
const GICD_IROUTER = 0x6000;
const GICD_PIDR2 = 0xffe8;

const CTLR_ENABLE_G1 = 1 << 1;
/** One security state (DS), affinity routing always on (ARE_NS). */
const CTLR_FIXED = (1 << 6) | (1 << 4);
/** 10 bits of INTID: SPIs only, no LPIs. */
const TYPER_ID_BITS = 9 << 19;

/** KVM's identification: product 'K', revision 3, implementer Arm. */
export const VGIC_IIDR = 0x4b00343b;
/** PIDR2.ArchRev = 3: GICv3. */
export const VGIC_PIDR2 = 0x3b;

/** The distributor frame (GICD_*): offsets are from its base. */
export class Distributor {
  constructor(private readonly vgic: Vgic) {}

  /** Low 32 bits of a read of `bytes` bytes; 64-bit registers are read in halves. */
  read(offset: number, bytes: number): number {
    const register = irqRegisterAt(offset, this.intids);
    if (register) {
      return validIrqAccess(register, offset, bytes) ? readIrqRegister(register, offset, bytes, (intid) => this.shared(intid)) : 0;
    }
    if (bytes !== 4 || offset % 4 !== 0) return 0;
    const routed = this.routerOf(offset);
    if (routed) return offset % 8 === 0 ? routed.route : 0;
    switch (offset) {
      case GICD_CTLR:
        return CTLR_FIXED | (this.vgic.enabled ? CTLR_ENABLE_G1 : 0);
      case GICD_TYPER:
        return TYPER_ID_BITS | (this.intids / 32 - 1);
      case GICD_IIDR:
        return (VGIC_IIDR & ~0xf000) | (this.vgic.revision << 12);
      case GICD_PIDR2:
        return VGIC_PIDR2;
      default:
        return 0;
    }
  }

  write(offset: number, bytes: number, value: number): void {
    const register = irqRegisterAt(offset, this.intids);
    if (register) {
      if (validIrqAccess(register, offset, bytes))
        writeIrqRegister(register, offset, bytes, value, (intid) => this.shared(intid), this.vgic);
      return;
    }
    if (bytes !== 4 || offset % 4 !== 0) return;
    if (offset === GICD_CTLR) this.vgic.setEnabled((value & CTLR_ENABLE_G1) !== 0);
    const routed = this.routerOf(offset);
    // Aff3 (the high word) and IRM are not implemented.
    if (!routed || offset % 8 !== 0) return;
    routed.route = value & 0xff_ffff;
    routed.target = this.vgic.cpuByAffinity(value & 0xff_ffff);
    this.vgic.queue(routed);
  }

  private get intids(): number {
    return PRIVATE_IRQ_COUNT + this.vgic.spiCount;
  }

  /** Private interrupts have no state in the distributor while affinity routing is on. */
  private shared(intid: number) {
    return intid < PRIVATE_IRQ_COUNT ? undefined : this.vgic.irq(undefined, intid);
  }

  private routerOf(offset: number) {
    const intid = Math.floor((offset - GICD_IROUTER) / 8);
    return offset >= GICD_IROUTER && intid < this.intids ? this.shared(intid) : undefined;
  }
}
