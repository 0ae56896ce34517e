import type { Instruction } from '../instruction.ts';
import { cryptoAes, cryptoSha } from './crypto.ts';
import { cryptoSha3, cryptoSha512 } from './crypto-sha3.ts';
import { fpConvertFixed, fpConvertInteger } from './fp-convert-integer.ts';
import { fpCompare, fpConditional, fpImmediate, fpOneSource, fpSizedRounding, fpThreeSources, fpTwoSources } from './fp-data-processing.ts';
import { simdAcross, simdScalarPairwise } from './simd-across.ts';
import { simdByElement, simdScalarByElement } from './simd-by-element.ts';
import { simdComplex } from './simd-complex.ts';
import { simdCopy, simdScalarCopy } from './simd-copy.ts';
import { simdFpReductions, simdFpScalarThreeSame, simdFpThreeSame } from './simd-fp-three-same.ts';
import {
  simdFixedPoint,
  simdFpScalarTwoRegister,
  simdFpSizedRounding,
  simdFpTwoRegister,
  simdScalarFixedPoint,
} from './simd-fp-two-register.ts';
import { simdFpWidening } from './simd-fp-widening.ts';
import { simdModifiedImmediate } from './simd-immediate.ts';
import { simdLoadStore, simdLoadStorePair } from './simd-load-store.ts';
import { simdMatrix } from './simd-matrix.ts';
import { simdExtract, simdPermute, simdTableLookUp } from './simd-permute.ts';
import { simdScalarShiftImmediate, simdShiftImmediate } from './simd-shift-immediate.ts';
import { simdMultipleStructures, simdReplicatedStructures, simdSingleStructures } from './simd-structures.ts';
import { simdScalarThreeDifferent, simdThreeDifferent } from './simd-three-different.ts';
import {
  simdLogical,
  simdPairwise,
  simdScalarThreeSame,
  simdScalarThreeSameExtra,
  simdThreeSame,
  simdThreeSameExtra,
} from './simd-three-same.ts';
import { simdScalarTwoRegister, simdTwoRegister } from './simd-two-register.ts';

/** Every class of the floating-point and Advanced SIMD instructions. */
export const simdAndFp: readonly Instruction[] = [
  ...simdLoadStore,
  ...simdLoadStorePair,
  ...simdMultipleStructures,
  ...simdSingleStructures,
  ...simdReplicatedStructures,
  ...simdModifiedImmediate,
  ...simdCopy,
  ...simdScalarCopy,
  ...simdPermute,
  ...simdExtract,
  ...simdTableLookUp,
  ...simdLogical,
  ...simdThreeSame,
  ...simdPairwise,
  ...simdThreeSameExtra,
  ...simdScalarThreeSame,
  ...simdScalarThreeSameExtra,
  ...simdThreeDifferent,
  ...simdScalarThreeDifferent,
  ...simdTwoRegister,
  ...simdScalarTwoRegister,
  ...simdAcross,
  ...simdScalarPairwise,
  ...simdShiftImmediate,
  ...simdScalarShiftImmediate,
  ...simdByElement,
  ...simdScalarByElement,
  ...simdFpThreeSame,
  ...simdFpScalarThreeSame,
  ...simdFpReductions,
  ...simdFpTwoRegister,
  ...simdFpScalarTwoRegister,
  ...simdFpSizedRounding,
  ...simdFpWidening,
  ...simdComplex,
  ...simdMatrix,
  ...simdFixedPoint,
  ...simdScalarFixedPoint,
  ...fpConvertFixed,
  ...fpConvertInteger,
  ...fpOneSource,
  ...fpSizedRounding,
  ...fpTwoSources,
  ...fpThreeSources,
  ...fpCompare,
  ...fpConditional,
  ...fpImmediate,
  ...cryptoAes,
  ...cryptoSha,
  ...cryptoSha512,
  ...cryptoSha3,
];
