/** Carries out the steps of a case on the model, and prints what runner.c prints. */

import { calls } from './calls.ts';
import type { Printed } from './host.ts';
import type { Case, Slot, Step } from './steps.ts';

/** What a program that speaks KVM's ABI can do, on the model. Results are those of the system calls: minus the error where they fail. */
export interface Program {
  readonly memory: {
    read(address: bigint, length: number): Uint8Array | undefined;
    write(address: bigint, bytes: Uint8Array): boolean;
  };
  open(): number;
  close(fd: number): void;
  ioctl(fd: number, request: number, argument: bigint): number;
  /** mmap(2) of a file at this address. */
  map(fd: number, address: number, length: number): number;
  unmap(address: number, length: number): void;
}

const SLOTS = 16;
/** Room that the survey leaves for registers, and the place of its argument and values: above the arena. */
const REGISTERS = 2048;
const SURVEY_VALUE = REGISTERS * 8 + 16;
const LARGEST_REGISTER = 256;

class Replay {
  readonly lines: string[] = [];
  private readonly slots = new Array<number>(SLOTS).fill(-1);

  constructor(
    private readonly program: Program,
    /** Memory that no step uses. */
    private readonly scratch: number,
  ) {}

  perform(step: Step): void {
    const { program, slots } = this;
    switch (step.op) {
      case 'open':
        slots[step.slot] = program.open();
        break;
      case 'ioctl':
        this.result(this.keep(program.ioctl(this.fd(step.slot), step.request, step.argument), step.into));
        break;
      case 'run':
        this.result(program.ioctl(this.fd(step.slot), calls.KVM_RUN, 0n));
        break;
      case 'write':
        this.write(step.address, step.bytes);
        break;
      case 'dump':
        this.lines.push(`d ${Buffer.from(this.read(step.address, step.length)).toString('hex')}`);
        break;
      case 'mapFile':
        this.result(program.map(this.fd(step.slot), step.address, step.length));
        break;
      case 'close':
        program.close(this.fd(step.slot));
        slots[step.slot] = -1;
        break;
      case 'takeFd':
        slots[step.slot] = Buffer.from(this.read(step.address, 4)).readInt32LE();
        this.write(step.address, new Uint8Array(4));
        break;
      case 'putFd':
        this.write(step.address, int32(this.fd(step.slot)));
        break;
      case 'unmap':
        program.unmap(step.address, step.length);
        break;
      case 'xor':
        this.write(step.address, uint64(this.word(step.address) ^ step.bits));
        break;
      case 'survey':
        this.survey(this.fd(step.slot));
    }
  }

  private fd(slot: Slot): number {
    return this.slots[slot]!;
  }

  private result(value: number): void {
    this.lines.push(`r ${value}`);
  }

  private keep(value: number, into: Slot | undefined): number {
    if (into === undefined || value < 0) return value;
    this.slots[into] = value;
    return 0;
  }

  private read(address: number, length: number): Uint8Array {
    const bytes = this.program.memory.read(BigInt(address), length);
    if (!bytes) throw new Error(`the steps read 0x${address.toString(16)}, where no memory is`);
    return bytes;
  }

  private word(address: number): bigint {
    return Buffer.from(this.read(address, 8)).readBigUInt64LE();
  }

  private write(address: number, bytes: Uint8Array): void {
    if (!this.program.memory.write(BigInt(address), bytes))
      throw new Error(`the steps write 0x${address.toString(16)}, where no memory is`);
  }

  private oneReg(fd: number, request: number, id: bigint, value: Uint8Array): { readonly result: number; readonly value: Uint8Array } {
    const { scratch } = this;
    const at = scratch + SURVEY_VALUE;
    const whole = new Uint8Array(LARGEST_REGISTER);
    whole.set(value);
    this.write(at, whole);
    this.write(scratch, Buffer.concat([uint64(id), uint64(BigInt(at))]));
    const result = this.program.ioctl(fd, request, BigInt(scratch));
    return { result, value: this.read(at, value.length) };
  }

  private survey(fd: number): void {
    const { scratch } = this;
    this.write(scratch, uint64(BigInt(REGISTERS)));
    const listed = this.program.ioctl(fd, calls.KVM_GET_REG_LIST, BigInt(scratch));
    if (listed < 0) {
      this.result(listed);
      return;
    }
    const count = Number(this.word(scratch));
    const ids = Array.from({ length: count }, (_, n) => this.word(scratch + 8 + 8 * n));
    for (const id of ids) {
      const zero = new Uint8Array(1 << Number((id >> 52n) & 15n));
      const got = this.oneReg(fd, calls.KVM_GET_ONE_REG, id, zero);
      const same = this.oneReg(fd, calls.KVM_SET_ONE_REG, id, got.value);
      const other = this.oneReg(
        fd,
        calls.KVM_SET_ONE_REG,
        id,
        got.value.map((byte) => ~byte),
      );
      const after = this.oneReg(fd, calls.KVM_GET_ONE_REG, id, zero);
      const back = this.oneReg(fd, calls.KVM_SET_ONE_REG, id, got.value);
      const text = [id.toString(16), got.result, hex(got.value), same.result, other.result, hex(after.value), back.result];
      this.lines.push(`s ${text.join(' ')}`);
    }
    this.result(count);
  }
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

function uint64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, value));
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}

/** What the model prints for a case. */
export function replay({ name, steps }: Case, program: Program, scratch: number): Printed {
  const run = new Replay(program, scratch);
  for (const step of steps) run.perform(step);
  return [{ name, lines: run.lines }];
}
