import { runtimeFunctions } from '../isa/functions/index.ts';

/** Authenticates a pointer with instruction key A (0) or B (1), in the context derived for the current level. */
export function pointerAuthCheck(pointer: bigint, modifier: bigint, key: number): { readonly pointer: bigint; readonly failed: boolean } {
  const checked = BigInt.asUintN(64, runtimeFunctions.pointerAuthCheck.run(pointer, modifier, key));
  return { pointer: checked, failed: runtimeFunctions.pointerAuthFaults.run() !== 0 };
}
