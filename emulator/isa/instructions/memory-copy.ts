import { type Fields, type InstructionDefinition, instructions, type OperandSyntax } from '../instruction.ts';
import { parseGeneralRegister } from '../syntax/registers.ts';

/**
 * FEAT_MOPS (Armv8.8): decoded and named, because C libraries have it; not implemented. No profile offers it, so the instructions are UNDEFINED.
 */

const feature = 'FEAT_MOPS';

/** What the options say about privilege (T) and temporality (N) of the reads and writes, by op2. */
const copyOptions = ['', 'wt', 'rt', 't', 'wn', 'wtwn', 'rtwn', 'twn', 'rn', 'wtrn', 'rtrn', 'trn', 'n', 'wtn', 'rtn', 'tn'];
const setOptions = ['', 't', 'n', 'tn'];

const glued = (field: string, options: readonly string[]): OperandSyntax => ({
  print: (f) => options[f[field]!],
  parse: (text) => {
    const value = options.indexOf(text.toLowerCase());
    return value < 0 ? undefined : { [field]: value };
  },
});

/** A register that counts, written with a `!`. */
const counting = (field: string): OperandSyntax => ({
  print: (f) => (f[field] === 31 ? 'xzr!' : `x${f[field]}!`),
  parse: (text) => {
    const register = text.endsWith('!') ? parseGeneralRegister(text.slice(0, -1).trim()) : undefined;
    return register?.sf === 1 && !register.stackPointer ? { [field]: register.number } : undefined;
  },
});

/** Registers that would overlap make it UNDEFINED; only SET may store the zero register. */
const copiesApart = (f: Fields): boolean => f.Rd !== 31 && f.Rs !== 31 && f.Rn !== 31 && f.Rd !== f.Rs && f.Rd !== f.Rn && f.Rs !== f.Rn;
const setsApart = (f: Fields): boolean => f.Rd !== 31 && f.Rn !== 31 && f.Rd !== f.Rs && f.Rd !== f.Rn && f.Rs !== f.Rn;

const stages = { p: '0 0', m: '0 1', e: '1 0' } as const;

function copies(forwardOnly: boolean): Record<string, InstructionDefinition> {
  const name = forwardOnly ? 'cpyf' : 'cpy';
  return Object.fromEntries(
    Object.entries(stages).map(([stage, op1]): [string, InstructionDefinition] => [
      `${name}${stage}`.toUpperCase(),
      {
        encoding: `0 0 0 1 1 ${forwardOnly ? 0 : 1} 0 1 ${op1} 0 Rs options:4 0 1 Rn Rd`,
        feature,
        where: copiesApart,
        assembly: `${name}${stage}<options> [<Xd>]!, [<Xs>]!, <count>`,
        operands: { options: glued('options', copyOptions), count: counting('Rn') },
      },
    ]),
  );
}

function sets(tags: boolean): Record<string, InstructionDefinition> {
  const name = tags ? 'setg' : 'set';
  return Object.fromEntries(
    Object.entries(stages).map(([stage, op2]): [string, InstructionDefinition] => [
      `${name}${stage}`.toUpperCase(),
      {
        encoding: `0 0 0 1 1 ${tags ? 1 : 0} 0 1 1 1 0 Rs ${op2} options:2 0 1 Rn Rd`,
        feature,
        where: setsApart,
        assembly: `${name}${stage}<options> [<Xd>]!, <count>, <Xs>`,
        operands: { options: glued('options', setOptions), count: counting('Rn') },
      },
    ]),
  );
}

export const memoryCopyAndSet = instructions('Memory copy and memory set', {
  ...copies(true),
  ...copies(false),
  ...sets(false),
  ...sets(true),
});
