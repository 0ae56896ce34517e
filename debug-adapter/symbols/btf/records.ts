import { TypeInformationError } from '../types.ts';
import { type Kind, kinds, TYPE_BYTES } from './format.ts';
import type { Sections } from './sections.ts';

/** One type as it stands in BTF: types it refers to are ids. */
export interface BtfRecord {
  readonly kind: Kind;
  readonly name: string;
  /** Meaning by kind: bit-field sizes in `parts` of STRUCT and UNION, signed for ENUM, a union for FWD, an attribute for DECL_TAG and TYPE_TAG. */
  readonly flag: boolean;
  /** Bytes, or the id of a type: by kind. */
  readonly sizeOrType: number;
  /** Parts that follow. For FUNC the linkage. */
  readonly length: number;
  /** Offset of what follows `struct btf_type`. */
  readonly at: number;
}

/** A member of STRUCT and UNION. `bits`: of a bit-field, else 0. */
export interface MemberRecord {
  readonly name: string;
  readonly type: number;
  readonly bitOffset: number;
  readonly bits: number;
}

const decoder = new TextDecoder();

/** Reads types one by one. */
export class Records {
  constructor(private readonly sections: Sections) {}

  /** Ids are below this. */
  get count(): number {
    return this.sections.offsets.length;
  }

  /** Kind of a type, without reading the rest. */
  kindOf(id: number): Kind {
    return kinds[(this.u32(this.offsetOf(id) + 4) >>> 24) & 31]!.name;
  }

  /** The type of that id (not 0). Throws TypeInformationError. */
  record(id: number): BtfRecord {
    const at = this.offsetOf(id);
    const info = this.u32(at + 4);
    return {
      kind: kinds[(info >>> 24) & 31]!.name,
      name: this.string(this.u32(at)),
      flag: info >>> 31 === 1,
      sizeOrType: this.u32(at + 8),
      length: info & 0xffff,
      at: at + TYPE_BYTES,
    };
  }

  nameOf(id: number): string {
    return this.string(this.u32(this.offsetOf(id)));
  }

  /** Word `index` of what follows a type. */
  word({ at }: BtfRecord, index: number): number {
    return this.u32(at + 4 * index);
  }

  members(record: BtfRecord): MemberRecord[] {
    return Array.from({ length: record.length }, (_, i) => {
      const offset = this.word(record, 3 * i + 2);
      return {
        name: this.string(this.word(record, 3 * i)),
        type: this.word(record, 3 * i + 1),
        bitOffset: record.flag ? offset & 0xffffff : offset,
        bits: record.flag ? offset >>> 24 : 0,
      };
    });
  }

  /** Values of ENUM and ENUM64. */
  values(record: BtfRecord): { readonly name: string; readonly value: bigint }[] {
    const words = record.kind === 'ENUM64' ? 3 : 2;
    return Array.from({ length: record.length }, (_, i) => {
      const low = BigInt(this.word(record, words * i + 1));
      const value = words === 3 ? low | (BigInt(this.word(record, words * i + 2)) << 32n) : low;
      const bits = words === 3 ? 64 : 32;
      return { name: this.string(this.word(record, words * i)), value: record.flag ? BigInt.asIntN(bits, value) : value };
    });
  }

  parameters(record: BtfRecord): { readonly name: string; readonly type: number }[] {
    return Array.from({ length: record.length }, (_, i) => ({
      name: this.string(this.word(record, 2 * i)),
      type: this.word(record, 2 * i + 1),
    }));
  }

  /** Variables of a DATASEC. */
  variables(record: BtfRecord): { readonly type: number; readonly offset: number; readonly size: number }[] {
    return Array.from({ length: record.length }, (_, i) => ({
      type: this.word(record, 3 * i),
      offset: this.word(record, 3 * i + 1),
      size: this.word(record, 3 * i + 2),
    }));
  }

  private offsetOf(id: number): number {
    if (id <= 0 || id >= this.count) throw new TypeInformationError(`BTF: there is no type ${id}`);
    return this.sections.offsets[id]!;
  }

  private u32(at: number): number {
    return this.sections.view.getUint32(at, true);
  }

  private string(offset: number): string {
    if (offset === 0) return '';
    const { strings } = this.sections;
    if (offset >= strings.length) throw new TypeInformationError(`BTF: there is no string at ${offset}`);
    return decoder.decode(strings.subarray(offset, strings.indexOf(0, offset)));
  }
}
