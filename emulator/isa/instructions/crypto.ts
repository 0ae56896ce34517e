import type { Builder, Value } from '../builder.ts';
import { type Instruction, type InstructionDefinition, instructions } from '../instruction.ts';
import { vectors } from '../syntax/simd.ts';
import { constantLanes, extract, replace } from './simd-lanes.ts';

/** Byte of the state that ShiftRows() moves to each place; columns are four consecutive bytes. */
const shiftRows = Array.from({ length: 16 }, (_, k) => (k + 4 * (k % 4)) % 16);
const inverseShiftRows = Array.from({ length: 16 }, (_, k) => (k + 12 * (k % 4)) % 16);
/** Each column turned by `n` bytes. */
const turned = (n: number) => Array.from({ length: 16 }, (_, k) => (k & ~3) + ((k + n) & 3));

/** Substitutes each byte of the state by a table. */
function substitute(b: Builder, name: 'aesSubBytes' | 'aesInvSubBytes', state: Value): Value {
  const low = b.call(name, extract(b, 64, state, 0));
  const high = b.call(name, extract(b, 64, state, 1));
  return replace(b, 64, b.op('i64x2.splat', low), 1, high);
}

/** Bytes times x in GF(2^8). */
const doubled = (b: Builder, v: Value): Value =>
  b.op('v128.xor', b.op('i8x16.shl', v, 1), b.op('v128.and', b.op('i8x16.shr_s', v, 7), constantLanes(b, 8, 0x1bn)));

const xor = (b: Builder, first: Value, ...rest: readonly Value[]): Value => rest.reduce((a, v) => b.op('v128.xor', a, v), first);
const turn = (b: Builder, v: Value, n: number): Value => b.shuffle(turned(n), v, v);

/** AESMixColumns(): 2, 3, 1, 1. */
function mixColumns(b: Builder, v: Value): Value {
  const two = doubled(b, v);
  return xor(b, two, turn(b, xor(b, two, v), 1), turn(b, v, 2), turn(b, v, 3));
}

/** AESInvMixColumns(): 14, 11, 13, 9. */
function inverseMixColumns(b: Builder, v: Value): Value {
  const two = doubled(b, v);
  const four = doubled(b, two);
  const eight = doubled(b, four);
  const nine = xor(b, eight, v);
  return xor(b, xor(b, eight, four, two), turn(b, xor(b, nine, two), 1), turn(b, xor(b, nine, four), 2), turn(b, nine, 3));
}

const aes = (opcode: string, mnemonic: string, operation: (b: Builder) => Value): InstructionDefinition => ({
  encoding: `0 1 0 0 1 1 1 0 0 0 1 0 1 0 0 ${opcode} 1 0 Rn Rd`,
  feature: 'FEAT_AES',
  assembly: `${mnemonic} <Vd.T>, <Vn.T>`,
  operands: vectors({ '16b': {} }, 'dn'),
  simd: true,
  operation: (b) => b.setV('Rd', operation(b)),
});

const addRoundKey = (b: Builder) => b.op('v128.xor', b.v('Rd'), b.v('Rn'));

export const cryptoAes: readonly Instruction[] = instructions('Cryptographic AES', {
  AESE: aes('0 0 1 0 0', 'aese', (b) => {
    const state = addRoundKey(b);
    return substitute(b, 'aesSubBytes', b.shuffle(shiftRows, state, state));
  }),
  AESD: aes('0 0 1 0 1', 'aesd', (b) => {
    const state = addRoundKey(b);
    return substitute(b, 'aesInvSubBytes', b.shuffle(inverseShiftRows, state, state));
  }),
  AESMC: aes('0 0 1 1 0', 'aesmc', (b) => mixColumns(b, b.v('Rn'))),
  AESIMC: aes('0 0 1 1 1', 'aesimc', (b) => inverseMixColumns(b, b.v('Rn'))),
});

// ---- SHA-1 and SHA-256

