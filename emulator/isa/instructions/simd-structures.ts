import type { Builder, HostAddress, Value } from '../builder.ts';
import {
  type Fields,
  type Instruction,
  type InstructionDefinition,
  instructions,
  type OperandSyntax,
  type Static,
} from '../instruction.ts';
import {
  type Arrangements,
  arrangementOf,
  arrangementStatic,
  arrangements,
  immediateIn,
  registerList,
  type Shape,
  shapeAt,
} from '../syntax/simd.ts';
import { extract, laneType, writeResult } from './simd-lanes.ts';
import { setLoaded, toStore } from './simd-load-store.ts';

/** Registers Rt, Rt+1 … of a list: the same functions each time, so that reading and writing one is one operand. */
const listed = [0, 1, 2, 3].map((k) => (f: Fields) => (f.Rt! + k) % 32);

/** How the base is updated: not, by the bytes transferred, or by a register. */
type Update = 'none' | 'immediate' | 'register';

const updates: readonly Update[] = ['none', 'immediate', 'register'];
const titles: Readonly<Record<Update, string>> = { none: '', immediate: ', post-index', register: ', register post-index' };
const memory: Readonly<Record<Update, string>> = { none: '[<Xn|SP>]', immediate: '[<Xn|SP>], #<bytes>', register: '[<Xn|SP>], <Xm>' };
const updateBits: Readonly<Record<Update, string>> = { none: '0 0 0 0 0', immediate: '1 1 1 1 1', register: 'Rm' };

/** Bytes transferred, which the immediate must be. */
const bytesOperand = (bytesOf: (f: Fields) => number): OperandSyntax => ({
  print: (f) => String(bytesOf(f)),
  parse: (text, context, known) => {
    const expected = bytesOf(known ?? {});
    return immediateIn(text, context, expected, expected) === undefined ? undefined : {};
  },
});

function updateBase(b: Builder, update: Update, base: Value, bytes: number): void {
  if (update === 'immediate') b.setXsp(1, 'Rn', b.add(base, bytes));
  else if (update === 'register') b.setXsp(1, 'Rn', b.add(base, b.x(1, 'Rm')));
}

/**
 * Bytes gathered from up to four vectors: `from[k]` says where byte k comes from, 16 × vector + byte.
 */
function gather(b: Builder, vectors: readonly Value[], from: readonly number[]): Value {
  const pair = (first: number): Value => {
    const x = vectors[first]!;
    const y = vectors[first + 1] ?? x;
    return b.shuffle(
      from.map((at) => (at >> 5 === first >> 1 ? at & 31 : 0)),
      x,
      y,
    );
  };
  if (vectors.length <= 2) return pair(0);
  return b.shuffle(
    from.map((at, k) => (at >> 5 === 0 ? k : 16 + k)),
    pair(0),
    pair(2),
  );
}

/** Memory as vectors of 16 bytes; an odd half at the end. */
function loadBytes(b: Builder, host: HostAddress, bytes: number): Value[] {
  const vectors: Value[] = [];
  for (let at = 0; at < bytes; at += 16)
    vectors.push(bytes - at >= 16 ? b.hostLoad(host, at, 16) : b.op('i64x2.splat', b.hostLoad(host, at, 8)));
  return vectors;
}

/** Multiple structures of `elements` elements; LD1 and ST1 of several registers are `registers` runs without interleaving. */
interface Multiple {
  readonly opcode: string;
  readonly elements: number;
  readonly registers: number;
}

const multiples: Readonly<Record<string, Multiple>> = {
  '4 (multiple structures)': { opcode: '0 0 0 0', elements: 4, registers: 4 },
  '1 (multiple structures, four registers)': { opcode: '0 0 1 0', elements: 1, registers: 4 },
  '3 (multiple structures)': { opcode: '0 1 0 0', elements: 3, registers: 3 },
  '1 (multiple structures, three registers)': { opcode: '0 1 1 0', elements: 1, registers: 3 },
  '1 (multiple structures, one register)': { opcode: '0 1 1 1', elements: 1, registers: 1 },
  '2 (multiple structures)': { opcode: '1 0 0 0', elements: 2, registers: 2 },
  '1 (multiple structures, two registers)': { opcode: '1 0 1 0', elements: 1, registers: 2 },
};

