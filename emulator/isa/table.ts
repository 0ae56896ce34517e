import type { Instruction } from './instruction.ts';
import { hints } from './instructions/hints.ts';

/** Every instruction the project knows. One line a class: adding an instruction to a class here makes it exist everywhere. */
export const allInstructions: readonly Instruction[] = [
  // Branches, exception generating and system instructions
  ...hints,
  // Data processing (immediate)
  // Data processing (register)
  // Loads and stores
  // Floating point and Advanced SIMD
];
