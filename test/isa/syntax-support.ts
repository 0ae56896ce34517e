import { ExpressionError, evaluate } from '../../emulator/isa/assembler/expression.ts';
import type { ParseContext } from '../../emulator/isa/instruction.ts';

/** objdump's text without what follows `//`. */
export const withoutRemark = (text: string): string => text.replace(/\/\/.*/, '').trim();

/** A place in memory without labels: operands are numbers. */
export function writtenHere(address: bigint): ParseContext {
  return {
    address,
    evaluate: (text) => {
      try {
        return evaluate(text, { here: address, symbol: () => undefined });
      } catch (error) {
        if (error instanceof ExpressionError) return undefined;
        throw error;
      }
    },
  };
}
