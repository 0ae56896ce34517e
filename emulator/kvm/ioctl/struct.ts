/** Layout of C structures as arm64 Linux lays them out: little-endian, every member at a multiple of its size. */

type Scalar = 'u8' | 'u16' | 'u32' | 's32' | 'u64';
interface ArrayOf<T extends Scalar> {
  readonly of: T;
  readonly count: number;
}
type Member = Scalar | ArrayOf<Scalar>;

type ValueOf<M extends Member> = M extends 'u64'
  ? bigint
  : M extends Scalar
    ? number
    : M extends ArrayOf<infer S>
      ? readonly (S extends 'u64' ? bigint : number)[]
      : never;

/** Values of the members of a structure, by name. */
export type Values<M extends Readonly<Record<string, Member>>> = { readonly [K in keyof M]: ValueOf<M[K]> };

const bytesOf: Readonly<Record<Scalar, number>> = { u8: 1, u16: 2, u32: 4, s32: 4, u64: 8 };

const scalarOf = (member: Member): Scalar => (typeof member === 'string' ? member : member.of);
const countOf = (member: Member): number => (typeof member === 'string' ? 1 : member.count);
const align = (n: number, to: number): number => Math.ceil(n / to) * to;

/** A member that is an array. */
export const array = <T extends Scalar>(of: T, count: number): ArrayOf<T> => ({ of, count });

/** A structure of the ABI: what its name is in C, and its members in order. */
export class Struct<M extends Readonly<Record<string, Member>>> {
  readonly size: number;
  /** Byte offset of each member. */
  readonly offsets: Readonly<Record<keyof M, number>>;

  constructor(
    readonly name: string,
    private readonly members: M,
  ) {
    let at = 0;
    let widest = 1;
    const offsets: Partial<Record<keyof M, number>> = {};
    for (const [key, member] of Object.entries(members)) {
      const bytes = bytesOf[scalarOf(member)];
      widest = Math.max(widest, bytes);
      at = align(at, bytes);
      offsets[key as keyof M] = at;
      at += bytes * countOf(member);
    }
    this.size = align(at, widest);
    this.offsets = offsets as Record<keyof M, number>;
  }

  /** @param bytes At least `size` of them. */
  read(bytes: Uint8Array): Values<M> {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const values = Object.entries(this.members).map(([key, member]) => {
      const offset = this.offsets[key]!;
      const scalar = scalarOf(member);
      if (typeof member === 'string') return [key, readScalar(view, scalar, offset)] as const;
      return [key, Array.from({ length: member.count }, (_, n) => readScalar(view, scalar, offset + n * bytesOf[scalar]))] as const;
    });
    return Object.fromEntries(values) as Values<M>;
  }

  /** The bytes of the structure; members that are left out are zero. */
  write(values: Partial<Values<M>>): Uint8Array {
    const bytes = new Uint8Array(this.size);
    const view = new DataView(bytes.buffer);
    for (const [key, value] of Object.entries(values) as [string, number | bigint | readonly (number | bigint)[]][]) {
      const scalar = scalarOf(this.members[key]!);
      const all = typeof value === 'object' ? value : [value];
      for (const [n, one] of all.entries()) writeScalar(view, scalar, this.offsets[key]! + n * bytesOf[scalar], one);
    }
    return bytes;
  }
}

function readScalar(view: DataView, scalar: Scalar, offset: number): number | bigint {
  switch (scalar) {
    case 'u8':
      return view.getUint8(offset);
    case 'u16':
      return view.getUint16(offset, true);
    case 'u32':
      return view.getUint32(offset, true);
    case 's32':
      return view.getInt32(offset, true);
    default:
      return view.getBigUint64(offset, true);
  }
}

function writeScalar(view: DataView, scalar: Scalar, offset: number, value: number | bigint): void {
  if (scalar === 'u64') view.setBigUint64(offset, BigInt.asUintN(64, BigInt(value)), true);
  else if (scalar === 'u8') view.setUint8(offset, Number(value));
  else if (scalar === 'u16') view.setUint16(offset, Number(value), true);
  else view.setUint32(offset, Number(value), true);
}
