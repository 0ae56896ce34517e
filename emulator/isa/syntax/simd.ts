import type { Fields, OperandSyntax, ParseContext, Static } from '../instruction.ts';

/** How an Advanced SIMD instruction writes its arrangement (or a scalar's width) and the fields that encode it: `'8b': { size: 0, Q: 0 }`. */
export type Arrangements = Readonly<Record<string, Fields>>;

/** Arrangement specifiers by `size` and `Q`. */
const bySizeAndQ: Arrangements = {
  '8b': { size: 0, Q: 0 },
  '16b': { size: 0, Q: 1 },
  '4h': { size: 1, Q: 0 },
  '8h': { size: 1, Q: 1 },
  '2s': { size: 2, Q: 0 },
  '4s': { size: 2, Q: 1 },
  '1d': { size: 3, Q: 0 },
  '2d': { size: 3, Q: 1 },
};

const pick = (from: Arrangements, ...names: readonly string[]): Arrangements => Object.fromEntries(names.map((n) => [n, from[n]!]));

/** Sets of arrangements that instructions allow. */
export const arrangements = {
  all: bySizeAndQ,
  bhsd: pick(bySizeAndQ, '8b', '16b', '4h', '8h', '2s', '4s', '2d'),
  bhs: pick(bySizeAndQ, '8b', '16b', '4h', '8h', '2s', '4s'),
  bh: pick(bySizeAndQ, '8b', '16b', '4h', '8h'),
  hs: pick(bySizeAndQ, '4h', '8h', '2s', '4s'),
  b: pick(bySizeAndQ, '8b', '16b'),
  /** Across lanes: no 2S. */
  across: pick(bySizeAndQ, '8b', '16b', '4h', '8h', '4s'),
  /** No size field: bytes whose number Q says. */
  bytes: { '8b': { Q: 0 }, '16b': { Q: 1 } },
  /** Elements twice as wide as `size` says, whole register. */
  wide: { '8h': { size: 0 }, '4s': { size: 1 }, '2d': { size: 2 } },
  wideHs: { '4s': { size: 1 }, '2d': { size: 2 } },
  /** Floating point by `sz`. */
  sd: { '2s': { sz: 0, Q: 0 }, '4s': { sz: 0, Q: 1 }, '2d': { sz: 1, Q: 1 } },
  h: { '4h': { Q: 0 }, '8h': { Q: 1 } },
  s: { '2s': { Q: 0 }, '4s': { Q: 1 } },
} as const satisfies Record<string, Arrangements>;

/** Scalar widths that instructions allow, by `size` or `sz`. */
export const scalars = {
  bhsd: { b: { size: 0 }, h: { size: 1 }, s: { size: 2 }, d: { size: 3 } },
  bhs: { b: { size: 0 }, h: { size: 1 }, s: { size: 2 } },
  hs: { h: { size: 1 }, s: { size: 2 } },
  d: { d: { size: 3 } },
  sd: { s: { sz: 0 }, d: { sz: 1 } },
  /** One width, nothing encodes it. */
  onlyH: { h: {} },
  onlyS: { s: {} },
  onlyD: { d: {} },
  /** Twice as wide as `size` says. */
  wideHs: { s: { size: 1 }, d: { size: 2 } },
  wide: { h: { size: 0 }, s: { size: 1 }, d: { size: 2 } },
} as const satisfies Record<string, Arrangements>;

/** Name of the arrangement that the fields encode, or undefined: reserved. */
export function arrangementOf(set: Arrangements, f: Fields): string | undefined {
  for (const name in set) {
    const encoded = set[name]!;
    let same = true;
    for (const field in encoded) if (f[field] !== encoded[field]) same = false;
    if (same) return name;
  }
  return undefined;
}

/** What an arrangement or scalar width means: lanes of `esize` bits, `count` of them, `bytes` in all. */
export interface Shape {
  readonly esize: 8 | 16 | 32 | 64;
  readonly count: number;
  readonly bytes: number;
}

const laneWidths = { b: 8, h: 16, s: 32, d: 64 } as const;

/** Shape of `16b`, `2d`, or of a scalar `s`. */
export function shapeOf(arrangement: string): Shape {
  const esize = laneWidths[arrangement.slice(-1) as keyof typeof laneWidths];
  const count = arrangement.length > 1 ? Number.parseInt(arrangement, 10) : 1;
  return { esize, count, bytes: (count * esize) / 8 };
}

/** The arrangement as a static part: its number in the set. */
export function arrangementStatic(set: Arrangements): Static {
  const names = Object.keys(set);
  return { name: 'T', values: names.map((_, k) => k), of: (f) => names.indexOf(arrangementOf(set, f)!) };
}

/** The shape that the static of `arrangementStatic` stands for. */
export const shapeAt = (set: Arrangements, index: number): Shape => shapeOf(Object.keys(set)[index]!);

