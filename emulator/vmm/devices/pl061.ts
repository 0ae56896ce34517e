import { type InterruptLine, type MmioDevice, primeCellId } from './device.ts';

/** Register offsets (Arm PrimeCell GPIO PL061 TRM, 3.2). GPIODATA occupies 0x000..0x3fc: address bits 9:2 mask the data. */
const register = { DIR: 0x400, IS: 0x404, IBE: 0x408, IEV: 0x40c, IE: 0x410, RIS: 0x414, MIS: 0x418, IC: 0x41c, AFSEL: 0x420 } as const;

/** General-purpose I/O (Arm PL061), eight lines; line 3 is the board's power key. */
export class Pl061 implements MmioDevice {
  readonly name = 'pl061';
  private data = 0;
  private DIR = 0;
  private IS = 0;
  private IBE = 0;
  private IEV = 0;
  private IE = 0;
  private RIS = 0;
  private AFSEL = 0;

  constructor(private readonly line: InterruptLine) {}

  reset(): void {
    this.data = this.DIR = this.IS = this.IBE = this.IEV = this.IE = this.RIS = this.AFSEL = 0;
    this.updateLine();
  }

  /** Drives an input line from outside. */
  setInput(line: number, level: boolean): void {
    const bit = 1 << line;
    const before = this.data;
    this.data = level ? before | bit : before & ~bit;
    const changed = (before ^ this.data) & bit;
    if (changed && (this.IBE & bit || ((this.IEV & bit) !== 0) === level) && !(this.IS & bit)) this.RIS |= bit;
    this.sampleLevels();
    this.updateLine();
  }

  read(offset: number): number {
    if (offset < register.DIR) return this.data & (offset >> 2) & 0xff;
    switch (offset) {
      case register.DIR:
        return this.DIR;
      case register.IS:
        return this.IS;
      case register.IBE:
        return this.IBE;
      case register.IEV:
        return this.IEV;
      case register.IE:
        return this.IE;
      case register.RIS:
        return this.RIS;
      case register.MIS:
        return this.RIS & this.IE;
      case register.AFSEL:
        return this.AFSEL;
      default:
        return offset >= 0xfe0 && offset < 0x1000 ? primeCellId([0x61, 0x10, 0x04, 0x00], offset) : 0;
    }
  }

  write(offset: number, value: number): void {
    const byte = value & 0xff;
    if (offset < register.DIR) {
      const mask = (offset >> 2) & this.DIR;
      this.data = (this.data & ~mask) | (byte & mask);
    } else if (offset === register.DIR) this.DIR = byte;
    else if (offset === register.IS) this.IS = byte;
    else if (offset === register.IBE) this.IBE = byte;
    else if (offset === register.IEV) this.IEV = byte;
    else if (offset === register.IE) this.IE = byte;
    else if (offset === register.IC) this.RIS &= ~byte;
    else if (offset === register.AFSEL) this.AFSEL = byte;
    this.sampleLevels();
    this.updateLine();
  }

  /** Level-sensitive inputs assert for as long as they are at the level that IEV chooses. */
  private sampleLevels(): void {
    const asserted = ~(this.data ^ this.IEV) & this.IS & ~this.DIR & 0xff;
    this.RIS = (this.RIS & ~this.IS) | asserted;
  }

  private updateLine(): void {
    this.line((this.RIS & this.IE) !== 0);
  }
}
