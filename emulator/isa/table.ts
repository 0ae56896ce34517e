import type { Instruction } from './instruction.ts';
import { barriers } from './instructions/barriers.ts';
import {
  compareAndBranchImmediate,
  conditionalBranchImmediate,
  testAndBranchImmediate,
  unconditionalBranchImmediate,
  unconditionalBranchRegister,
} from './instructions/branches.ts';
import { exceptionGeneration, reserved } from './instructions/exceptions.ts';
import { hints, hintsWithRegister, pointerAuthenticationHints } from './instructions/hints.ts';
import { pstateImmediate, pstateRegisters } from './instructions/pstate.ts';
import { systemInstructionClass, systemRegisterMove } from './instructions/system.ts';

/** Every instruction the project knows. One line a class: adding an instruction to a class here makes it exist everywhere. */
export const allInstructions: readonly Instruction[] = [
  // Branches, exception generating and system instructions
  ...reserved,
  ...unconditionalBranchImmediate,
  ...conditionalBranchImmediate,
  ...compareAndBranchImmediate,
  ...testAndBranchImmediate,
  ...unconditionalBranchRegister,
  ...exceptionGeneration,
  ...hints,
  ...pointerAuthenticationHints,
  ...hintsWithRegister,
  ...barriers,
  ...pstateImmediate,
  ...pstateRegisters,
  ...systemRegisterMove,
  ...systemInstructionClass,
  // Data processing (immediate)
  // Data processing (register)
  // Loads and stores
  // Floating point and Advanced SIMD
];
