import { type InterruptLine, type MmioDevice, primeCellId } from './device.ts';

/** Register offsets (Arm PrimeCell Real Time Clock PL031 TRM, 3.2). */
const register = { DR: 0x00, MR: 0x04, LR: 0x08, CR: 0x0c, IMSC: 0x10, RIS: 0x14, MIS: 0x18, ICR: 0x1c } as const;

/**
 * Real-time clock (Arm PL031): counts seconds of machine time from a start that the launch chooses, so that two runs read the same date.
 * The alarm is compared when time is looked at (`tick`), which the board does whenever it waits.
 */
export class Pl031 implements MmioDevice {
  readonly name = 'pl031';
  /** Seconds to add to machine time. */
  private offset: number;
  private LR: number;
  private MR = 0;
  private IMSC = 0;
  private RIS = 0;
  private matched = false;

  /**
   * @param seconds Machine time, whole seconds since power-on.
   * @param epoch Unix time at power-on, seconds.
   */
  constructor(
    private readonly seconds: () => number,
    private readonly epoch: number,
    private readonly line: InterruptLine,
  ) {
    this.offset = epoch;
    this.LR = epoch;
  }

  reset(): void {
    this.offset = this.epoch;
    this.LR = this.epoch;
    this.MR = this.IMSC = this.RIS = 0;
    this.matched = false;
    this.updateLine();
  }

  /** Machine time in seconds at which the alarm next fires; Infinity when none is set. */
  get alarm(): number {
    if (this.MR === 0 || this.matched) return Number.POSITIVE_INFINITY;
    const ahead = (this.MR - this.now()) >>> 0;
    return this.seconds() + ahead;
  }

  /** Compares the alarm with the present. */
  tick(): void {
    if (this.MR === 0 || this.matched || this.now() !== this.MR) return;
    this.matched = true;
    this.RIS = 1;
    this.updateLine();
  }

  read(offset: number): number {
    switch (offset) {
      case register.DR:
        return this.now();
      case register.MR:
        return this.MR;
      case register.LR:
        return this.LR;
      case register.CR:
        return 1;
      case register.IMSC:
        return this.IMSC;
      case register.RIS:
        return this.RIS;
      case register.MIS:
        return this.RIS & this.IMSC;
      default:
        return offset >= 0xfe0 && offset < 0x1000 ? primeCellId([0x31, 0x10, 0x04, 0x00], offset) : 0;
    }
  }

  write(offset: number, value: number): void {
    switch (offset) {
      case register.MR:
        this.MR = value >>> 0;
        this.matched = false;
        this.tick();
        break;
      case register.LR:
        this.LR = value >>> 0;
        this.offset = this.LR - this.seconds();
        this.matched = false;
        this.tick();
        break;
      case register.IMSC:
        this.IMSC = value & 1;
        this.updateLine();
        break;
      case register.ICR:
        if (value & 1) this.RIS = 0;
        this.updateLine();
        break;
      default:
        break;
    }
  }

  private now(): number {
    return (this.seconds() + this.offset) >>> 0;
  }

  private updateLine(): void {
    this.line((this.RIS & this.IMSC) !== 0);
  }
}