/** Where byte k of register r lies in memory, for structures of n elements. */
const memoryByte = (n: number, size: number, r: number, k: number): number => (Math.floor(k / size) * n + r) * size + (k % size);

function loadMultiple(b: Builder, shape: Shape, { elements, registers }: Multiple, base: Value): () => void {
  const total = shape.bytes * registers;
  const size = shape.esize / 8;
  const loaded = b.access(base, total, 'read', { element: size }, (host) => {
    if (elements === 1) return Array.from({ length: registers }, (_, r) => b.hostLoad(host, r * shape.bytes, shape.bytes));
    return loadBytes(b, host, total);
  });
  return () => {
    for (let r = 0; r < registers; r++) {
      if (elements === 1) {
        setLoaded(b, listed[r]!, shape.bytes, loaded[r]!);
        continue;
      }
      const from = Array.from({ length: 16 }, (_, k) => (k < shape.bytes ? memoryByte(elements, size, r, k) : 0));
      writeResult(b, shape, gather(b, loaded, from), listed[r]!);
    }
  };
}

function storeMultiple(b: Builder, shape: Shape, { elements, registers }: Multiple, base: Value): void {
  const total = shape.bytes * registers;
  const size = shape.esize / 8;
  if (elements === 1) {
    const values = Array.from({ length: registers }, (_, r) => toStore(b, listed[r]!, shape.bytes));
    b.access(base, total, 'write', { element: size }, (host) => {
      values.forEach((value, r) => {
        b.hostStore(host, r * shape.bytes, value, shape.bytes);
      });
      return [];
    });
    return;
  }
  const vectors = Array.from({ length: registers }, (_, r) => b.v(listed[r]!));
  const from = new Array<number>(total).fill(0);
  for (let r = 0; r < registers; r++) for (let k = 0; k < shape.bytes; k++) from[memoryByte(elements, size, r, k)] = 16 * r + k;
  const chunks: { at: number; bytes: 8 | 16; value: Value }[] = [];
  for (let at = 0; at < total; at += 16) {
    const bytes = total - at >= 16 ? 16 : 8;
    const chunk = gather(
      b,
      vectors,
      Array.from({ length: 16 }, (_, k) => from[at + k] ?? 0),
    );
    chunks.push({ at, bytes, value: bytes === 16 ? chunk : extract(b, 64, chunk, 0) });
  }
  b.access(base, total, 'write', { element: size }, (host) => {
    for (const { at, bytes, value } of chunks) b.hostStore(host, at, value, bytes);
    return [];
  });
}

const multiple = (load: boolean, update: Update, m: Multiple): InstructionDefinition => {
  // A structure of lone doublewords is reserved: only LD1 and ST1 may be .1D.
  const set: Arrangements = m.elements === 1 ? arrangements.all : arrangements.bhsd;
  const bytesOf = (f: Fields) => (f.Q ? 16 : 8) * m.registers;
  const list = registerList(
    'Rt',
    m.registers,
    (f) => arrangementOf(set, f),
    (text) => set[text],
  );
  return {
    encoding: `0 Q 0 0 1 1 0 0 ${update === 'none' ? 0 : 1} ${load ? 1 : 0} 0 ${updateBits[update]} ${m.opcode} size Rn Rt`,
    where: (f) => arrangementOf(set, f) !== undefined && (update !== 'register' || f.Rm !== 31),
    assembly: `${load ? 'ld' : 'st'}${m.elements} <list>, ${memory[update]}`,
    operands: { list, bytes: bytesOperand(bytesOf) },
    statics: [arrangementStatic(set)],
    simd: true,
    operation: (b, statics) => {
      const shape = shapeAt(set, statics.T!);
      const base = b.base('Rn');
      if (load) loadMultiple(b, shape, m, base)();
      else storeMultiple(b, shape, m, base);
      updateBase(b, update, base, shape.bytes * m.registers);
    },
  };
};

