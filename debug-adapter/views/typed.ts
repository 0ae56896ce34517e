import type { Expression } from '../../emulator/machine/expression/ast.ts';
import { hex } from '../../emulator/machine/expression/format.ts';
import type { Typed } from '../../emulator/machine/expression/typed.ts';
import { memoryReference } from '../references/memory-reference.ts';
import { typeName } from '../symbols/declaration.ts';
import { locationText } from '../symbols/symbols.ts';
import { DEEPEST, type Member, MOST_STEPS, sizeOf, stripped, type Type, TypeInformationError } from '../symbols/types.ts';
import { isScalar, isSigned, memberValue, scalarText, stringText } from '../symbols/value.ts';
import type { VariableNode } from './node.ts';
import type { Subject } from './registers.ts';
import { storeMember } from './typed-store.ts';

/** What is read of the guest at once. The kernel has no struct that comes near. */
const MOST_BYTES = 1 << 20;
/** Elements that are shown under one row: a longer array is shown in parts. */
const PART = 100;

type Node = Omit<VariableNode, 'name'>;

/** The value of an expression that has a type. A pointer, a struct and an array open into what is there when they are opened. */
export async function typedNode(text: string, e: Expression, typed: Typed, subject: Subject): Promise<Node> {
  const type = typed.type as Type;
  const value = await subject.guest.machine.evaluate(subject.vcpu, e);
  if (!isScalar(type)) return place(type, value, text, subject, await read(value, Math.min(sizeOf(type), MOST_BYTES), subject));
  const bits = typed.bitSize ?? sizeOf(type) * 8;
  return scalar(type, isSigned(type) ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value), bits, text, subject);
}

function scalar(type: Type, value: bigint, bits: number, expression: string, subject: Subject): Node {
  const plain = stripped(type);
  const text = scalarText(type, value, bits);
  if (plain.kind !== 'pointer') return { value: text, type: typeName(type), expression };
  const located = subject.guest.symbols.locate(value);
  const target = stripped(plain.target);
  const opens = value !== 0n && sizeOf(target) > 0;
  return {
    value: located ? `${text} <${locationText(located)}>` : text,
    type: typeName(type),
    expression,
    memoryReference: memoryReference({ space: 'va', address: value, vcpu: subject.vcpu }),
    ...(opens ? { children: () => pointedTo(plain.target, value, expression, subject) } : {}),
  };
}

/** A pointer opens into the members of what it points to, or the one value. */
function pointedTo(type: Type, address: bigint, expression: string, subject: Subject): Promise<readonly VariableNode[]> {
  const { kind } = stripped(type);
  if (kind === 'struct' || kind === 'union') return memberRows(type, address, (name) => `(${expression})->${name}`, subject);
  const whole: Member = { name: `*${expression}`, type, bitOffset: 0, bitSize: undefined };
  return rows([{ member: whole, expression: `*(${expression})` }], address, sizeOf(type), subject);
}

/** A struct, a union or an array at an address. */
function place(type: Type, address: bigint, expression: string, subject: Subject, bytes: Readable): Node {
  const plain = stripped(type);
  const shown = {
    type: typeName(type),
    expression,
    memoryReference: memoryReference({ space: 'va', address, vcpu: subject.vcpu }),
  };
  if (plain.kind === 'array') {
    const string = bytes.readable(0, Math.min(sizeOf(type), 1)) && stringText(type, bytes.bytes);
    const children = () => elements(plain.element, address, 0, plain.count, expression, subject);
    return { ...shown, value: string || hex(address), ...(plain.count > 0 ? { children } : {}) };
  }
  const record = plain.kind === 'struct' || plain.kind === 'union';
  const children = () => memberRows(type, address, (name) => `(${expression}).${name}`, subject);
  return { ...shown, value: hex(address), ...(record && sizeOf(type) > 0 ? { children } : {}) };
}

function memberRows(type: Type, address: bigint, expression: (name: string) => string, subject: Subject): Promise<readonly VariableNode[]> {
  const wanted = [...flattened(type, 0, 0, { left: MOST_STEPS })].map((member) => ({ member, expression: expression(member.name) }));
  return rows(wanted, address, sizeOf(type), subject);
}

