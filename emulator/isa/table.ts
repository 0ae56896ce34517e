import type { Instruction } from './instruction.ts';
import { barriers } from './instructions/barriers.ts';
import {
  compareAndBranchImmediate,
  conditionalBranchImmediate,
  testAndBranchImmediate,
  unconditionalBranchImmediate,
  unconditionalBranchRegister,
} from './instructions/branches.ts';
import { dataProcessing1Source } from './instructions/data-processing-1-source.ts';
import { dataProcessing2Source } from './instructions/data-processing-2-source.ts';
import { dataProcessing3Source } from './instructions/data-processing-3-source.ts';
import {
  addSubtractExtendedRegister,
  addSubtractImmediate,
  addSubtractShiftedRegister,
  addSubtractWithCarry,
} from './instructions/data-processing-add-subtract.ts';
import { bitfield, extract } from './instructions/data-processing-bitfield.ts';
import { conditionalCompare, conditionalSelect, flagManipulation } from './instructions/data-processing-conditional.ts';
import { logicalImmediate, logicalShiftedRegister } from './instructions/data-processing-logical.ts';
import { moveWideImmediate, pcRelativeAddressing } from './instructions/data-processing-move.ts';
import { pointerAuthentication } from './instructions/data-processing-pointer-authentication.ts';
import { exceptionGeneration, reserved } from './instructions/exceptions.ts';
import { gicCpuInterface } from './instructions/gic-registers.ts';
import { hints, hintsWithRegister, pointerAuthenticationHints } from './instructions/hints.ts';
import { atomicMemoryOperations, compareAndSwap } from './instructions/load-store-atomic.ts';
import { loadAuthenticatedPointer } from './instructions/load-store-authenticated.ts';
import { loadAcquireRcpc, loadStoreExclusive, loadStoreOrdered } from './instructions/load-store-exclusive.ts';
import { loadStorePair } from './instructions/load-store-pair.ts';
import {
  loadAcquireStoreReleaseUnscaled,
  loadLiteral,
  loadStorePostIndexed,
  loadStorePreIndexed,
  loadStoreRegisterOffset,
  loadStoreUnprivileged,
  loadStoreUnscaled,
  loadStoreUnsignedImmediate,
  prefetchMemory,
} from './instructions/load-store-register.ts';
import { memoryCopyAndSet } from './instructions/memory-copy.ts';
import { loadStoreTags, storeTagPair, tagArithmeticInstructions } from './instructions/memory-tagging.ts';
import { pstateImmediate, pstateRegisters } from './instructions/pstate.ts';
import { scalableVectorMemory, scalableVectorState } from './instructions/scalable-vector.ts';
import { simdAndFp } from './instructions/simd-and-fp.ts';
import { systemInstructionClass, systemRegisterMove } from './instructions/system.ts';
import { genericTimer } from './instructions/timer-registers.ts';

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
  ...genericTimer,
  ...gicCpuInterface,
  ...systemInstructionClass,
  // Data processing (immediate)
  ...moveWideImmediate,
  ...pcRelativeAddressing,
  ...logicalImmediate,
  ...logicalShiftedRegister,
  ...bitfield,
  ...extract,
  ...addSubtractImmediate,
  ...addSubtractShiftedRegister,
  ...addSubtractExtendedRegister,
  ...addSubtractWithCarry,
  // Data processing (register)
  ...pointerAuthentication,
  ...conditionalSelect,
  ...conditionalCompare,
  ...flagManipulation,
  ...dataProcessing3Source,
  ...dataProcessing2Source,
  ...dataProcessing1Source,
  // Loads and stores
  ...loadStoreUnsignedImmediate,
  ...loadStorePostIndexed,
  ...loadStorePreIndexed,
  ...loadStoreUnscaled,
  ...loadStoreRegisterOffset,
  ...loadStorePair,
  ...loadLiteral,
  ...prefetchMemory,
  ...loadStoreUnprivileged,
  ...loadStoreExclusive,
  ...loadStoreOrdered,
  ...loadAcquireRcpc,
  ...loadAcquireStoreReleaseUnscaled,
  ...compareAndSwap,
  ...atomicMemoryOperations,
  ...loadAuthenticatedPointer,
  // Floating point and Advanced SIMD
  ...simdAndFp,
  // Named, not implemented, offered by no profile
  ...loadStoreTags,
  ...storeTagPair,
  ...tagArithmeticInstructions,
  ...scalableVectorState,
  ...scalableVectorMemory,
  ...memoryCopyAndSet,
];
