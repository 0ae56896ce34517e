import type { Builder, RegisterField, Value } from '../builder.ts';
import {
  type Fields,
  type Instruction,
  type InstructionDefinition,
  instructions,
  type OperandSyntax,
  type Static,
} from '../instruction.ts';
import { generalRegisterName, parseGeneralRegister } from '../syntax/registers.ts';
import { type Arrangements, arrangementOf, immediateIn, scalarRegister } from '../syntax/simd.ts';

/** Width of a single register transfer by size and the high bit of opc. */
const widths: Arrangements = {
  b: { size: 0, opc1: 0 },
  h: { size: 1, opc1: 0 },
  s: { size: 2, opc1: 0 },
  d: { size: 3, opc1: 0 },
  q: { size: 0, opc1: 1 },
};
/** Width of a pair or literal by opc. */
const pairWidths: Arrangements = { s: { opc: 0 }, d: { opc: 1 }, q: { opc: 2 } };

const letters = ['b', 'h', 's', 'd', 'q'] as const;
const scaleIn = (set: Arrangements) => (f: Fields) => letters.indexOf(arrangementOf(set, f) as 'b');
const allocatedIn = (set: Arrangements) => (f: Fields) => arrangementOf(set, f) !== undefined;
/** log2 of the bytes of a register, as a static. */
const scaleStatic = (set: Arrangements): Static => ({
  name: 'scale',
  values: Object.keys(set).map((name) => letters.indexOf(name as 'b')),
  of: scaleIn(set),
});

const signed = (value: number, width: number): number => (value << (32 - width)) >> (32 - width);

/** Writes what was loaded; narrower than the register: zeros above. */
export function setLoaded(b: Builder, register: RegisterField, bytes: number, value: Value): void {
  if (bytes === 16) b.setV(register, value);
  else b.setVElement(register, (bytes * 8) as 8, value);
}

/** The low `bytes` of a register, to be stored. */
export const toStore = (b: Builder, register: RegisterField, bytes: number): Value =>
  bytes === 16 ? b.v(register) : b.vElement(register, (bytes * 8) as 8);

/** An immediate of a signed or unsigned field in units that depend on the register's width. */
function offset(field: string, width: number, isSigned: boolean, unit: (f: Fields) => number, optional: boolean): OperandSyntax {
  const low = isSigned ? -(2 ** (width - 1)) : 0;
  const high = isSigned ? 2 ** (width - 1) - 1 : 2 ** width - 1;
  return {
    print: (f) => {
      const value = (isSigned ? signed(f[field]!, width) : f[field]!) * unit(f);
      return value === 0 && optional ? undefined : String(value);
    },
    parse: (text, context, known) => {
      if (text.trim() === '') return optional ? { [field]: 0 } : undefined;
      const step = unit(known ?? {});
      const value = immediateIn(text, context, low * step, high * step);
      if (value === undefined || value % step !== 0) return undefined;
      const count = value / step;
      return { [field]: count < 0 ? count + 2 ** width : count };
    },
  };
}

const one = () => 1;
const bytesIn = (set: Arrangements) => (f: Fields) => 1 << scaleIn(set)(f);
const single = { Vt: scalarRegister('Rt', widths) };
const pair = { Vt: scalarRegister('Rt', pairWidths), Vt2: scalarRegister('Rt2', pairWidths) };

/** How an addressing mode is written and what it does; `transfer` is given the address before anything is written. */
type Mode = 'offset' | 'post' | 'pre';

const memory = (mode: Mode): string =>
  mode === 'offset' ? '[<Xn|SP>{, #<imm>}]' : mode === 'post' ? '[<Xn|SP>], #<imm>' : '[<Xn|SP>, #<imm>]!';

function address(b: Builder, mode: Mode, offsetOf: (f: Fields) => number, transfer: (at: Value) => () => void): void {
  const base = b.base('Rn');
  const moved = b.add(base, b.immediate(offsetOf));
  const finish = transfer(mode === 'post' ? base : moved);
  // Loads may not touch the destination before the access is done; the base goes last.
  finish();
  if (mode !== 'offset') b.setXsp(1, 'Rn', moved);
}