const word = (b: Builder, v: Value, k: number): Value => extract(b, 32, v, k);
const fromWords = (b: Builder, words: readonly Value[]): Value =>
  words.slice(1).reduce((v, w, k) => replace(b, 32, v, k + 1, w), b.op('i32x4.splat', words[0]!));
const sum = (b: Builder, first: Value, ...rest: readonly Value[]): Value => rest.reduce((a, v) => b.add(a, v), first);
const rol = (b: Builder, v: Value, n: number): Value => b.op('i32.rotl', v, b.i32(n));
const ror = (b: Builder, v: Value, n: number): Value => rol(b, v, 32 - n);

const choose = (b: Builder, x: Value, y: Value, z: Value): Value => b.xor(b.and(b.xor(y, z), x), z);
const majority = (b: Builder, x: Value, y: Value, z: Value): Value => b.or(b.and(x, y), b.and(b.or(x, y), z));
const parity = (b: Builder, x: Value, y: Value, z: Value): Value => b.xor(b.xor(x, y), z);

/** Four rounds of SHA-1 with the round's function: state in Q(d), e in S(n), schedule plus constant in V(m). */
const sha1Rounds = (opcode: string, mnemonic: string, round: typeof choose): InstructionDefinition => ({
  encoding: `0 1 0 1 1 1 1 0 0 0 0 Rm 0 ${opcode} 0 0 Rn Rd`,
  feature: 'FEAT_SHA1',
  assembly: `${mnemonic} <Qd>, <Sn>, <Vm.T>`,
  operands: vectors({ '4s': {} }, 'm'),
  simd: true,
  operation: (b) => {
    const state = b.v('Rd');
    const schedule = b.v('Rm');
    let [a, bb, c, d] = [0, 1, 2, 3].map((k) => word(b, state, k)) as [Value, Value, Value, Value];
    let e = b.vElement('Rn', 32);
    for (let k = 0; k < 4; k++) {
      const next = sum(b, e, rol(b, a, 5), round(b, bb, c, d), word(b, schedule, k));
      [e, d, c, bb, a] = [d, c, rol(b, bb, 30), a, next];
    }
    b.setV('Rd', fromWords(b, [a, bb, c, d]));
  },
});

/** The working variables of SHA-256 after four rounds. */
function sha256Rounds(b: Builder, abcd: Value, efgh: Value, schedule: Value): { abcd: Value; efgh: Value } {
  let [a, bb, c, d] = [0, 1, 2, 3].map((k) => word(b, abcd, k)) as [Value, Value, Value, Value];
  let [e, f, g, h] = [0, 1, 2, 3].map((k) => word(b, efgh, k)) as [Value, Value, Value, Value];
  for (let k = 0; k < 4; k++) {
    const sigma1 = b.xor(b.xor(ror(b, e, 6), ror(b, e, 11)), ror(b, e, 25));
    const sigma0 = b.xor(b.xor(ror(b, a, 2), ror(b, a, 13)), ror(b, a, 22));
    const t1 = sum(b, h, sigma1, choose(b, e, f, g), word(b, schedule, k));
    const t2 = b.add(sigma0, majority(b, a, bb, c));
    [h, g, f, e, d, c, bb, a] = [g, f, e, b.add(d, t1), c, bb, a, b.add(t1, t2)];
  }
  return { abcd: fromWords(b, [a, bb, c, d]), efgh: fromWords(b, [e, f, g, h]) };
}

const sha256 = (opcode: string, assembly: string, operation: (b: Builder) => Value): InstructionDefinition => ({
  encoding: `0 1 0 1 1 1 1 0 0 0 0 Rm 0 ${opcode} 0 0 Rn Rd`,
  feature: 'FEAT_SHA256',
  assembly,
  operands: vectors({ '4s': {} }, 'dnm'),
  simd: true,
  operation: (b) => b.setV('Rd', operation(b)),
});

