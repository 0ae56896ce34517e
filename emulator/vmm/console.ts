import type { Pl011 } from './devices/pl011.ts';

/** One arrival of console input, with the machine time at which the guest could first see it: replaying these repeats the run. */
export interface LoggedInput {
  readonly instructions: number;
  readonly idle: number;
  readonly bytes: Uint8Array;
}

/** The person's end of the serial line: what the guest sent, and what was typed and does not fit the UART's FIFO yet. */
export class GuestConsole {
  private output = new Uint8Array(4096);
  private written = 0;
  private readonly queue: number[] = [];
  readonly log: LoggedInput[] = [];

  /** A byte from the guest. */
  transmit(byte: number): void {
    if (this.written === this.output.length) {
      const larger = new Uint8Array(this.output.length * 2);
      larger.set(this.output);
      this.output = larger;
    }
    this.output[this.written++] = byte;
  }

  /** Bytes waiting to be taken. */
  get pendingOutput(): number {
    return this.written;
  }

  /** What the guest sent since the last call. */
  take(): Uint8Array {
    const bytes = this.output.slice(0, this.written);
    this.written = 0;
    return bytes;
  }

  /** Input arrives: at this instruction, for a replay. */
  input(bytes: Uint8Array, time: { readonly instructions: number; readonly idle: number }): void {
    this.log.push({ ...time, bytes: bytes.slice() });
    for (const byte of bytes) this.queue.push(byte);
  }

  /** Moves waiting input into the UART as far as it has room. */
  feed(uart: Pl011): void {
    while (this.queue.length > 0 && uart.room > 0) uart.receive(this.queue.shift()!);
  }

  reset(): void {
    this.written = 0;
    this.queue.length = 0;
    this.log.length = 0;
  }
}
