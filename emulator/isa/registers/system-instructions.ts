/** Which family a SYS alias belongs to. */
export type SystemInstructionFamily = 'DC' | 'IC' | 'TLBI' | 'AT' | 'CFP' | 'DVP' | 'CPP' | 'SYS';

/** A named SYS instruction: cache maintenance, TLB maintenance, address translation, prediction restriction. op0 is 1. */
export interface SystemInstruction {
  readonly family: SystemInstructionFamily;
  /** What follows the mnemonic, upper case: `CIVAC`, `VAE1IS`, `S12E1R`. */
  readonly operation: string;
  readonly op1: number;
  readonly CRn: number;
  readonly CRm: number;
  readonly op2: number;
  /** Takes an Xt operand. */
  readonly register: boolean;
  /** Lowest exception level that may execute it, configurable traps aside. */
  readonly lowest: 0 | 1 | 2 | 3;
  readonly feature?: string;
}

function family(
  name: SystemInstructionFamily,
  rows: readonly (readonly [operation: string, encoding: string, register: 0 | 1, lowest: 0 | 1 | 2 | 3, feature?: string])[],
): readonly SystemInstruction[] {
  return rows.map(([operation, encoding, register, lowest, feature]) => {
    const [op1, CRn, CRm, op2] = encoding.split(' ').map(Number);
    return {
      family: name,
      operation,
      op1: op1!,
      CRn: CRn!,
      CRm: CRm!,
      op2: op2!,
      register: register === 1,
      lowest,
      ...(feature ? { feature } : {}),
    };
  });
}

const dataCache = family('DC', [
  ['IVAC', '0 7 6 1', 1, 1],
  ['ISW', '0 7 6 2', 1, 1],
  ['IGVAC', '0 7 6 3', 1, 1, 'FEAT_MTE2'],
  ['IGSW', '0 7 6 4', 1, 1, 'FEAT_MTE2'],
  ['IGDVAC', '0 7 6 5', 1, 1, 'FEAT_MTE2'],
  ['IGDSW', '0 7 6 6', 1, 1, 'FEAT_MTE2'],
  ['CSW', '0 7 10 2', 1, 1],
  ['CGSW', '0 7 10 4', 1, 1, 'FEAT_MTE2'],
  ['CGDSW', '0 7 10 6', 1, 1, 'FEAT_MTE2'],
  ['CISW', '0 7 14 2', 1, 1],
  ['CIGSW', '0 7 14 4', 1, 1, 'FEAT_MTE2'],
  ['CIGDSW', '0 7 14 6', 1, 1, 'FEAT_MTE2'],
  ['ZVA', '3 7 4 1', 1, 0],
  ['GVA', '3 7 4 3', 1, 0, 'FEAT_MTE'],
  ['GZVA', '3 7 4 4', 1, 0, 'FEAT_MTE'],
  ['CVAC', '3 7 10 1', 1, 0],
  ['CGVAC', '3 7 10 3', 1, 0, 'FEAT_MTE'],
  ['CGDVAC', '3 7 10 5', 1, 0, 'FEAT_MTE'],
  ['CVAU', '3 7 11 1', 1, 0],
  ['CVAP', '3 7 12 1', 1, 0, 'FEAT_DPB'],
  ['CGVAP', '3 7 12 3', 1, 0, 'FEAT_MTE'],
  ['CGDVAP', '3 7 12 5', 1, 0, 'FEAT_MTE'],
  ['CVADP', '3 7 13 1', 1, 0, 'FEAT_DPB2'],
  ['CGVADP', '3 7 13 3', 1, 0, 'FEAT_MTE'],
  ['CGDVADP', '3 7 13 5', 1, 0, 'FEAT_MTE'],
  ['CIVAC', '3 7 14 1', 1, 0],
  ['CIGVAC', '3 7 14 3', 1, 0, 'FEAT_MTE'],
  ['CIGDVAC', '3 7 14 5', 1, 0, 'FEAT_MTE'],
  ['CIPAPA', '6 7 14 1', 1, 3, 'FEAT_RME'],
  ['CIGDPAPA', '6 7 14 5', 1, 3, 'FEAT_RME'],
]);

const instructionCache = family('IC', [
  ['IALLUIS', '0 7 1 0', 0, 1],
  ['IALLU', '0 7 5 0', 0, 1],
  ['IVAU', '3 7 5 1', 1, 0],
]);

const addressTranslation = family('AT', [
  ['S1E1R', '0 7 8 0', 1, 1],
  ['S1E1W', '0 7 8 1', 1, 1],
  ['S1E0R', '0 7 8 2', 1, 1],
  ['S1E0W', '0 7 8 3', 1, 1],
  ['S1E1RP', '0 7 9 0', 1, 1, 'FEAT_PAN2'],
  ['S1E1WP', '0 7 9 1', 1, 1, 'FEAT_PAN2'],
  ['S1E1A', '0 7 9 2', 1, 1, 'FEAT_ATS1A'],
  ['S1E2R', '4 7 8 0', 1, 2],
  ['S1E2W', '4 7 8 1', 1, 2],
  ['S12E1R', '4 7 8 4', 1, 2],
  ['S12E1W', '4 7 8 5', 1, 2],
  ['S12E0R', '4 7 8 6', 1, 2],
  ['S12E0W', '4 7 8 7', 1, 2],
  ['S1E2A', '4 7 9 2', 1, 2, 'FEAT_ATS1A'],
  ['S1E3R', '6 7 8 0', 1, 3],
  ['S1E3W', '6 7 8 1', 1, 3],
]);