const mnemonicOf = (load: boolean, title: string) => `${load ? 'LD' : 'ST'}${title}`;

export const simdMultipleStructures: readonly Instruction[] = instructions(
  'Advanced SIMD load/store multiple structures',
  Object.fromEntries(
    updates.flatMap((update) =>
      Object.entries(multiples).flatMap(([title, m]) =>
        [false, true].map((load) => [mnemonicOf(load, title) + titles[update], multiple(load, update, m)]),
      ),
    ),
  ),
);

// ---- single structures

/** Element width by the high bits of opcode and by size, and where the index is. */
const singles = [
  { letter: 'b', bytes: 1, opcode: '0 0', tail: 'S size', index: (f: Fields) => (f.Q! << 3) | (f.S! << 2) | f.size! },
  { letter: 'h', bytes: 2, opcode: '0 1', tail: 'S size1:1 0', index: (f: Fields) => (f.Q! << 2) | (f.S! << 1) | f.size1! },
  { letter: 's', bytes: 4, opcode: '1 0', tail: 'S 0 0', index: (f: Fields) => (f.Q! << 1) | f.S! },
  { letter: 'd', bytes: 8, opcode: '1 0', tail: '0 0 1', index: (f: Fields) => f.Q! },
] as const;
type Single = (typeof singles)[number];

/** Fields of an index: the reverse of `index`. */
const indexFields = ({ letter }: Single, index: number): Fields => {
  if (letter === 'b') return { Q: index >> 3, S: (index >> 2) & 1, size: index & 3 };
  if (letter === 'h') return { Q: index >> 2, S: (index >> 1) & 1, size1: index & 1 };
  return letter === 's' ? { Q: index >> 1, S: index & 1 } : { Q: index };
};

/** opcode<0> and R count the elements: one to four. */
const countBits = (elements: number) => ({ R: (elements - 1) & 1, low: (elements - 1) >> 1 });

const singleList = (elements: number, s: Single): OperandSyntax =>
  registerList(
    'Rt',
    elements,
    () => s.letter,
    (text) => (text === s.letter ? {} : undefined),
    undefined,
    {
      print: (f) => `[${s.index(f)}]`,
      parse: (text) => {
        const match = /^\[\s*(\d+)\s*\]$/.exec(text);
        return match && Number(match[1]) < 16 / s.bytes ? indexFields(s, Number(match[1])) : undefined;
      },
    },
  );

/** The lane numbers of the bytes of a register. */
const laneNumbers = (b: Builder, bytes: number): Value => b.v128(Array.from({ length: 16 }, (_, k) => Math.floor(k / bytes)));
const esizeOf = (bytes: number) => (bytes * 8) as 8 | 16 | 32 | 64;

/** The index: read at run time, except where a record has no room for it (four registers and an index register). */
const indexStatic = (s: Single): Static => ({ name: 'index', values: Array.from({ length: 16 / s.bytes }, (_, k) => k), of: s.index });

