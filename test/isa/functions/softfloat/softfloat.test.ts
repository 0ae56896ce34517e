import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type RuntimeFunctionName, runtimeFunctions } from '../../../../emulator/isa/functions/index.ts';

// FPCR
const RP = 1 << 22;
const RM = 2 << 22;
const RZ = 3 << 22;
const FZ = 1 << 24;
const DN = 1 << 25;
const AHP = 1 << 26;
const FZ16 = 1 << 19;
// FPSR
const IOC = 1;
const DZC = 2;
const OFC = 4;
const UFC = 8;
const IXC = 16;
const IDC = 128;
/** Rounding as FPCR says. */
const BY_FPCR = 7;

type Bits = number | bigint;

/** A row: function, FPCR, operands, result, flags raised. */
function row(title: string, name: RuntimeFunctionName, fpcr: number, operands: readonly Bits[], result: Bits, flags = 0): void {
  it(title, () => {
    runtimeFunctions.takeFpExceptions.run();
    const run = runtimeFunctions[name].run as (...operands: unknown[]) => Bits;
    const got = run(fpcr, ...operands);
    const unsigned = typeof got === 'bigint' ? BigInt.asUintN(64, got) : got >>> 0;
    assert.equal(unsigned.toString(16), result.toString(16));
    assert.equal(runtimeFunctions.takeFpExceptions.run(), flags, 'FPSR');
  });
}

const one = 0x3f800000;
const smallest = 1;
const largest = 0x7f7fffff;
const minNormal = 0x00800000;
const inf = 0x7f800000;
const qnan1 = 0x7fc00001;
const qnan2 = 0xffc00002;
const snan1 = 0x7f800001;
const snan2 = 0xff800002;
const defaultNaN = 0x7fc00000;
const negative = 0x80000000;

describe('rounding', () => {
  const ulpAbove = 0x33000000; // 2^-25: a quarter of the distance from 1 to its successor
  row('to nearest, below half', 'fpAdd32', 0, [one, ulpAbove], one, IXC);
  row('towards plus infinity', 'fpAdd32', RP, [one, ulpAbove], one + 1, IXC);
  row('towards minus infinity', 'fpAdd32', RM, [one, ulpAbove], one, IXC);
  row('towards minus infinity, negative', 'fpAdd32', RM, [one + negative, ulpAbove + negative], one + negative + 1, IXC);
  row('towards zero', 'fpAdd32', RZ, [one + negative, ulpAbove + negative], one + negative, IXC);
  row('a tie goes to even', 'fpAdd32', 0, [one, 0x33800000], one, IXC);
  row('a tie goes to even, upwards', 'fpAdd32', 0, [one + 1, 0x33800000], one + 2, IXC);
  row('zero of unlike signs', 'fpAdd32', 0, [one, one + negative], 0);
  row('zero of unlike signs, towards minus infinity', 'fpAdd32', RM, [one, one + negative], negative);
});

describe('overflow and underflow', () => {
  row('to infinity', 'fpAdd32', 0, [largest, largest], inf, OFC | IXC);
  row('towards zero stays finite', 'fpAdd32', RZ, [largest, largest], largest, OFC | IXC);
  row('towards minus infinity stays finite above', 'fpAdd32', RM, [largest, largest], largest, OFC | IXC);
  row('an exact denormal number is no underflow', 'fpAdd32', 0, [smallest, smallest], 2);
  row('an inexact one is', 'fpMul32', 0, [3, 0x3f000000], 2, UFC | IXC);
  row('tininess is found before rounding', 'fpMul32', 0, [0x00ffffff, 0x3f000000], minNormal, UFC | IXC);
  row('FZ flushes the result, without IXC', 'fpMul32', FZ, [minNormal, 0x3f000000], 0, UFC);
});

describe('denormal inputs', () => {
  row('FZ takes them as zero and says so', 'fpAdd32', FZ, [smallest, one], one, IDC);
  row('FZ16 does so silently', 'fpAdd16', FZ16, [1, 0x3c00], 0x3c00);
  row('FZ leaves half precision alone', 'fpAdd16', FZ, [1, 1], 2);
  row('compare', 'fpCompare32', FZ, [smallest, 0], 0b0110, IDC);
});

