/**
 * Types of the guest's program, as C has them: what BTF and DWARF both say. References between types are getters that build what they lead to when asked;
 * a type that is asked for twice is the same object.
 */
export type Type =
  | VoidType
  | IntegerType
  | FloatType
  | PointerType
  | ArrayType
  | RecordType
  | EnumType
  | TypedefType
  | QualifiedType
  | FunctionType;

export interface VoidType {
  readonly kind: 'void';
}

export interface IntegerType {
  readonly kind: 'integer';
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly signed: boolean;
  /** `char` of either sign (an array of it is a string), `_Bool`. */
  readonly role: 'number' | 'character' | 'boolean';
}

export interface FloatType {
  readonly kind: 'float';
  readonly name: string;
  readonly size: number;
}

export interface PointerType {
  readonly kind: 'pointer';
  readonly size: number;
  readonly target: Type;
}

export interface ArrayType {
  readonly kind: 'array';
  readonly element: Type;
  /** 0: a flexible array member, or none. */
  readonly count: number;
}

export interface RecordType {
  readonly kind: 'struct' | 'union';
  /** Empty: anonymous. */
  readonly name: string;
  readonly size: number;
  /** Only declared: nothing is known of what is inside. */
  readonly incomplete: boolean;
  readonly members: readonly Member[];
}

export interface Member {
  /** Empty: an anonymous struct or union, whose members count as those of the outer. */
  readonly name: string;
  /** Bits from the start of the struct to the lowest bit. */
  readonly bitOffset: number;
  /** Width of a bit-field; undefined: the whole type. */
  readonly bitSize: number | undefined;
  readonly type: Type;
}

export interface EnumType {
  readonly kind: 'enum';
  readonly name: string;
  readonly size: number;
  readonly signed: boolean;
  readonly incomplete: boolean;
  readonly values: readonly { readonly name: string; readonly value: bigint }[];
}

export interface TypedefType {
  readonly kind: 'typedef';
  readonly name: string;
  readonly target: Type;
}

export interface QualifiedType {
  readonly kind: 'const' | 'volatile' | 'restrict';
  readonly target: Type;
}

export interface FunctionType {
  readonly kind: 'function';
  readonly result: Type;
  readonly parameters: readonly { readonly name: string; readonly type: Type }[];
  readonly variadic: boolean;
}

/** A description of types that contradicts itself or is cut off. */
export class TypeInformationError extends Error {
  override readonly name = 'TypeInformationError';
}

export const voidType: VoidType = { kind: 'void' };

/** Typedefs, qualifiers and dimensions on top of each other: the kernel has fewer than ten. A description that goes round in circles ends here. */
export const DEEPEST = 64;

/** A type that is what it says: no typedef, no qualifier. */
export type PlainType = Exclude<Type, TypedefType | QualifiedType>;

const isPlain = (type: Type): type is PlainType =>
  type.kind !== 'typedef' && type.kind !== 'const' && type.kind !== 'volatile' && type.kind !== 'restrict';

/** The type behind typedefs and qualifiers. Throws TypeInformationError. */
export function stripped(type: Type): PlainType {
  let found = type;
  for (let depth = 0; depth < DEEPEST; depth++) {
    if (isPlain(found)) return found;
    found = found.target;
  }
  throw new TypeInformationError('a type is defined by itself');
}

/** Bytes that a value takes; 0 for void, a function, what is only declared and a flexible array. Throws TypeInformationError. */
export function sizeOf(type: Type): number {
  let count = 1;
  let found = stripped(type);
  for (let depth = 0; depth < DEEPEST; depth++) {
    if (found.kind === 'void' || found.kind === 'function') return 0;
    if (found.kind !== 'array') return count * found.size;
    count *= found.count;
    found = stripped(found.element);
  }
  throw new TypeInformationError('an array contains itself');
}

/** What a pointer or an array leads to. */
export function targetOf(type: Type): Type | undefined {
  const found = stripped(type);
  return found.kind === 'pointer' ? found.target : found.kind === 'array' ? found.element : undefined;
}

/** Members and types that one question looks at: the kernel's largest have a few thousand. Damage that branches into itself ends here. */
export const MOST_STEPS = 20_000;

/** A member by name, also inside anonymous members; its offset counts from the start of `type`. Throws TypeInformationError. */
export function memberOf(type: Type, name: string): Member | undefined {
  return name === '' ? undefined : memberWithin(type, name, 0, { left: MOST_STEPS });
}

function memberWithin(type: Type, name: string, depth: number, steps: { left: number }): Member | undefined {
  const record = stripped(type);
  if (record.kind !== 'struct' && record.kind !== 'union') return undefined;
  for (const member of record.members) {
    if (member.name === name) return member;
    if (depth > DEEPEST || --steps.left < 0) throw new TypeInformationError('a struct is nested without end');
    if (member.name !== '') continue;
    const inner = memberWithin(member.type, name, depth + 1, steps);
    if (inner) return { ...inner, bitOffset: inner.bitOffset + member.bitOffset };
  }
  return undefined;
}
