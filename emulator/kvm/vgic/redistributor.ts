import { VGIC_IIDR, VGIC_PIDR2 } from './distributor.ts';
import { PRIVATE_IRQ_COUNT } from './irq.ts';
import { irqRegisterAt, readIrqRegister, validIrqAccess, writeIrqRegister } from './irq-registers.ts';
import type { Vgic, VgicCpu } from './vgic.ts';

/** Registers of the redistributor's RD frame (GIC architecture, 12.11). GICR_WAKER reads as zero: never asleep. */
const GICR_CTLR = 0x0000;
const GICR_IIDR = 0x0004;
const GICR_TYPER = 0x0008;
const GICR_PROPBASER = 0x0070;
const GICR_PENDBASER = 0x0078;
const GICR_PIDR2 = 0xffe8;

const TYPER_LAST = 1 << 4;
/** GICR_CTLR.IR and CES: LPIs can be invalidated by register, and enabled as well as disabled. There is none, and EnableLPIs stays zero. */
const CTLR_FIXED = 6;
/** The redistributor does not tell its revision. */
const IIDR = VGIC_IIDR & ~0xf000;

/** The second frame, SGI_base, follows. */
export const SGI_FRAME = 0x1_0000;

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
      case GICR_CTLR:
        return this.vgic.revision >= 3 ? CTLR_FIXED : 0;
      case GICR_IIDR:
        return IIDR;
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
    if (offset === GICR_PROPBASER || offset === GICR_PROPBASER + 4)
      writeTable(PROPBASER, (offset - GICR_PROPBASER) / 4, value, propbaserUnused);
    if (offset === GICR_PENDBASER || offset === GICR_PENDBASER + 4)
      writeTable(PENDBASER, (offset - GICR_PENDBASER) / 4, value, pendbaserUnused);
  }
}

/** Bits of the two words that are RES0. */
const propbaserUnused = [0x60, 0xf8f0_0000] as const;
const pendbaserUnused = [0xf07f, 0xb8f0_0000] as const;

/** Writes one word of GICR_PROPBASER or GICR_PENDBASER: what KVM cannot do becomes what it can (`vgic_sanitise_propbaser`). */
function writeTable(table: [number, number], word: number, value: number, unused: readonly [number, number]): void {
  table[word] = value >>> 0;
  let [low, high] = table;
  // Shareability 11:10: Outer is Inner. Inner cacheability 9:7: none is Read-Allocate Write-Back. Outer cacheability 58:56: the same as inner, or none.
  if (((low >>> 10) & 3) === 2) low ^= 3 << 10;
  if (((low >>> 7) & 7) <= 1) low = (low & ~(7 << 7)) | (3 << 7);
  if (((high >>> 24) & 7) > 1) high &= ~(7 << 24);
  table[0] = (low & ~unused[0]) >>> 0;
  table[1] = (high & ~unused[1]) >>> 0;
}
