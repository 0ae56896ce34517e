/**
 * What a program that speaks KVM's ABI does, step by step: written once, carried out by runner.c on Linux and by replay.ts on the model.
 *
 * A step may point only at addresses that are the same in both: the arena is a range of user space's memory at a fixed address, and files are mapped into it.
 */

/** runner.c has the same numbers. */
const operation = {
  case: 0,
  open: 1,
  ioctl: 2,
  run: 3,
  write: 4,
  dump: 5,
  mapFile: 6,
  close: 7,
  takeFd: 8,
  putFd: 9,
  unmap: 10,
  survey: 11,
  xor: 12,
  end: 13,
} as const;

export const ARENA = 0x2000_0000;
export const ARENA_BYTES = 0x200_0000;

/** Where the steps keep a file descriptor; 0 is none. */
export type Slot = number;

export type Step =
  /** Opens /dev/kvm. */
  | { readonly op: 'open'; readonly slot: Slot }
  /** `into` keeps a result that is a file descriptor. `quiet`: that it gave 0 goes without saying. */
  | {
      readonly op: 'ioctl';
      readonly label: string;
      readonly slot: Slot;
      readonly request: number;
      readonly argument: bigint;
      readonly into?: Slot;
      readonly quiet?: boolean;
    }
  /** KVM_RUN, at most so long: then EINTR. */
  | { readonly op: 'run'; readonly label: string; readonly slot: Slot; readonly milliseconds: number }
  | { readonly op: 'write'; readonly address: number; readonly bytes: Uint8Array }
  | { readonly op: 'dump'; readonly label: string; readonly address: number; readonly length: number }
  | { readonly op: 'mapFile'; readonly label: string; readonly slot: Slot; readonly address: number; readonly length: number }
  | { readonly op: 'close'; readonly slot: Slot }
  /** The kernel left a file descriptor at the address: keeps it, and clears it there. */
  | { readonly op: 'takeFd'; readonly slot: Slot; readonly address: number }
  | { readonly op: 'putFd'; readonly slot: Slot; readonly address: number }
  /** Turns bits of the word at the address over. */
  | { readonly op: 'xor'; readonly address: number; readonly bits: bigint }
  | { readonly op: 'unmap'; readonly address: number; readonly length: number }
  /** Every register of KVM_GET_REG_LIST: got, set to the same, set to the complement, got, set back. */
  | { readonly op: 'survey'; readonly label: string; readonly slot: Slot };

/** A vCPU, a VM and what is done with them: begins with no file open and an arena of zeroes. */
export interface Case {
  readonly name: string;
  readonly steps: readonly Step[];
}

const HEADER_BYTES = 40;
const none = new Uint8Array();

interface Packed {
  readonly op: number;
  readonly slot?: number;
  readonly a?: number | bigint;
  readonly b?: number | bigint;
  readonly c?: number | bigint;
  readonly payload?: Uint8Array;
}

function pack({ op, slot = 0, a = 0, b = 0, c = 0, payload = none }: Packed): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES + Math.ceil(payload.length / 8) * 8);
  bytes.writeUInt32LE(op, 0);
  bytes.writeUInt32LE(slot, 4);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(a)), 8);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(b)), 16);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(c)), 24);
  bytes.writeBigUInt64LE(BigInt(payload.length), 32);
  bytes.set(payload, HEADER_BYTES);
  return bytes;
}

function packStep(step: Step): Buffer {
  const op = operation[step.op];
  switch (step.op) {
    case 'ioctl':
      return pack({ op, slot: step.slot, a: step.request, b: step.argument, c: step.into ?? 0 });
    case 'run':
      return pack({ op, slot: step.slot, a: step.milliseconds });
    case 'write':
      return pack({ op, a: step.address, payload: step.bytes });
    case 'dump':
    case 'unmap':
      return pack({ op, a: step.address, b: step.length });
    case 'xor':
      return pack({ op, a: step.address, b: step.bits });
    case 'mapFile':
      return pack({ op, slot: step.slot, a: step.address, b: step.length });
    case 'takeFd':
    case 'putFd':
      return pack({ op, slot: step.slot, a: step.address });
    default:
      return pack({ op, slot: step.slot });
  }
}

/** The cases as runner.c reads them. */
export function encodeCases(cases: readonly Case[]): Buffer {
  const packed = cases.flatMap(({ name, steps }) => [pack({ op: operation.case, payload: Buffer.from(name) }), ...steps.map(packStep)]);
  return Buffer.concat([...packed, pack({ op: operation.end })]);
}

/** What each label gave, in the order of the steps: `0`, `ENOENT`, or the words of memory. */
export type Results = Readonly<Record<string, string | readonly string[]>>;

/** Labels of the steps that have a result. */
export const labelled = (steps: readonly Step[]): readonly (Step & { readonly label: string })[] =>
  steps.filter((step): step is Step & { readonly label: string } => 'label' in step);

/** Whether a result of 0 is left out of the vectors. */
export const mayBeAbsent = (step: Step): boolean => (step.op === 'ioctl' && step.quiet === true) || step.op === 'mapFile';

/** Bytes as the vectors write them: little-endian words of 64 bits where they are whole, else the bytes. */
export function words(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex');
  if (bytes.length % 8 !== 0) return hex;
  const pairs = hex.match(/.{16}/g) ?? [];
  return pairs.map((word) => BigInt(`0x${word.match(/../g)!.reverse().join('')}`).toString(16)).join(' ');
}