const moveSingle =
  (b: Builder, load: boolean, bytes: number) =>
  (at: Value): (() => void) => {
    if (load) {
      const value = b.load(at, bytes);
      return () => setLoaded(b, 'Rt', bytes, value);
    }
    b.store(at, toStore(b, 'Rt', bytes), bytes);
    return () => {};
  };

const immediateForm = (
  load: boolean,
  mnemonic: string,
  encoding: string,
  mode: Mode,
  field: OperandSyntax,
  offsetOf: (f: Fields) => number,
): InstructionDefinition => ({
  encoding: encoding.replace('OPC', `opc1:1 ${load ? 1 : 0}`),
  where: allocatedIn(widths),
  assembly: `${mnemonic} <Vt>, ${memory(mode)}`,
  operands: { ...single, imm: field },
  statics: [scaleStatic(widths)],
  simd: true,
  operation: (b, { scale }) => address(b, mode, offsetOf, moveSingle(b, load, 1 << scale!)),
});

const scaled = (load: boolean): InstructionDefinition =>
  immediateForm(
    load,
    load ? 'ldr' : 'str',
    'size 1 1 1 1 0 1 OPC imm12 Rn Rt',
    'offset',
    offset('imm12', 12, false, bytesIn(widths), true),
    (f) => f.imm12! * bytesIn(widths)(f),
  );

const unscaled = (load: boolean, mnemonic: string, mode: Mode, bits: string): InstructionDefinition =>
  immediateForm(load, mnemonic, `size 1 1 1 1 0 0 OPC 0 imm9 ${bits} Rn Rt`, mode, offset('imm9', 9, true, one, mode === 'offset'), (f) =>
    signed(f.imm9!, 9),
  );

const extendNames: Readonly<Record<number, string>> = { 2: 'uxtw', 3: 'lsl', 6: 'sxtw', 7: 'sxtx' };

/** `w2, sxtw #4`: index register with its extension and amount (0, or log2 of the bytes). */
const indexOperand: OperandSyntax = {
  print: (f) => {
    const register = generalRegisterName(f.option! & 1, f.Rm!, false);
    const scale = scaleIn(widths)(f);
    if (f.option === 3 && !f.S) return register;
    return `${register}, ${extendNames[f.option!]}${f.S ? ` #${scale}` : ''}`;
  },
  parse: (text, context, known) => {
    const [name, extension] = text.split(',').map((t) => t.trim()) as [string, string?];
    const register = parseGeneralRegister(name);
    if (!register || register.stackPointer) return undefined;
    if (extension === undefined) return register.sf ? { Rm: register.number, option: 3, S: 0 } : undefined;
    const match = /^(uxtw|lsl|sxtw|sxtx)\s*(.*)$/i.exec(extension);
    if (!match) return undefined;
    const option = Number(Object.keys(extendNames).find((k) => extendNames[Number(k)] === match[1]!.toLowerCase()));
    if ((option & 1) !== register.sf) return undefined;
    const scale = scaleIn(widths)(known ?? {});
    if (match[2] === '') return { Rm: register.number, option, S: 0 };
    const amount = immediateIn(match[2]!, context, 0, 4);
    if (amount === undefined || (amount !== 0 && amount !== scale)) return undefined;
    // `#0` is the amount written out for bytes.
    return { Rm: register.number, option, S: amount === scale ? 1 : 0 };
  },
};

const registerOffset = (load: boolean): InstructionDefinition => ({
  encoding: `size 1 1 1 1 0 0 opc1:1 ${load ? 1 : 0} 1 Rm option S 1 0 Rn Rt`,
  where: (f) => (f.option! & 2) !== 0 && allocatedIn(widths)(f),
  assembly: `${load ? 'ldr' : 'str'} <Vt>, [<Xn|SP>, <index>]`,
  operands: { ...single, index: indexOperand },
  statics: [scaleStatic(widths), { name: 'option', values: [2, 3, 6, 7], of: (f) => f.option! }],
  simd: true,
  operation: (b, { scale, option }) => {
    const base = b.base('Rn');
    const index = option! & 1 ? b.x(1, 'Rm') : option === 2 ? b.extendU(b.x(0, 'Rm')) : b.extendS(b.x(0, 'Rm'));
    const amount = b.small((f) => (f.S ? scaleIn(widths)(f) : 0));
    moveSingle(b, load, 1 << scale!)(b.add(base, b.shl(index, b.extendU(amount))))();
  },
});

