import type { Builder } from '../builder.ts';
import type { Fields, InstructionDefinition } from '../instruction.ts';
import { directBit } from '../registers/direct-access.ts';
import { byName } from '../registers/index.ts';

const bits = (value: number, width: number): string => value.toString(2).padStart(width, '0').split('').join(' ');

/** Performs `access` where nothing traps it. `bit`: in `slots.direct`. */
export function unlessTrapped(b: Builder, bit: (f: Fields) => number, access: () => void): void {
  b.if(b.and(b.direct(), b.small(bit)), access, () => b.exit('system'));
}

/** MRS or MSR (register) of one register, which generated code performs where the processor lets it. */
function move(mnemonic: 'MRS' | 'MSR', name: string, operation: (b: Builder) => void): Readonly<Record<string, InstructionDefinition>> {
  const register = byName(name);
  if (!register) throw new Error(`no system register is called ${name}`);
  const { op0, op1, CRn, CRm, op2 } = register;
  const read = mnemonic === 'MRS';
  const place = `${bits(op0 - 2, 1)} ${bits(op1, 3)} ${bits(CRn, 4)} ${bits(CRm, 4)} ${bits(op2, 3)}`;
  const access = `${mnemonic} ${name}`;
  return {
    [access]: {
      encoding: `1 1 0 1 0 1 0 1 0 0 ${read ? 1 : 0} 1 ${place} Rt`,
      assembly: read ? `mrs <Xt>, ${name.toLowerCase()}` : `msr ${name.toLowerCase()}, <Xt>`,
      operation: (b) =>
        b.if(
          b.and(b.direct(), directBit(access)),
          () => operation(b),
          () => b.exit('system'),
        ),
    },
  };
}

/** MRS of one register while nothing traps it. `operation` writes Rt. */
export const directRead = (name: string, operation: (b: Builder) => void): Readonly<Record<string, InstructionDefinition>> =>
  move('MRS', name, operation);

/** MSR of one register while nothing traps it. */
export const directWrite = (name: string, operation: (b: Builder) => void): Readonly<Record<string, InstructionDefinition>> =>
  move('MSR', name, operation);
