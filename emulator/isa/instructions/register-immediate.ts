import type { Builder, Value } from '../builder.ts';
import type { Fields } from '../instruction.ts';

/** Immediate or shift amount of the width of an `sf` register, for values in signed 32-bit range. */
export const registerImmediate = (b: Builder, sf: number, of: (f: Fields) => number): Value => (sf ? b.immediate(of) : b.small(of));
