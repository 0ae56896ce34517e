/** What `bpftool btf dump file … ` prints, from our reading of the same bytes. */
import type { BtfRecord, Records } from '../../../../debug-adapter/symbols/btf/records.ts';

const linkage = (n: number, names: readonly string[]): string => names[n] ?? `(unknown)`;
const encodings: Readonly<Record<number, string>> = { 0: '(none)', 1: 'SIGNED', 2: 'CHAR', 4: 'BOOL' };
const named = (name: string): string => `'${name === '' ? '(anon)' : name}'`;

/** Lines of every type, in order of their ids. */
export function* rawDump(records: Records): Generator<string> {
  for (let id = 1; id < records.count; id++) {
    const record = records.record(id);
    yield `[${id}] ${record.kind} ${named(record.name)}${rest(record, records)}`;
    yield* parts(record, records);
  }
}

function rest(record: BtfRecord, records: Records): string {
  const { kind, sizeOrType, length, flag } = record;
  switch (kind) {
    case 'INT': {
      const word = records.word(record, 0);
      return ` size=${sizeOrType} bits_offset=${(word >>> 16) & 0xff} nr_bits=${word & 0xff} encoding=${encodings[(word >>> 24) & 15]}`;
    }
    case 'ARRAY':
      return ` type_id=${records.word(record, 0)} index_type_id=${records.word(record, 1)} nr_elems=${records.word(record, 2)}`;
    case 'STRUCT':
    case 'UNION':
    case 'DATASEC':
      return ` size=${sizeOrType} vlen=${length}`;
    case 'ENUM':
    case 'ENUM64':
      return ` encoding=${flag ? 'SIGNED' : 'UNSIGNED'} size=${sizeOrType} vlen=${length}`;
    case 'FWD':
      return ` fwd_kind=${flag ? 'union' : 'struct'}`;
    case 'FUNC':
      return ` type_id=${sizeOrType} linkage=${linkage(length, ['static', 'global', 'extern'])}`;
    case 'FUNC_PROTO':
      return ` ret_type_id=${sizeOrType} vlen=${length}`;
    case 'VAR':
      return ` type_id=${sizeOrType}, linkage=${linkage(records.word(record, 0), ['static', 'global', 'extern'])}`;
    case 'FLOAT':
      return ` size=${sizeOrType}`;
    case 'DECL_TAG':
      return ` type_id=${sizeOrType} component_idx=${records.word(record, 0) | 0}`;
    default:
      return ` type_id=${sizeOrType}`;
  }
}

function parts(record: BtfRecord, records: Records): string[] {
  switch (record.kind) {
    case 'STRUCT':
    case 'UNION':
      return records
        .members(record)
        .map((m) => `\t${named(m.name)} type_id=${m.type} bits_offset=${m.bitOffset}${m.bits ? ` bitfield_size=${m.bits}` : ''}`);
    case 'ENUM':
      return records.values(record).map((v) => `\t${named(v.name)} val=${v.value}`);
    case 'ENUM64':
      return records.values(record).map((v) => `\t${named(v.name)} val=${v.value}${record.flag ? 'LL' : 'ULL'}`);
    case 'FUNC_PROTO':
      return records.parameters(record).map((p) => `\t${named(p.name)} type_id=${p.type}`);
    case 'DATASEC':
      return records
        .variables(record)
        .map((v) => `\ttype_id=${v.type} offset=${v.offset} size=${v.size} (VAR ${named(records.nameOf(v.type))})`);
    default:
      return [];
  }
}
