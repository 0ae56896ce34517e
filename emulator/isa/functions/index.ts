import type { ValueType } from '../builder.ts';
import { checksumFunctions } from './checksum.ts';
import { cryptographyFunctions } from './cryptography.ts';
import { pointerAuthenticationFunctions } from './pointer-authentication.ts';
import { saturatingFunctions } from './saturating.ts';
import { softFloatFunctions } from './softfloat/index.ts';

/** A pure function that operations may call: imported by the generated module. i64 operands and results are bigint (signed or unsigned alike), the others numbers. */
export interface RuntimeFunction {
  readonly parameters: readonly ValueType[];
  readonly result: ValueType;
  // the signature is the data above
  readonly run: (...operands: any[]) => number | bigint;
}

/** Every function, by the name operations call it. Families live in files of their own and are merged here. */
export const runtimeFunctions = {
  ...softFloatFunctions,
  ...saturatingFunctions,
  ...cryptographyFunctions,
  ...checksumFunctions,
  ...pointerAuthenticationFunctions,
} satisfies Record<string, RuntimeFunction>;

export type RuntimeFunctionName = keyof typeof runtimeFunctions;
