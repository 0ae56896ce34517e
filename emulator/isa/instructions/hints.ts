import type { Builder, ExitName } from '../builder.ts';
import { type InstructionDefinition, instructions } from '../instruction.ts';
import { addPointerAuthentication, authenticate, pointerKeys, stripPointerAuthentication } from './pointer-authentication-operations.ts';

const HINT = '1 1 0 1 0 1 0 1 0 0 0 0 0 0 1 1 0 0 1 0';
const bits = (value: number, width: number): string => value.toString(2).padStart(width, '0').split('').join(' ');

/** HINT #number. One that a vCPU does not offer falls back to HINT, a NOP. */
function hint(number: number, assembly: string, operation: (b: Builder) => void, feature?: string): InstructionDefinition {
  return { encoding: `${HINT} ${bits(number, 7)} 1 1 1 1 1`, assembly, operation, ...(feature ? { feature } : {}) };
}

const nothing = (): void => {};
const leaves =
  (exit: ExitName) =>
  (b: Builder): void =>
    b.exit(exit);

export const hints = instructions('Hints', {
  HINT: {
    encoding: `${HINT} imm7 1 1 1 1 1`,
    assembly: 'hint #<number>',
    operands: {
      number: {
        print: (f) => `0x${f.imm7!.toString(16)}`,
        parse: (text, context) => {
          const value = context.evaluate(text);
          return value === undefined || value < 0n || value > 127n ? undefined : { imm7: Number(value) };
        },
      },
    },
    operation: nothing,
  },
  NOP: hint(0, 'nop', nothing),
  YIELD: hint(1, 'yield', leaves('yield')),
  WFE: hint(2, 'wfe', leaves('wfe')),
  WFI: hint(3, 'wfi', leaves('wfi')),
  SEV: hint(4, 'sev', leaves('sev')),
  /** The processor tells it from SEV by the instruction word: the event is for this PE only. */
  SEVL: hint(5, 'sevl', leaves('sev')),
  /** objdump does not name it. */
  DGH: { ...hint(6, 'hint #0x6', nothing, 'FEAT_DGH'), aliases: { dgh: { when: () => false } } },
  ESB: hint(16, 'esb', leaves('system'), 'FEAT_RAS'),
  'PSB CSYNC': hint(17, 'psb csync', nothing, 'FEAT_SPE'),
  'TSB CSYNC': hint(18, 'tsb csync', nothing, 'FEAT_TRF'),
  CSDB: hint(20, 'csdb', nothing),
  CLRBHB: hint(22, 'clearbhb', nothing, 'FEAT_CLRBHB'),
  /** What BTI allows is decided when the branch to it is taken; executed, it does nothing. */
  'BTI (no target)': hint(32, 'bti', nothing, 'FEAT_BTI'),
  'BTI c': hint(34, 'bti c', nothing, 'FEAT_BTI'),
  'BTI j': hint(36, 'bti j', nothing, 'FEAT_BTI'),
  'BTI jc': hint(38, 'bti jc', nothing, 'FEAT_BTI'),
});

// ---- pointer authentication in the hint space ---------------------------------------------------------------------------

const keys = { A: pointerKeys.IA, B: pointerKeys.IB } as const;
type Key = keyof typeof keys;
type Modifier = 'zero' | 'sp' | '1716';

const register = (number: number) => (): number => number;

/** The pointer is X17 with modifier X16 (…1716), or X30 with modifier SP or zero. */
function authentication(number: number, action: 'add' | 'check', key: Key, modifier: Modifier): InstructionDefinition {
  const pointer = register(modifier === '1716' ? 17 : 30);
  const name = `${action === 'add' ? 'paci' : 'auti'}${key.toLowerCase()}${modifier === 'zero' ? 'z' : modifier}`;
  return hint(
    number,
    name,
    (b) => {
      const with_ = modifier === '1716' ? b.x(1, register(16)) : modifier === 'sp' ? b.xsp(1, register(31)) : b.i64(0);
      const apply = action === 'add' ? addPointerAuthentication : authenticate;
      b.setX(1, pointer, apply(b, b.x(1, pointer), with_, keys[key]));
    },
    'FEAT_PAuth',
  );
}

export const pointerAuthenticationHints = instructions('Hints (pointer authentication)', {
  XPACLRI: hint(7, 'xpaclri', (b) => b.setX(1, register(30), stripPointerAuthentication(b, b.x(1, register(30)), 0)), 'FEAT_PAuth'),
  PACIA1716: authentication(8, 'add', 'A', '1716'),
  PACIB1716: authentication(10, 'add', 'B', '1716'),
  AUTIA1716: authentication(12, 'check', 'A', '1716'),
  AUTIB1716: authentication(14, 'check', 'B', '1716'),
  PACIAZ: authentication(24, 'add', 'A', 'zero'),
  PACIASP: authentication(25, 'add', 'A', 'sp'),
  PACIBZ: authentication(26, 'add', 'B', 'zero'),
  PACIBSP: authentication(27, 'add', 'B', 'sp'),
  AUTIAZ: authentication(28, 'check', 'A', 'zero'),
  AUTIASP: authentication(29, 'check', 'A', 'sp'),
  AUTIBZ: authentication(30, 'check', 'B', 'zero'),
  AUTIBSP: authentication(31, 'check', 'B', 'sp'),
});

export const hintsWithRegister = instructions('System instructions with register argument', {
  /** Offered from Armv8.7 on: not implemented. */
  WFET: { encoding: '1 1 0 1 0 1 0 1 0 0 0 0 0 0 1 1 0 0 0 1 0 0 0 0 0 0 0 Rt', assembly: 'wfet <Xt>', feature: 'FEAT_WFxT' },
  WFIT: { encoding: '1 1 0 1 0 1 0 1 0 0 0 0 0 0 1 1 0 0 0 1 0 0 0 0 0 0 1 Rt', assembly: 'wfit <Xt>', feature: 'FEAT_WFxT' },
});
