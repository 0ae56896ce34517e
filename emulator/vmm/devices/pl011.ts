import { type InterruptLine, type MmioDevice, primeCellId } from './device.ts';

/** Register offsets (Arm PrimeCell UART PL011 TRM, 3.2). */
const register = {
  DR: 0x00,
  RSR: 0x04,
  FR: 0x18,
  ILPR: 0x20,
  IBRD: 0x24,
  FBRD: 0x28,
  LCR_H: 0x2c,
  CR: 0x30,
  IFLS: 0x34,
  IMSC: 0x38,
  RIS: 0x3c,
  MIS: 0x40,
  ICR: 0x44,
  DMACR: 0x48,
} as const;

const flagBit = { CTS: 1 << 0, DSR: 1 << 1, DCD: 1 << 2, RXFE: 1 << 4, RXFF: 1 << 6, TXFE: 1 << 7 } as const;
const interrupt = { RX: 1 << 4, TX: 1 << 5, RT: 1 << 6, OE: 1 << 10 } as const;
const LCR_H_FEN = 1 << 4;
const LCR_H_BRK = 1 << 0;
const CR_LBE = 1 << 7;
const CR_RESET = 0x300;
const IFLS_RESET = 0x12;
const DR_BREAK = 1 << 10;
const RSR_OVERRUN = 1 << 3;

/** Receive FIFO depth of revision 1 (PeriphID2 0x14: revision r1p..., 16 entries). */
const FIFO_DEPTH = 16;
/** Receive interrupt level by IFLS.RXIFLSEL, entries of a 16-deep FIFO; reserved encodings act as 1/2. */
const receiveLevels = [2, 4, 8, 12, 14, 8, 8, 8];

/**
 * UART (Arm PL011, as on QEMU's `virt`): transmits at once (the transmit FIFO is always empty), receives through a FIFO fed by the console.
 * Input that finds the FIFO full waits outside: a terminal that pastes a page loses nothing.
 */
export class Pl011 implements MmioDevice {
  readonly name = 'pl011';
  private received: number[] = [];
  private RSR = 0;
  private ILPR = 0;
  private IBRD = 0;
  private FBRD = 0;
  private LCR_H = 0;
  private CR = CR_RESET;
  private IFLS = IFLS_RESET;
  private IMSC = 0;
  private RIS = 0;
  private DMACR = 0;

  /**
   * @param transmit Takes one byte that the guest sent.
   * @param line The combined interrupt (UARTINTR).
   * @param drained Called when the receive FIFO got room: waiting input may follow.
   */
  constructor(
    private readonly transmit: (byte: number) => void,
    private readonly line: InterruptLine,
    private readonly drained: () => void = () => {},
  ) {}

  reset(): void {
    this.received = [];
    this.RSR = this.ILPR = this.IBRD = this.FBRD = this.LCR_H = this.IMSC = this.RIS = this.DMACR = 0;
    this.CR = CR_RESET;
    this.IFLS = IFLS_RESET;
    this.updateLine();
  }

  /** Room in the receive FIFO, bytes. */
  get room(): number {
    return Math.max(0, this.depth - this.received.length);
  }

  /**
   * A byte arrives on the line; it is lost with an overrun error when there is no room.
   * A disabled receiver takes it all the same, as QEMU's does: what is typed before the driver starts is not lost.
   */
  receive(byte: number): void {
    if (this.room === 0) {
      this.RSR |= RSR_OVERRUN;
      this.RIS |= interrupt.OE;
    } else {
      this.received.push(byte);
      if (this.received.length >= this.receiveLevel) this.RIS |= interrupt.RX;
      // The receive timeout follows at once: on a line without a baud rate the pause after the last byte takes no time.
      this.RIS |= interrupt.RT;
    }
    this.updateLine();
  }

  read(offset: number): number {
    switch (offset) {
      case register.DR:
        return this.takeReceived();
      case register.RSR:
        return this.RSR;
      case register.FR:
        return this.flags();
      case register.ILPR:
        return this.ILPR;
      case register.IBRD:
        return this.IBRD;
      case register.FBRD:
        return this.FBRD;
      case register.LCR_H:
        return this.LCR_H;
      case register.CR:
        return this.CR;
      case register.IFLS:
        return this.IFLS;
      case register.IMSC:
        return this.IMSC;
      case register.RIS:
        return this.RIS;
      case register.MIS:
        return this.RIS & this.IMSC;
      case register.DMACR:
        return this.DMACR;
      default:
        // Revision r1p5's byte (0x34) would announce a 32-entry FIFO; `virt` has 0x14.
        return offset >= 0xfe0 && offset < 0x1000 ? primeCellId([0x11, 0x10, 0x14, 0x00], offset) : 0;
    }
  }

  write(offset: number, value: number): void {
    switch (offset) {
      case register.DR:
        this.send(value & 0xff);
        break;
      case register.RSR:
        this.RSR = 0;
        break;
      case register.ILPR:
        this.ILPR = value & 0xff;
        break;
      case register.IBRD:
        this.IBRD = value & 0xffff;
        break;
      case register.FBRD:
        this.FBRD = value & 0x3f;
        break;
      case register.LCR_H:
        this.setLineControl(value & 0xff);
        break;
      case register.CR:
        this.CR = value & 0xffff;
        break;
      case register.IFLS:
        this.IFLS = value & 0x3f;
        if (this.received.length >= this.receiveLevel) this.RIS |= interrupt.RX;
        break;
      case register.IMSC:
        this.IMSC = value & 0x7ff;
        break;
      case register.ICR:
        this.RIS &= ~value;
        break;
      case register.DMACR:
        this.DMACR = value & 7;
        break;
      default:
        break;
    }
    this.updateLine();
  }

  private get depth(): number {
    return this.LCR_H & LCR_H_FEN ? FIFO_DEPTH : 1;
  }

  private get receiveLevel(): number {
    return this.LCR_H & LCR_H_FEN ? receiveLevels[(this.IFLS >> 3) & 7]! : 1;
  }

  private flags(): number {
    const empty = this.received.length === 0 ? flagBit.RXFE : 0;
    const full = this.room === 0 ? flagBit.RXFF : 0;
    return flagBit.TXFE | empty | full;
  }

  private takeReceived(): number {
    const byte = this.received.shift() ?? 0;
    this.RSR = (byte >> 8) & 0xf;
    if (this.received.length < this.receiveLevel) this.RIS &= ~interrupt.RX;
    if (this.received.length === 0) this.RIS &= ~interrupt.RT;
    this.drained();
    this.updateLine();
    return byte;
  }

  private send(byte: number): void {
    if (this.CR & CR_LBE) this.receive(byte);
    else this.transmit(byte);
    // Sending takes no time: the transmit FIFO passes its trigger level downwards with every byte.
    this.RIS |= interrupt.TX;
  }

  private setLineControl(value: number): void {
    if ((value ^ this.LCR_H) & LCR_H_FEN) this.received = [];
    if ((value ^ this.LCR_H) & value & LCR_H_BRK && this.CR & CR_LBE) this.receive(DR_BREAK);
    this.LCR_H = value;
  }

  private updateLine(): void {
    this.line((this.RIS & this.IMSC) !== 0);
  }
}
