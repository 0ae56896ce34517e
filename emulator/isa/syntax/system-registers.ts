import type { Fields, OperandSyntax } from '../instruction.ts';
import { parseGenericName } from '../registers/define.ts';
import { byEncoding, byName } from '../registers/index.ts';
import { otherRegister, otherRegisterName, writeNames } from './other-registers.ts';

type RegisterEncoding = readonly [op0: number, op1: number, CRn: number, CRm: number, op2: number];

function nameOf(encoding: RegisterEncoding, direction: 'read' | 'write'): string {
  const name = byEncoding(...encoding)?.name.toLowerCase() ?? otherRegisterName(...encoding);
  if (name === undefined) return `s${encoding[0]}_${encoding[1]}_c${encoding[2]}_c${encoding[3]}_${encoding[4]}`;
  return direction === 'write' ? (writeNames[name] ?? name) : name;
}

function encodingOf(text: string, direction: 'read' | 'write'): RegisterEncoding | undefined {
  const lower = text.toLowerCase();
  const name = direction === 'write' ? (Object.entries(writeNames).find(([, written]) => written === lower)?.[0] ?? lower) : lower;
  const register = byName(name);
  if (register) return [register.op0, register.op1, register.CRn, register.CRm, register.op2];
  return otherRegister(name) ?? parseGenericName(name);
}

/** The system register operand of MRS and MSR: a name where there is one, else `s3_0_c5_c2_0`. Fields o0, op1, CRn, CRm, op2. */
export function systemRegisterOperand(direction: 'read' | 'write'): OperandSyntax {
  return {
    print: (f: Fields) => nameOf([2 + f.o0!, f.op1!, f.CRn!, f.CRm!, f.op2!], direction),
    parse: (text) => {
      const encoding = encodingOf(text, direction);
      if (!encoding || encoding[0] < 2) return undefined;
      const [op0, op1, CRn, CRm, op2] = encoding;
      return { o0: op0 - 2, op1, CRn, CRm, op2 };
    },
  };
}
