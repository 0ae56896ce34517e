/** Writes BTF, for tests of its reader. */
import { HEADER_BYTES, type Kind, kinds, MAGIC } from '../../../../debug-adapter/symbols/btf/format.ts';

/** One type: what `struct btf_type` holds, and the words after it. A text among them becomes its offset in the string section. */
export interface WrittenType {
  readonly kind: Kind;
  readonly name?: string;
  readonly flag?: boolean;
  readonly length?: number;
  readonly sizeOrType?: number;
  readonly words?: readonly (number | string)[];
}

/** A blob of these types, ids from 1 on. */
export function writeBtf(types: readonly WrittenType[]): Uint8Array {
  let strings = '\0';
  const offsets = new Map([['', 0]]);
  const stringAt = (text: string): number => {
    const known = offsets.get(text);
    if (known !== undefined) return known;
    offsets.set(text, strings.length);
    strings += `${text}\0`;
    return offsets.get(text)!;
  };
  const words: number[] = [];
  for (const { kind, name = '', flag = false, length = 0, sizeOrType = 0, words: rest = [] } of types) {
    const number = kinds.findIndex((entry) => entry?.name === kind);
    words.push(stringAt(name), ((flag ? 0x8000_0000 : 0) | (number << 24) | length) >>> 0, sizeOrType);
    words.push(...rest.map((word) => (typeof word === 'string' ? stringAt(word) : word >>> 0)));
  }
  const text = new TextEncoder().encode(strings);
  const bytes = new Uint8Array(HEADER_BYTES + words.length * 4 + text.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, MAGIC, true);
  view.setUint8(2, 1);
  const header = [HEADER_BYTES, 0, words.length * 4, words.length * 4, text.length];
  for (const [i, word] of [...header, ...words].entries()) view.setUint32(4 + 4 * i, word, true);
  bytes.set(text, HEADER_BYTES + words.length * 4);
  return bytes;
}

/** Every kind that there is, in the shapes that the kernel has. */
export const everyKind: readonly WrittenType[] = [
  { kind: 'INT', name: 'int', sizeOrType: 4, words: [(1 << 24) | 32] },
  { kind: 'INT', name: 'char', sizeOrType: 1, words: [8] },
  { kind: 'INT', name: 'unsigned long', sizeOrType: 8, words: [64] },
  { kind: 'ARRAY', words: [2, 3, 16] },
  { kind: 'PTR', sizeOrType: 6 },
  {
    kind: 'STRUCT',
    name: 'node',
    flag: true,
    length: 5,
    sizeOrType: 48,
    words: ['next', 5, 0, 'comm', 4, 64, 'low', 1, (3 << 24) | 192, 'high', 11, (5 << 24) | 195, '', 7, 256],
  },
  { kind: 'UNION', length: 2, sizeOrType: 16, words: ['value', 3, 0, 'handler', 9, 0] },
  { kind: 'FUNC_PROTO', length: 2, sizeOrType: 0, words: ['self', 5, '', 0] },
  { kind: 'PTR', sizeOrType: 8 },
  { kind: 'ENUM', name: 'colour', flag: true, length: 3, sizeOrType: 4, words: ['NONE', -1, 'RED', 0, 'GREEN', 7] },
  { kind: 'TYPEDEF', name: 'colour_t', sizeOrType: 10 },
  { kind: 'ENUM64', name: 'wide', length: 1, sizeOrType: 8, words: ['TOP', 1, 0x8000_0000] },
  { kind: 'FWD', name: 'hidden' },
  { kind: 'FWD', name: 'hidden_union', flag: true },
  { kind: 'CONST', sizeOrType: 2 },
  { kind: 'VOLATILE', sizeOrType: 5 },
  { kind: 'RESTRICT', sizeOrType: 5 },
  { kind: 'FUNC', name: 'visit', length: 1, sizeOrType: 8 },
  { kind: 'VAR', name: 'runqueue', sizeOrType: 6, words: [0] },
  { kind: 'DATASEC', name: '.data..percpu', length: 1, sizeOrType: 48, words: [19, 0, 48] },
  { kind: 'FLOAT', name: 'double', sizeOrType: 8 },
  { kind: 'DECL_TAG', name: 'kfunc', sizeOrType: 18, words: [-1] },
  { kind: 'TYPE_TAG', name: 'user', sizeOrType: 6 },
  { kind: 'PTR', sizeOrType: 23 },
];