const single = (load: boolean, update: Update, elements: number, s: Single): InstructionDefinition => {
  const { R, low } = countBits(elements);
  const total = elements * s.bytes;
  const esize = esizeOf(s.bytes);
  const fixedIndex = elements === 4 && update === 'register';
  return {
    encoding: `0 Q 0 0 1 1 0 1 ${update === 'none' ? 0 : 1} ${load ? 1 : 0} ${R} ${updateBits[update]} ${s.opcode} ${low} ${s.tail} Rn Rt`,
    ...(update === 'register' ? { where: (f: Fields) => f.Rm !== 31 } : {}),
    assembly: `${load ? 'ld' : 'st'}${elements} <list>, ${memory[update]}`,
    operands: { list: singleList(elements, s), bytes: bytesOperand(() => total) },
    statics: fixedIndex ? [indexStatic(s)] : [],
    simd: true,
    operation: (b, statics) => {
      const base = b.base('Rn');
      const index = fixedIndex ? b.i32(statics.index!) : b.small(s.index);
      if (load) {
        const values = b.access(base, total, 'read', { element: s.bytes }, (host) =>
          Array.from({ length: elements }, (_, k) => b.hostLoad(host, k * s.bytes, s.bytes)),
        );
        const chosen = b.op('i8x16.eq', laneNumbers(b, s.bytes), b.op('i8x16.splat', index));
        values.forEach((value, k) => {
          const everywhere = b.op(`${laneType[esize]}.splat`, value);
          b.setV(listed[k]!, b.op('v128.bitselect', everywhere, b.v(listed[k]!), chosen));
        });
      } else {
        const order = b.op(
          'i8x16.add',
          b.v128(Array.from({ length: 16 }, (_, k) => k % s.bytes)),
          b.op('i8x16.splat', b.mul(index, s.bytes)),
        );
        const values = Array.from({ length: elements }, (_, k) => extract(b, esize, b.op('i8x16.swizzle', b.v(listed[k]!), order), 0));
        b.access(base, total, 'write', { element: s.bytes }, (host) => {
          values.forEach((value, k) => {
            b.hostStore(host, k * s.bytes, value, s.bytes);
          });
          return [];
        });
      }
      updateBase(b, update, base, total);
    },
  };
};

export const simdSingleStructures: readonly Instruction[] = instructions(
  'Advanced SIMD load/store single structure',
  Object.fromEntries(
    updates.flatMap((update) =>
      [1, 2, 3, 4].flatMap((elements) =>
        singles.flatMap((s) =>
          [false, true].map((load) => [
            `${mnemonicOf(load, `${elements} (single structure, ${s.bytes * 8}-bit)`)}${titles[update]}`,
            single(load, update, elements, s),
          ]),
        ),
      ),
    ),
  ),
);

/** LD1R … LD4R: one structure, each element in every lane of its register. */
const replicate = (update: Update, elements: number): InstructionDefinition => {
  const { R, low } = countBits(elements);
  const set: Arrangements = arrangements.all;
  return {
    encoding: `0 Q 0 0 1 1 0 1 ${update === 'none' ? 0 : 1} 1 ${R} ${updateBits[update]} 1 1 ${low} 0 size Rn Rt`,
    ...(update === 'register' ? { where: (f: Fields) => f.Rm !== 31 } : {}),
    assembly: `ld${elements}r <list>, ${memory[update]}`,
    operands: {
      list: registerList(
        'Rt',
        elements,
        (f) => arrangementOf(set, f),
        (text) => set[text],
      ),
      bytes: bytesOperand((f) => elements << f.size!),
    },
    statics: [arrangementStatic(set)],
    simd: true,
    operation: (b, statics) => {
      const shape = shapeAt(set, statics.T!);
      const size = shape.esize / 8;
      const base = b.base('Rn');
      const values = b.access(base, elements * size, 'read', { element: size }, (host) =>
        Array.from({ length: elements }, (_, k) => b.hostLoad(host, k * size, size)),
      );
      values.forEach((value, k) => {
        writeResult(b, shape, b.op(`${laneType[shape.esize]}.splat`, value), listed[k]!);
      });
      updateBase(b, update, base, elements * size);
    },
  };
};

export const simdReplicatedStructures: readonly Instruction[] = instructions(
  'Advanced SIMD load and replicate single structure',
  Object.fromEntries(updates.flatMap((update) => [1, 2, 3, 4].map((n) => [`LD${n}R${titles[update]}`, replicate(update, n)]))),
);