/** Members by name; those of anonymous members among them, as C sees them. */
function* flattened(type: Type, bitOffset: number, depth: number, steps: { left: number }): Generator<Member> {
  const plain = stripped(type);
  if (plain.kind !== 'struct' && plain.kind !== 'union') return;
  for (const member of plain.members) {
    if (depth > DEEPEST || --steps.left < 0) throw new TypeInformationError('a struct is nested without end');
    const at = bitOffset + member.bitOffset;
    if (member.name === '') yield* flattened(member.type, at, depth + 1, steps);
    else yield { name: member.name, type: member.type, bitSize: member.bitSize, bitOffset: at };
  }
}

/** Elements from `first` on; many of them in parts, and parts of parts. */
async function elements(
  type: Type,
  address: bigint,
  first: number,
  count: number,
  expression: string,
  subject: Subject,
): Promise<readonly VariableNode[]> {
  const size = sizeOf(type);
  let part = 1;
  while (part * PART < count) part *= PART;
  if (part === 1) {
    const at = BigInt.asUintN(64, address + BigInt(first) * BigInt(size));
    const wanted = Array.from({ length: count }, (_, i) => ({
      member: { name: `[${first + i}]`, type, bitOffset: i * size * 8, bitSize: undefined },
      expression: `(${expression})[${first + i}]`,
    }));
    return rows(wanted, at, size * count, subject);
  }
  return Array.from({ length: Math.ceil(count / part) }, (_, i) => {
    const from = first + i * part;
    const length = Math.min(part, first + count - from);
    return {
      name: `[${from}..${from + length - 1}]`,
      value: '',
      children: () => elements(type, address, from, length, expression, subject),
    };
  });
}

interface Row {
  readonly member: Member;
  readonly expression: string;
}

/** Rows of what is inside `size` bytes, which are read in one go. */
async function rows(wanted: readonly Row[], address: bigint, size: number, subject: Subject): Promise<readonly VariableNode[]> {
  const got = await read(address, Math.min(size, MOST_BYTES), subject);
  return wanted.map(({ member, expression }) => {
    const { name, type, bitOffset, bitSize } = member;
    const at = BigInt.asUintN(64, address + BigInt(Math.floor(bitOffset / 8)));
    if (!isScalar(type)) return { name, ...place(type, at, expression, subject, got.from(Math.floor(bitOffset / 8), sizeOf(type))) };
    const bits = bitSize ?? sizeOf(type) * 8;
    const bytes = ((bitOffset & 7) + bits + 7) >> 3;
    const value = got.readable(Math.floor(bitOffset / 8), bytes) ? memberValue(got.bytes, member) : undefined;
    if (value === undefined) return { name, value: 'cannot be read', type: typeName(type), expression };
    return { name, ...scalar(type, value, bits, expression, subject), set: (to: bigint) => storeMember(member, address, to, subject) };
  });
}

/** Bytes of the guest, and which of them could be read. */
class Readable {
  constructor(
    readonly bytes: Uint8Array,
    private readonly holes: readonly { readonly offset: number; readonly length: number }[],
    private readonly start = 0,
  ) {}

  readable(at: number, length: number): boolean {
    const from = this.start + at;
    return (
      at + length <= this.bytes.length && this.holes.every((hole) => hole.offset >= from + length || hole.offset + hole.length <= from)
    );
  }

  from(at: number, length: number): Readable {
    return new Readable(this.bytes.subarray(at, at + length), this.holes, this.start + at);
  }
}

async function read(address: bigint, length: number, { guest, vcpu }: Subject): Promise<Readable> {
  if (length === 0) return new Readable(new Uint8Array(0), []);
  // What goes beyond the last address is not read.
  const inside = Math.min(length, Number((1n << 64n) - address));
  const { bytes, holes } = await guest.machine.readMemory(vcpu, 'va', address, inside);
  return new Readable(bytes, holes);
}
