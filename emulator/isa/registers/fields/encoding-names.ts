import { systemInstruction } from '../system-instructions.ts';

/** Register names by encoding are set once the table is complete (`index.ts`): the fields here are part of it. */
let nameOf: (op0: number, op1: number, CRn: number, CRm: number, op2: number) => string = (op0, op1, CRn, CRm, op2) =>
  `S${op0}_${op1}_C${CRn}_C${CRm}_${op2}`;

/** Tells fields how registers are called. */
export function provideRegisterNames(names: typeof nameOf): void {
  nameOf = names;
}

/** Name of a system register. */
export const byEncoding = (op0: number, op1: number, CRn: number, CRm: number, op2: number): string => nameOf(op0, op1, CRn, CRm, op2);

/** Name of a SYS instruction: `DC CIVAC`. */
export function bySystemInstruction(op1: number, CRn: number, CRm: number, op2: number): string {
  const instruction = systemInstruction(op1, CRn, CRm, op2);
  return instruction ? `${instruction.family} ${instruction.operation}` : `SYS #${op1}, C${CRn}, C${CRm}, #${op2}`;
}
