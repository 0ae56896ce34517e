import type { Fields } from '../../isa/instruction.ts';
import { type FlagLocals, flagLocals } from '../cpu-block.ts';
import { CodeWriter } from '../wasm/code.ts';
import { OperationEmitter } from './emitter.ts';
import type { FlagOrigin, OperandSource, Operation } from './node.ts';
import { Recorder } from './recorder.ts';
import type { Reading, Surroundings } from './surroundings.ts';

/** What flags come from, as a number: kind of origin and the type of its operands. 0: N:Z:C:V itself, in the low bits of the left operand. */
export const flagOrigins = [
  { of: 'packed', type: 'i32' },
  { of: 'difference', type: 'i64' },
  { of: 'difference', type: 'i32' },
  { of: 'sum', type: 'i64' },
  { of: 'sum', type: 'i32' },
  { of: 'logical', type: 'i64' },
  { of: 'logical', type: 'i32' },
] as const satisfies readonly { readonly of: FlagOrigin; readonly type: 'i32' | 'i64' }[];

/** The number of an origin. */
export function flagOrigin(of: FlagOrigin, type: 'i32' | 'i64'): number {
  return flagOrigins.findIndex((origin) => origin.of === of && origin.type === type);
}

// Operands that are no fields: known by their functions.
const left = (_f: Fields): number => 0;
const right = (_f: Fields): number => 1;
const wideLeft = (_f: Fields): bigint => 0n;
const wideRight = (_f: Fields): bigint => 1n;

/** Emits an operation on two i64 locals, each flag in a local. */
function emitOnLocals(code: CodeWriter, operation: Operation, operands: readonly [number, number], flags: FlagLocals): void {
  const nowhere = (): never => {
    throw new Error('flags come from operands alone');
  };
  const reading: Reading = {
    pushOperand: (source: OperandSource) => {
      const isRight = 'of' in source && (source.of === right || source.of === wideRight);
      code.get(operands[isRight ? 1 : 0]);
      if (source.kind === 'small') code.op('i32.wrap_i64');
    },
    pushRegister: nowhere,
    storeRegister: (_source, _type, push) => push(),
    pushOffset: nowhere,
    pushIsStackPointer: nowhere,
    branch: nowhere,
  };
  const around: Surroundings = {
    code,
    functions: { access: -1, commit: -1, runtime: nowhere },
    leaveForAccess: undefined,
    pushFlag: (flag) => code.get(flags[flag]),
    popFlag: (flag) => code.set(flags[flag]),
    pushDataTlb: nowhere,
    pushPc: nowhere,
    pushRemaining: nowhere,
    next: () => {},
    jump: nowhere,
    setBtype: nowhere,
    exit: nowhere,
    faultIf: nowhere,
  };
  new OperationEmitter(around, reading).emit(operation);
}

function settingFlags(of: FlagOrigin, type: 'i32' | 'i64'): Operation {
  return Recorder.recordOperation((b) => {
    const [x, y] = type === 'i32' ? [b.small(left), b.small(right)] : [b.wideImmediate(wideLeft), b.wideImmediate(wideRight)];
    if (of === 'difference') b.subSettingFlags(x, y);
    else if (of === 'sum') b.addSettingFlags(x, y);
    else if (of === 'logical') b.setLogicalFlags(x);
    else b.setNzcv(x);
  });
}

/** Sets each flag's local from an origin: its number in a local i32, its operands in locals i64. */
export function emitFlagsOf(code: CodeWriter, kind: number, operands: readonly [number, number], flags: FlagLocals): void {
  const end = code.block();
  flagOrigins.forEach(({ of, type }, n) => {
    const last = n === flagOrigins.length - 1;
    if (!last) {
      code.get(kind);
      code.i32(n);
      code.op('i32.eq');
      code.if();
    }
    emitOnLocals(code, settingFlags(of, type), operands, flags);
    if (!last) {
      code.br(end);
      code.end();
    }
  });
  code.end();
}

/** Pushes N:Z:C:V, i32, from each flag's local. */
export function pushNzcvOf(code: CodeWriter, flags: FlagLocals): void {
  // The register is the stack.
  emitOnLocals(
    code,
    Recorder.recordOperation((b) => b.setX(0, 'Rd', b.nzcv())),
    [-1, -1],
    flags,
  );
}

/** N:Z:C:V of any origin: the function of (number of the origin, operands). */
export const nzcvSignature = { parameters: ['i32', 'i64', 'i64'], results: ['i32'] } as const;

export function nzcvFunction(): CodeWriter {
  const code = new CodeWriter(3);
  const flags = flagLocals(code);
  emitFlagsOf(code, 0, [1, 2], flags);
  pushNzcvOf(code, flags);
  return code;
}