type TlbiRow = readonly [operation: string, encoding: string, register: 0 | 1, lowest: 1 | 2 | 3, feature?: string];

/** EL1&0 operations in their three shareability forms: op2 tells what, CRm how far it reaches. */
function shareabilityForms(
  op1: number,
  operations: readonly (readonly [string, number, 0 | 1])[],
  lowest: 1 | 2 | 3,
  forms: { own: number; inner: number; outer: number },
  range = false,
): TlbiRow[] {
  return operations.flatMap(([name, op2, register]): TlbiRow[] => [
    range
      ? [name, `${op1} 8 ${forms.own} ${op2}`, register, lowest, 'FEAT_TLBIRANGE']
      : [name, `${op1} 8 ${forms.own} ${op2}`, register, lowest],
    range
      ? [`${name}IS`, `${op1} 8 ${forms.inner} ${op2}`, register, lowest, 'FEAT_TLBIRANGE']
      : [`${name}IS`, `${op1} 8 ${forms.inner} ${op2}`, register, lowest],
    [`${name}OS`, `${op1} 8 ${forms.outer} ${op2}`, register, lowest, range ? 'FEAT_TLBIRANGE' : 'FEAT_TLBIOS'],
  ]);
}

const el1Operations = [
  ['VMALLE1', 0, 0],
  ['VAE1', 1, 1],
  ['ASIDE1', 2, 1],
  ['VAAE1', 3, 1],
  ['VALE1', 5, 1],
  ['VAALE1', 7, 1],
] as const;
const el1Ranges = [
  ['RVAE1', 1, 1],
  ['RVAAE1', 3, 1],
  ['RVALE1', 5, 1],
  ['RVAALE1', 7, 1],
] as const;
const ranges = { own: 6, inner: 2, outer: 5 };
const singles = { own: 7, inner: 3, outer: 1 };

const tlb = family('TLBI', [
  ...shareabilityForms(0, el1Operations, 1, singles),
  ...shareabilityForms(0, el1Ranges, 1, ranges, true),
  ...shareabilityForms(
    4,
    [
      ['ALLE2', 0, 0],
      ['VAE2', 1, 1],
      ['ALLE1', 4, 0],
      ['VALE2', 5, 1],
      ['VMALLS12E1', 6, 0],
    ],
    2,
    singles,
  ),
  ...shareabilityForms(
    4,
    [
      ['RVAE2', 1, 1],
      ['RVALE2', 5, 1],
    ],
    2,
    ranges,
    true,
  ),
  ['IPAS2E1IS', '4 8 0 1', 1, 2],
  ['RIPAS2E1IS', '4 8 0 2', 1, 2, 'FEAT_TLBIRANGE'],
  ['IPAS2LE1IS', '4 8 0 5', 1, 2],
  ['RIPAS2LE1IS', '4 8 0 6', 1, 2, 'FEAT_TLBIRANGE'],
  ['IPAS2E1OS', '4 8 4 0', 1, 2, 'FEAT_TLBIOS'],
  ['IPAS2E1', '4 8 4 1', 1, 2],
  ['RIPAS2E1', '4 8 4 2', 1, 2, 'FEAT_TLBIRANGE'],
  ['RIPAS2E1OS', '4 8 4 3', 1, 2, 'FEAT_TLBIRANGE'],
  ['IPAS2LE1OS', '4 8 4 4', 1, 2, 'FEAT_TLBIOS'],
  ['IPAS2LE1', '4 8 4 5', 1, 2],
  ['RIPAS2LE1', '4 8 4 6', 1, 2, 'FEAT_TLBIRANGE'],
  ['RIPAS2LE1OS', '4 8 4 7', 1, 2, 'FEAT_TLBIRANGE'],
  ...shareabilityForms(
    6,
    [
      ['ALLE3', 0, 0],
      ['VAE3', 1, 1],
      ['VALE3', 5, 1],
    ],
    3,
    singles,
  ),
  ...shareabilityForms(
    6,
    [
      ['RVAE3', 1, 1],
      ['RVALE3', 5, 1],
    ],
    3,
    ranges,
    true,
  ),
]);

const prediction = [
  ...family('CFP', [['RCTX', '3 7 3 4', 1, 0, 'FEAT_SPECRES']]),
  ...family('DVP', [['RCTX', '3 7 3 5', 1, 0, 'FEAT_SPECRES']]),
  ...family('CPP', [['RCTX', '3 7 3 7', 1, 0, 'FEAT_SPECRES']]),
];

/** Every named SYS instruction. */
export const systemInstructions: readonly SystemInstruction[] = [
  ...dataCache,
  ...instructionCache,
  ...addressTranslation,
  ...tlb,
  ...prediction,
];

const key = (op1: number, CRn: number, CRm: number, op2: number): number => (op1 << 11) | (CRn << 7) | (CRm << 3) | op2;
const byKey = new Map(systemInstructions.map((i) => [key(i.op1, i.CRn, i.CRm, i.op2), i]));
const byText = new Map(systemInstructions.map((i) => [`${i.family} ${i.operation}`, i]));

/** The named instruction of a SYS encoding (op0 = 1), or undefined. */
export function systemInstruction(op1: number, CRn: number, CRm: number, op2: number): SystemInstruction | undefined {
  return byKey.get(key(op1, CRn, CRm, op2));
}

/** By its text, whatever the case: `('DC', 'CIVAC')`. */
export function systemInstructionNamed(familyName: string, operation: string): SystemInstruction | undefined {
  return byText.get(`${familyName} ${operation}`.toUpperCase());
}