const pairForm = (load: boolean, mnemonic: string, mode: Mode, bits: string): InstructionDefinition => ({
  encoding: `opc 1 0 1 1 ${bits} ${load ? 1 : 0} imm7 Rt2 Rn Rt`,
  where: allocatedIn(pairWidths),
  assembly: `${mnemonic} <Vt>, <Vt2>, ${memory(mode)}`,
  operands: { ...pair, imm: offset('imm7', 7, true, bytesIn(pairWidths), mode === 'offset') },
  statics: [scaleStatic(pairWidths)],
  simd: true,
  operation: (b, { scale }) => {
    const bytes = 1 << scale!;
    const offsetOf = (f: Fields) => signed(f.imm7!, 7) * bytesIn(pairWidths)(f);
    address(b, mode, offsetOf, (at) => {
      if (load) {
        const [first, second] = b.access(at, bytes * 2, 'read', { element: bytes }, (host) => [
          b.hostLoad(host, 0, bytes),
          b.hostLoad(host, bytes, bytes),
        ]);
        return () => {
          setLoaded(b, 'Rt', bytes, first!);
          setLoaded(b, 'Rt2', bytes, second!);
        };
      }
      const first = toStore(b, 'Rt', bytes);
      const second = toStore(b, 'Rt2', bytes);
      b.access(at, bytes * 2, 'write', { element: bytes }, (host) => {
        b.hostStore(host, 0, first, bytes);
        b.hostStore(host, bytes, second, bytes);
        return [];
      });
      return () => {};
    });
  },
});

export const simdLoadStore: readonly Instruction[] = instructions('Load/store register (SIMD&FP)', {
  'STR (immediate, SIMD&FP), unsigned offset': scaled(false),
  'LDR (immediate, SIMD&FP), unsigned offset': scaled(true),
  'STUR (SIMD&FP)': unscaled(false, 'stur', 'offset', '0 0'),
  'LDUR (SIMD&FP)': unscaled(true, 'ldur', 'offset', '0 0'),
  'STR (immediate, SIMD&FP), post-index': unscaled(false, 'str', 'post', '0 1'),
  'LDR (immediate, SIMD&FP), post-index': unscaled(true, 'ldr', 'post', '0 1'),
  'STR (immediate, SIMD&FP), pre-index': unscaled(false, 'str', 'pre', '1 1'),
  'LDR (immediate, SIMD&FP), pre-index': unscaled(true, 'ldr', 'pre', '1 1'),
  'STR (register, SIMD&FP)': registerOffset(false),
  'LDR (register, SIMD&FP)': registerOffset(true),
  'LDR (literal, SIMD&FP)': {
    encoding: 'opc 0 1 1 1 0 0 imm19 Rt',
    where: allocatedIn(pairWidths),
    assembly: 'ldr <Vt>, <label19>',
    operands: { Vt: pair.Vt },
    statics: [scaleStatic(pairWidths)],
    simd: true,
    operation: (b, { scale }) => {
      const at = b.add(
        b.pc(),
        b.immediate((f) => signed(f.imm19!, 19) * 4),
      );
      moveSingle(b, true, 1 << scale!)(at)();
    },
  },
});

export const simdLoadStorePair: readonly Instruction[] = instructions('Load/store register pair (SIMD&FP)', {
  'STNP (SIMD&FP)': pairForm(false, 'stnp', 'offset', '0 0 0'),
  'LDNP (SIMD&FP)': pairForm(true, 'ldnp', 'offset', '0 0 0'),
  'STP (SIMD&FP), post-index': pairForm(false, 'stp', 'post', '0 0 1'),
  'LDP (SIMD&FP), post-index': pairForm(true, 'ldp', 'post', '0 0 1'),
  'STP (SIMD&FP), signed offset': pairForm(false, 'stp', 'offset', '0 1 0'),
  'LDP (SIMD&FP), signed offset': pairForm(true, 'ldp', 'offset', '0 1 0'),
  'STP (SIMD&FP), pre-index': pairForm(false, 'stp', 'pre', '0 1 1'),
  'LDP (SIMD&FP), pre-index': pairForm(true, 'ldp', 'pre', '0 1 1'),
});