const twoRegister = (opcode: string, feature: string, assembly: string, operation: (b: Builder) => void): InstructionDefinition => ({
  encoding: `0 1 0 1 1 1 1 0 0 0 1 0 1 0 0 ${opcode} 1 0 Rn Rd`,
  feature,
  assembly,
  operands: vectors({ '4s': {} }, 'dn'),
  simd: true,
  operation,
});

const rotate = (b: Builder, v: Value, n: number): Value => b.op('v128.or', b.op('i32x4.shl', v, n), b.op('i32x4.shr_u', v, 32 - n));
/** Bytes `start`… of two vectors joined. */
const joined = (b: Builder, low: Value, high: Value, start: number): Value =>
  b.shuffle(
    Array.from({ length: 16 }, (_, k) => start + k),
    low,
    high,
  );

export const cryptoSha: readonly Instruction[] = instructions('Cryptographic SHA', {
  SHA1C: sha1Rounds('0 0 0', 'sha1c', choose),
  SHA1P: sha1Rounds('0 0 1', 'sha1p', parity),
  SHA1M: sha1Rounds('0 1 0', 'sha1m', majority),
  SHA1SU0: {
    ...sha256('0 1 1', 'sha1su0 <Vd.T>, <Vn.T>, <Vm.T>', (b) => {
      const d = b.v('Rd');
      return xor(b, joined(b, d, b.v('Rn'), 8), d, b.v('Rm'));
    }),
    feature: 'FEAT_SHA1',
  },
  SHA1H: twoRegister('0 0 0 0 0', 'FEAT_SHA1', 'sha1h <Sd>, <Sn>', (b) => b.setVElement('Rd', 32, rol(b, b.vElement('Rn', 32), 30))),
  SHA1SU1: twoRegister('0 0 0 0 1', 'FEAT_SHA1', 'sha1su1 <Vd.T>, <Vn.T>', (b) => {
    const n = b.v('Rn');
    const shifted = joined(b, n, constantLanes(b, 32, 0n), 4);
    const mixed = rotate(b, xor(b, b.v('Rd'), shifted), 1);
    // The last word depends on the first result.
    b.setV('Rd', replace(b, 32, mixed, 3, b.xor(word(b, mixed, 3), rol(b, word(b, mixed, 0), 1))));
  }),
  SHA256H: sha256('1 0 0', 'sha256h <Qd>, <Qn>, <Vm.T>', (b) => sha256Rounds(b, b.v('Rd'), b.v('Rn'), b.v('Rm')).abcd),
  SHA256H2: sha256('1 0 1', 'sha256h2 <Qd>, <Qn>, <Vm.T>', (b) => sha256Rounds(b, b.v('Rn'), b.v('Rd'), b.v('Rm')).efgh),
  SHA256SU0: twoRegister('0 0 0 1 0', 'FEAT_SHA256', 'sha256su0 <Vd.T>, <Vn.T>', (b) => {
    const d = b.v('Rd');
    const w = joined(b, d, b.v('Rn'), 4);
    const sigma = xor(b, rotate(b, w, 32 - 7), rotate(b, w, 32 - 18), b.op('i32x4.shr_u', w, 3));
    b.setV('Rd', b.op('i32x4.add', d, sigma));
  }),
  SHA256SU1: sha256('1 1 0', 'sha256su1 <Vd.T>, <Vn.T>, <Vm.T>', (b) => {
    const d = b.v('Rd');
    const n = b.v('Rn');
    const m = b.v('Rm');
    const sigma = (w: Value) => b.xor(b.xor(ror(b, w, 17), ror(b, w, 19)), b.op('i32.shr_u', w, b.i32(10)));
    const added = b.op('i32x4.add', d, joined(b, n, m, 4));
    const first = [2, 3].map((k) => b.add(word(b, added, k - 2), sigma(word(b, m, k)))) as [Value, Value];
    const second = [0, 1].map((k) => b.add(word(b, added, k + 2), sigma(first[k]!)));
    return fromWords(b, [...first, ...second]);
  }),
});
