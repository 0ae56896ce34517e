import { type Member, type Type, TypeInformationError, voidType } from '../types.ts';
import { integerEncoding, type Kind } from './format.ts';
import { type BtfRecord, Records } from './records.ts';
import { sectionsOf } from './sections.ts';

/** Name spaces of C, and the functions and variables that BTF knows the type of. */
export type NameSpace = 'struct' | 'union' | 'enum' | 'plain' | 'function' | 'variable';

const nameSpaces: Partial<Readonly<Record<Kind, NameSpace>>> = {
  STRUCT: 'struct',
  UNION: 'union',
  ENUM: 'enum',
  ENUM64: 'enum',
  INT: 'plain',
  FLOAT: 'plain',
  TYPEDEF: 'plain',
  FUNC: 'function',
  VAR: 'variable',
};

/** Pointers of arm64 take this. BTF does not say it. */
const POINTER_BYTES = 8;

/** Types of one BTF blob, each built when it is first asked for. */
export class Btf {
  readonly records: Records;
  private readonly built: (Type | undefined)[] = [voidType];
  private readonly names = new Map<NameSpace, ReadonlyMap<string, number>>();

  /** @throws TypeInformationError where the bytes are no BTF, or a damaged one. What is wrong inside a type is said when that type is asked for. */
  constructor(readonly bytes: Uint8Array) {
    this.records = new Records(sectionsOf(bytes));
  }

  /** The type of that name; of several the first. Throws TypeInformationError. */
  find(space: NameSpace, name: string): Type | undefined {
    let names = this.names.get(space);
    if (!names) this.names.set(space, (names = this.index(space)));
    const id = names.get(name);
    return id === undefined ? undefined : this.type(id);
  }

  /** The type with that id. FUNC and VAR give what they are of. Throws TypeInformationError. */
  type(id: number): Type {
    const known = this.built[id];
    if (known) return known;
    const type = this.build(id);
    this.built[id] = type;
    return type;
  }

  private index(space: NameSpace): ReadonlyMap<string, number> {
    const names = new Map<string, number>();
    const declared = new Map<string, number>();
    for (let id = 1; id < this.records.count; id++) {
      const kind = this.records.kindOf(id);
      const forward = kind === 'FWD' && (space === 'struct' || space === 'union');
      if (forward ? this.records.record(id).flag !== (space === 'union') : nameSpaces[kind] !== space) continue;
      const name = this.records.nameOf(id);
      const known = forward ? declared : names;
      if (name !== '' && !known.has(name)) known.set(name, id);
    }
    for (const [name, id] of declared) if (!names.has(name)) names.set(name, id);
    return names;
  }

  private build(first: number): Type {
    let id = first;
    // A tag on a type changes nothing of its values; a function and a variable stand for their type. Only damage strings many of them together.
    for (let links = 0; links < 256; links++) {
      if (id === 0) return voidType;
      const record = this.records.record(id);
      if (record.kind !== 'TYPE_TAG' && record.kind !== 'FUNC' && record.kind !== 'VAR' && record.kind !== 'DECL_TAG') {
        return id === first ? this.construct(record) : this.type(id);
      }
      id = record.sizeOrType;
    }
    throw new TypeInformationError(`BTF: type ${first} leads nowhere`);
  }

  private construct(record: BtfRecord): Type {
    const { kind, name, sizeOrType } = record;
    const lead = (id: number): Type => this.type(id);
    switch (kind) {
      case 'INT':
        return this.integer(record);
      case 'FLOAT':
        return { kind: 'float', name, size: sizeOrType };
      case 'PTR':
        return {
          kind: 'pointer',
          size: POINTER_BYTES,
          get target() {
            return lead(sizeOrType);
          },
        };
      case 'ARRAY': {
        const element = this.records.word(record, 0);
        return {
          kind: 'array',
          count: this.records.word(record, 2),
          get element() {
            return lead(element);
          },
        };
      }
      case 'STRUCT':
      case 'UNION':
        return this.composite(record);
      case 'FWD':
        return { kind: record.flag ? 'union' : 'struct', name, size: 0, incomplete: true, members: [] };
      case 'ENUM':
      case 'ENUM64': {
        const values = this.records.values(record);
        return { kind: 'enum', name, size: sizeOrType, signed: record.flag, incomplete: values.length === 0, values };
      }
      case 'TYPEDEF':
        return {
          kind: 'typedef',
          name,
          get target() {
            return lead(sizeOrType);
          },
        };
      case 'CONST':
      case 'VOLATILE':
      case 'RESTRICT':
        return {
          kind: ({ CONST: 'const', VOLATILE: 'volatile', RESTRICT: 'restrict' } as const)[kind],
          get target() {
            return lead(sizeOrType);
          },
        };
      case 'FUNC_PROTO': {
        const all = this.records.parameters(record);
        const last = all.at(-1);
        const variadic = last !== undefined && last.name === '' && last.type === 0;
        return {
          kind: 'function',
          variadic,
          get result() {
            return lead(sizeOrType);
          },
          get parameters() {
            return (variadic ? all.slice(0, -1) : all).map((parameter) => ({ name: parameter.name, type: lead(parameter.type) }));
          },
        };
      }
      default:
        throw new TypeInformationError(`BTF: ${kind} is no type of a value`);
    }
  }

  private integer(record: BtfRecord): Type {
    const word = this.records.word(record, 0);
    const encoding = (word >>> 24) & 15;
    const { name, sizeOrType: size } = record;
    if (size === 0 || size > 16) throw new TypeInformationError(`BTF: an integer of ${size} bytes`);
    // What a compiler tells of `char` differs (gcc's has no encoding at all): the names C gives decide as well.
    const character = size === 1 && ((encoding & integerEncoding.character) !== 0 || /^(?:(?:un)?signed )?char$/.test(name));
    const boolean = (encoding & integerEncoding.boolean) !== 0;
    return {
      kind: 'integer',
      name,
      size,
      signed: (encoding & integerEncoding.signed) !== 0,
      role: boolean ? 'boolean' : character ? 'character' : 'number',
    };
  }

  private composite(record: BtfRecord): Type {
    const type = (id: number): Type => this.type(id);
    const bitsOf = (member: { readonly type: number; readonly bits: number }): number | undefined =>
      member.bits || this.oldBits(member.type);
    let members: readonly Member[] | undefined;
    const read = (): readonly Member[] =>
      this.records.members(record).map((member) => ({
        name: member.name,
        bitOffset: member.bitOffset + this.oldBitOffset(member.type),
        bitSize: bitsOf(member),
        get type() {
          return type(member.type);
        },
      }));
    return {
      kind: record.kind === 'UNION' ? 'union' : 'struct',
      name: record.name,
      size: record.sizeOrType,
      incomplete: false,
      get members() {
        members ??= read();
        return members;
      },
    };
  }

  /** Bit-fields of BTF without the kind flag are integers of fewer bits than their bytes have. */
  private oldBits(id: number): number | undefined {
    if (id === 0 || this.records.kindOf(id) !== 'INT') return undefined;
    const record = this.records.record(id);
    const bits = this.records.word(record, 0) & 0xff;
    return bits === 0 || bits === record.sizeOrType * 8 ? undefined : bits;
  }

  private oldBitOffset(id: number): number {
    if (id === 0 || this.records.kindOf(id) !== 'INT') return 0;
    return (this.records.word(this.records.record(id), 0) >>> 16) & 0xff;
  }
}
