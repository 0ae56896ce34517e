import type { ParseContext } from '../instruction.ts';

/** Loads and stores with a scaled unsigned offset, and what they are called with an unscaled one. */
const unscaled: Readonly<Record<string, string>> = {
  ldr: 'ldur',
  str: 'stur',
  ldrb: 'ldurb',
  strb: 'sturb',
  ldrh: 'ldurh',
  strh: 'sturh',
  ldrsb: 'ldursb',
  ldrsh: 'ldursh',
  ldrsw: 'ldursw',
  prfm: 'prfum',
};

/** Instructions that do the opposite: with a negated immediate, or an inverted one. */
const negated: Readonly<Record<string, string>> = {
  add: 'sub',
  sub: 'add',
  adds: 'subs',
  subs: 'adds',
  cmp: 'cmn',
  cmn: 'cmp',
  ccmp: 'ccmn',
  ccmn: 'ccmp',
};
const inverted: Readonly<Record<string, string>> = { bic: 'and', and: 'bic', orn: 'orr', eon: 'eor', bics: 'ands' };

const branchConditions = new Set(['eq', 'ne', 'cs', 'hs', 'cc', 'lo', 'mi', 'pl', 'vs', 'vc', 'hi', 'ls', 'ge', 'lt', 'gt', 'le', 'al']);

/** Other ways to write an instruction that GNU as reads and the architecture's syntax does not have, in order. */
export function spellings(text: string, context: ParseContext): string[] {
  const [, mnemonic, operands] = /^(\S+)\s*(.*)$/s.exec(text.trim()) as unknown as [string, string, string];
  const name = mnemonic.toLowerCase();
  const result: string[] = [];
  if (name in unscaled) result.push(`${unscaled[name]} ${operands}`);
  if (name.startsWith('b') && branchConditions.has(name.slice(1))) result.push(`b.${name.slice(1)} ${operands}`);

  const immediate = /^(.*,)\s*#?([^,#[\]]+)$/s.exec(operands);
  const value = immediate ? context.evaluate(immediate[2]!.trim()) : undefined;
  if (immediate && value !== undefined) {
    const before = immediate[1]!;
    const shifted = (n: bigint): string => (n !== 0n && (n & 0xfffn) === 0n ? `#${n >> 12n}, lsl #12` : `#${n}`);
    if (name in negated && !name.startsWith('cc')) {
      result.push(`${name} ${before} ${shifted(value)}`);
      if (value < 0n) result.push(`${negated[name]} ${before} ${shifted(-value)}`);
    }
    if (name in inverted) result.push(`${inverted[name]} ${before} #${invert(value, operands)}`);
  }
  return result;
}

/** The immediate's complement in the width of the first register. */
function invert(value: bigint, operands: string): bigint {
  return BigInt.asUintN(operands.trim().toLowerCase().startsWith('w') ? 32 : 64, ~value);
}
