import type { Fields, OperandSyntax } from '../instruction.ts';
import { parseGenericName } from '../registers/define.ts';
import { byEncoding, byName } from '../registers/index.ts';

/** The system register operand of MRS and MSR: a name where there is one, else `s3_0_c5_c2_0`. Fields o0, op1, CRn, CRm, op2. */
export function systemRegisterOperand(_direction: 'read' | 'write'): OperandSyntax {
  return {
    print: (f: Fields) => {
      const register = byEncoding(2 + f.o0!, f.op1!, f.CRn!, f.CRm!, f.op2!);
      return register ? register.name.toLowerCase() : `s${2 + f.o0!}_${f.op1}_c${f.CRn}_c${f.CRm}_${f.op2}`;
    },
    parse: (text) => {
      const register = byName(text);
      if (register) return { o0: register.op0 - 2, op1: register.op1, CRn: register.CRn, CRm: register.CRm, op2: register.op2 };
      const generic = parseGenericName(text);
      if (!generic || generic[0] < 2) return undefined;
      const [op0, op1, CRn, CRm, op2] = generic;
      return { o0: op0 - 2, op1, CRn, CRm, op2 };
    },
  };
}
