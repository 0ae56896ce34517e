import type { ExitName } from '../builder.ts';
import { type InstructionDefinition, instructions, type OperandSyntax } from '../instruction.ts';

/** An exception-generating instruction; the processor finds its immediate in the payload. */
const generates = (mnemonic: string, exit: ExitName, opc: string, ll: string): InstructionDefinition => ({
  encoding: `1 1 0 1 0 1 0 0 ${opc} imm16 0 0 0 ${ll}`,
  assembly: `${mnemonic} #<imm16>`,
  operation: (b) =>
    b.exit(
      exit,
      b.immediate((f) => f.imm16!),
    ),
});

/** DCPS<n>: the immediate is left out when 0. */
const changeState = (target: 1 | 2 | 3): InstructionDefinition => ({
  ...generates(`dcps${target}`, 'dcps', '1 0 1', `${target >> 1} ${target & 1}`),
  assembly: `dcps${target} #<imm16>`,
  aliases: { [`dcps${target}`]: { when: (f) => f.imm16 === 0, implies: { imm16: 0 } } },
});

const decimal16: OperandSyntax = {
  print: (f) => String(f.imm16),
  parse: (text, context) => {
    const value = context.evaluate(text);
    return value === undefined || value < 0n || value > 0xffffn ? undefined : { imm16: Number(value) };
  },
};

export const exceptionGeneration = instructions('Exception generation', {
  SVC: generates('svc', 'svc', '0 0 0', '0 1'),
  HVC: generates('hvc', 'hvc', '0 0 0', '1 0'),
  SMC: generates('smc', 'smc', '0 0 0', '1 1'),
  BRK: generates('brk', 'brk', '0 0 1', '0 0'),
  HLT: generates('hlt', 'hlt', '0 1 0', '0 0'),
  DCPS1: changeState(1),
  DCPS2: changeState(2),
  DCPS3: changeState(3),
});

export const reserved = instructions('Reserved', {
  UDF: {
    encoding: '0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 imm16',
    assembly: 'udf #<decimal16>',
    operands: { decimal16 },
    operation: (b) =>
      b.exit(
        'udf',
        b.immediate((f) => f.imm16!),
      ),
  },
});