describe('NaNs', () => {
  row('the first signaling one wins', 'fpAdd32', 0, [qnan1, snan2], 0xffc00002, IOC);
  row('of two signaling ones the first', 'fpAdd32', 0, [snan1, snan2], qnan1, IOC);
  row('else the first quiet one', 'fpAdd32', 0, [qnan2, qnan1], qnan2);
  row('the addend comes first', 'fpMulAdd32', 0, [qnan1, qnan2, one], qnan1);
  row('infinity times zero plus a quiet NaN is invalid', 'fpMulAdd32', 0, [qnan1, inf, 0], defaultNaN, IOC);
  row('DN', 'fpAdd32', DN, [qnan2, one], defaultNaN);
  row('infinity minus infinity', 'fpSub32', 0, [inf, inf], defaultNaN, IOC);
  row('zero by zero', 'fpDiv32', 0, [0, 0], defaultNaN, IOC);
  row('by zero', 'fpDiv32', 0, [one, negative], 0xff800000, DZC);
  row('root of a negative number', 'fpSqrt32', 0, [one + negative], defaultNaN, IOC);
  row('root of minus zero', 'fpSqrt32', 0, [negative], negative);
  row('FMULX of infinity and zero', 'fpMulX32', 0, [inf, negative], 0xc0000000);
  row('FCMP of a quiet NaN', 'fpCompare32', 0, [qnan1, one], 0b0011);
  row('FCMPE of a quiet NaN', 'fpCompareSignaling32', 0, [qnan1, one], 0b0011, IOC);
  row('FMAXNM prefers the number', 'fpMaxNum32', 0, [qnan1, one], one);
  row('FMAXNM of a signaling NaN', 'fpMaxNum32', 0, [snan1, one], qnan1, IOC);
  row('FMAX of zeros', 'fpMax32', 0, [negative, 0], 0);
  row('FMIN of zeros', 'fpMin32', 0, [0, negative], negative);
});

describe('fused multiply-add', () => {
  // (1 + 2^-23)^2 = 1 + 2^-22 + 2^-46: the last term survives only without rounding in between.
  row('rounds once', 'fpMulAdd32', 0, [0xbf800002, 0x3f800001, 0x3f800001], 0x28800000);
  row('FRECPS of infinity and zero', 'fpRecipStep32', 0, [inf, 0], 0x40000000);
  row('FRSQRTS of infinity and zero', 'fpRSqrtStep32', 0, [inf, 0], 0x3fc00000);
});

describe('conversions', () => {
  row('double to single, inexact', 'fpConvert64To32', 0, [0x3ff0_0000_0000_0001n, BY_FPCR], one, IXC);
  row('rounding to odd (FCVTXN)', 'fpConvert64To32', 0, [0x3ff0_0000_0000_0001n, 5], one + 1, IXC);
  row('the payload of a NaN keeps its top', 'fpConvert64To32', 0, [0x7ff8_0000_2000_0001n, BY_FPCR], 0x7fc00001);
  row('half to double', 'fpConvert16To64', 0, [1, BY_FPCR], 0x3e70_0000_0000_0000n);
  row('infinity to alternative half precision', 'fpConvert32To16', AHP, [inf, BY_FPCR], 0x7fff, IOC);
  row('NaN to alternative half precision', 'fpConvert32To16', AHP, [qnan2, BY_FPCR], 0x8000, IOC);
  row('the largest exponent of alternative half precision', 'fpConvert16To32', AHP, [0x7fff, BY_FPCR], 0x47ffe000);
  row('to integer saturates', 'fpToInt64To32', 0, [0x41f0_0000_0000_0000n, 0, 0, 3], 0x7fffffff, IOC);
  row('a negative number to unsigned', 'fpToInt32To32', 0, [0xbf800000, 0, 1, 3], 0, IOC);
  row('a small negative number to unsigned is inexact', 'fpToInt32To32', 0, [0xbf000000, 0, 1, 3], 0, IXC);
  row('NaN to integer', 'fpToInt32To64', 0, [qnan1, 0, 0, 3], 0n, IOC);
  row('with fraction bits', 'fpToInt32To32', 0, [0x3f400000, 2, 0, 3], 3);
  row('ties away', 'fpToInt32To32', 0, [0x40200000, 0, 0, 4], 3, IXC);
  row('from integer, rounded', 'fpFromInt64To32', 0, [0x1000001n, 0, 0], 0x4b800000, IXC);
  row('from unsigned with fraction bits', 'fpFromInt32To64', 0, [-1, 32, 1], 0x3fef_ffff_ffe0_0000n);
  row('FRINTX raises', 'fpRoundInt32', 0, [0x3fc00000, BY_FPCR, 1], 0x40000000, IXC);
  row('FRINTM does not', 'fpRoundInt32', 0, [0xbf000000, 2, 0], 0xbf800000);
  row('a rounded zero keeps its sign', 'fpRoundInt32', 0, [0xbe800000, 0, 0], negative);
});

describe('estimates', () => {
  row('FRECPE of 1', 'fpRecipEstimate32', 0, [one], 0x3f7f8000);
  row('FRECPE of a tiny number overflows', 'fpRecipEstimate32', 0, [smallest], inf, OFC | IXC);
  row('FRECPE of zero', 'fpRecipEstimate32', 0, [negative], 0xff800000, DZC);
  row('FRSQRTE of 1', 'fpRSqrtEstimate32', 0, [one], 0x3f7f8000);
  row('FRSQRTE of 4', 'fpRSqrtEstimate32', 0, [0x40800000], 0x3eff8000);
  row('FRECPX of zero', 'fpRecpX32', 0, [0], 0x7f000000);
});
