import { FRAME_RECORD_BYTES, INSTRUCTION_BYTES, registersSeen, type StandingView } from './standing-view.ts';

/**
 * A line in shared memory between a debugger and the thread of its machine, for single steps: messages between threads take several times as long as a step.
 * After a step the machine stands by on the line for a moment; what is not said on it goes by message, which calls the machine away from the line.
 */

/** Who is where. The machine changes `away` and `asked`, the debugger the others; each only from what it saw. */
const state = {
  /** The machine is at its messages. */
  away: 0,
  /** It waits for steps. */
  standing: 1,
  /** It has been asked for one. */
  asked: 2,
  /** It has made it and waits for the next; the view is on the line. */
  stepped: 3,
  /** Nobody waits for the step any more: it is told by message. */
  late: 4,
  /** It may not step (the guest has ended): asked by message it says why. */
  refused: 5,
} as const;

/** Words of the line. */
const word = { state: 0, vcpu: 1, sent: 2, received: 3, instruction: 4, frameRecord: 5 } as const;
const REGISTERS = 32;
const INSTRUCTION = REGISTERS + registersSeen.length * 8;
const FRAME_RECORD = INSTRUCTION + 8;
const BYTES = FRAME_RECORD + FRAME_RECORD_BYTES;

/** How long the debugger waits for a step before it goes on with other things, milliseconds. */
const PATIENCE = 2;
/** How long the machine stands by after a step. */
const STAND_BY = 20;

export const newStepLine = (): SharedArrayBuffer => new SharedArrayBuffer(BYTES);

class Line {
  protected readonly words: Int32Array;
  protected readonly registers: BigUint64Array;
  protected readonly instruction: Uint8Array;
  protected readonly frameRecord: Uint8Array;

  constructor(memory: SharedArrayBuffer) {
    this.words = new Int32Array(memory, 0, REGISTERS / 4);
    this.registers = new BigUint64Array(memory, REGISTERS, registersSeen.length);
    this.instruction = new Uint8Array(memory, INSTRUCTION, INSTRUCTION_BYTES);
    this.frameRecord = new Uint8Array(memory, FRAME_RECORD, FRAME_RECORD_BYTES);
  }

  protected get state(): number {
    return Atomics.load(this.words, word.state);
  }

  /** Every message that was sent has been taken. */
  protected get allReceived(): boolean {
    return Atomics.load(this.words, word.sent) === Atomics.load(this.words, word.received);
  }

  /** True: it was as expected, and is changed. */
  protected change(from: number, to: number): boolean {
    return Atomics.compareExchange(this.words, word.state, from, to) === from;
  }
}

/** The debugger's end. */
export class StepCaller extends Line {
  /**
   * Asks for one instruction. A view: it is done, this is what follows. `message`: messages will tell what happens. `busy`: nothing was asked, the machine
   * is not on the line or may not step.
   */
  step(vcpu: number): StandingView | 'message' | 'busy' {
    const { words } = this;
    const before = this.state;
    if ((before !== state.standing && before !== state.stepped) || !this.allReceived) return 'busy';
    Atomics.store(words, word.vcpu, vcpu);
    if (!this.change(before, state.asked)) return 'busy';
    Atomics.notify(words, word.state);
    if (Atomics.wait(words, word.state, state.asked, PATIENCE) === 'timed-out' && this.change(state.asked, state.late)) return 'message';
    if (this.change(state.refused, state.away)) return 'busy';
    return this.state === state.stepped ? this.view(vcpu) : 'message';
  }

  /** A message is about to be sent. */
  announce(): void {
    Atomics.add(this.words, word.sent, 1);
  }

  /** A message has been sent: the machine leaves the line to read it. */
  call(): void {
    const now = this.state;
    if ((now === state.standing || now === state.stepped) && this.change(now, state.away)) Atomics.notify(this.words, word.state);
  }

  private view(vcpu: number): StandingView {
    const { words } = this;
    return {
      vcpu,
      registers: this.registers.slice(),
      instruction: words[word.instruction] ? this.instruction.slice() : undefined,
      frameRecord: words[word.frameRecord] ? this.frameRecord.slice() : undefined,
    };
  }
}

/** The machine's end. */
export class StepServer extends Line {
  /** A message has been taken. */
  received(): void {
    Atomics.add(this.words, word.received, 1);
  }

  /** Waits on the line: the vCPU to step, or undefined after a while without any and as soon as there are messages. */
  await(): number | undefined {
    const { words } = this;
    this.change(state.away, state.standing);
    const now = this.state;
    if (now === state.standing || now === state.stepped) {
      if (this.allReceived) Atomics.wait(words, word.state, now, STAND_BY);
      if (this.change(now, state.away)) return undefined;
    }
    // Called away, or asked: who asks may have given up by now, and is answered all the same.
    return this.state === state.away ? undefined : Atomics.load(words, word.vcpu);
  }

  /** The step is made and there is nothing more to tell. False: nobody waits for it any more. */
  answer({ registers, instruction, frameRecord }: StandingView): boolean {
    const { words } = this;
    this.registers.set(registers);
    words[word.instruction] = instruction ? 1 : 0;
    words[word.frameRecord] = frameRecord ? 1 : 0;
    if (instruction) this.instruction.set(instruction);
    if (frameRecord) this.frameRecord.set(frameRecord);
    if (!this.change(state.asked, state.stepped)) return false;
    Atomics.notify(words, word.state);
    return true;
  }

  /** What was asked is told by message. */
  leave(): void {
    Atomics.store(this.words, word.state, state.away);
    Atomics.notify(this.words, word.state);
  }

  /** What was asked is not done. */
  refuse(): void {
    if (this.change(state.asked, state.refused)) Atomics.notify(this.words, word.state);
    else this.leave();
  }
}