/** `v3.16b`: a register field with an arrangement. */
export function vectorRegister(field: string, set: Arrangements): OperandSyntax {
  return {
    print: (f) => {
      const name = arrangementOf(set, f);
      return name && `v${f[field]}.${name}`;
    },
    parse: (text) => {
      const match = /^v(\d{1,2})\.(\w+)$/i.exec(text);
      const encoded = match && set[match[2]!.toLowerCase()];
      return encoded && Number(match[1]) < 32 ? { ...encoded, [field]: Number(match[1]) } : undefined;
    },
  };
}

/** `s3`: a register field as a scalar whose width fields encode. */
export function scalarRegister(field: string, set: Arrangements): OperandSyntax {
  return {
    print: (f) => {
      const name = arrangementOf(set, f);
      return name && `${name}${f[field]}`;
    },
    parse: (text) => {
      const match = /^([bhsdq])(\d{1,2})$/i.exec(text);
      const encoded = match && set[match[1]!.toLowerCase()];
      return encoded && Number(match[2]) < 32 ? { ...encoded, [field]: Number(match[2]) } : undefined;
    },
  };
}

/** Operands `<Vd.T>`, `<Vn.T>` … of one arrangement. `registers`: the letters, `d`, `n`, `m`. */
export const vectors = (set: Arrangements, registers: string, symbol = 'T'): Record<string, OperandSyntax> =>
  Object.fromEntries([...registers].map((r) => [`V${r}.${symbol}`, vectorRegister(`R${r}`, set)]));

/** Operands `<Vd>`, `<Vn>` …: scalars of one width. */
export const scalarRegisters = (set: Arrangements, registers: string): Record<string, OperandSyntax> =>
  Object.fromEntries([...registers].map((r) => [`V${r}`, scalarRegister(`R${r}`, set)]));

/** `2` after the mnemonic of the instructions that use upper halves (Q = 1); glued: `xtn<2>`. */
export const upperHalf: OperandSyntax = {
  print: (f) => (f.Q ? '2' : ''),
  parse: (text) => (text === '2' ? { Q: 1 } : text === '' ? { Q: 0 } : undefined),
};

/** Value of an immediate written with or without `#`, where it is a number in the range. */
export function immediateIn(text: string, context: ParseContext, low: number, high: number): number | undefined {
  const bare = text.trim().replace(/^#\s*/, '');
  const value = bare === '' ? undefined : context.evaluate(bare);
  return value === undefined || value < BigInt(low) || value > BigInt(high) ? undefined : Number(value);
}

/** `{v0.16b, v1.16b}`, `{v0.16b-v2.16b}`: consecutive registers from a field on. `suffix` and `parseSuffix` write what follows the dot. */
export function registerList(
  field: string,
  count: number | ((f: Fields) => number),
  suffix: (f: Fields) => string | undefined,
  parseSuffix: (text: string) => Fields | undefined,
  countFields: (count: number) => Fields | undefined = () => ({}),
  after: { readonly print: (f: Fields) => string; readonly parse: (text: string) => Fields | undefined } = {
    print: () => '',
    parse: (t) => (t === '' ? {} : undefined),
  },
): OperandSyntax {
  const countOf = typeof count === 'number' ? () => count : count;
  return {
    print: (f) => {
      const arrangement = suffix(f);
      if (arrangement === undefined) return undefined;
      const registers = Array.from({ length: countOf(f) }, (_, k) => (f[field]! + k) % 32);
      const last = registers[registers.length - 1]!;
      const written = (n: number) => `v${n}.${arrangement}`;
      const body =
        registers.length > 2 && last > registers[0]! ? `${written(registers[0]!)}-${written(last)}` : registers.map(written).join(', ');
      return `{${body}}${after.print(f)}`;
    },
    parse: (text) => {
      const match = /^\{([^}]*)\}(.*)$/.exec(text.trim());
      const rest = match && after.parse(match[2]!.trim());
      if (!match || !rest) return undefined;
      const registers: number[] = [];
      let arrangement: string | undefined;
      const read = (word: string): number | undefined => {
        const written = /^v(\d{1,2})\.(\w+)$/i.exec(word.trim());
        if (!written || Number(written[1]) > 31) return undefined;
        const name = written[2]!.toLowerCase();
        if (arrangement !== undefined && arrangement !== name) return undefined;
        arrangement = name;
        return Number(written[1]);
      };
      for (const word of match[1]!.split(',')) {
        const ends = word.split('-').map(read);
        if (ends.length > 2 || ends.some((e) => e === undefined)) return undefined;
        const from = ends[0]!;
        const length = ends.length === 2 ? (ends[1]! - from + 32) % 32 : 0;
        for (let k = 0; k <= length; k++) registers.push((from + k) % 32);
      }
      if (registers.some((r, k) => r !== (registers[0]! + k) % 32)) return undefined;
      const counted = typeof count === 'number' ? (registers.length === count ? {} : undefined) : countFields(registers.length);
      const encoded = parseSuffix(arrangement!);
      return counted && encoded && { [field]: registers[0]!, ...encoded, ...counted, ...rest };
    },
  };
}
