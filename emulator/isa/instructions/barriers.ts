import { instructions, type OperandSyntax } from '../instruction.ts';

const BARRIER = '1 1 0 1 0 1 0 1 0 0 0 0 0 0 1 1 0 0 1 1';

/** Shareability domain and access types by CRm; the rest are numbers. */
const options: Readonly<Record<number, string>> = {
  1: 'oshld',
  2: 'oshst',
  3: 'osh',
  5: 'nshld',
  6: 'nshst',
  7: 'nsh',
  9: 'ishld',
  10: 'ishst',
  11: 'ish',
  13: 'ld',
  14: 'st',
  15: 'sy',
};

const option: OperandSyntax = {
  print: (f) => options[f.CRm!] ?? `#0x${f.CRm!.toString(16).padStart(2, '0')}`,
  parse: (text, context) => {
    const named = Object.entries(options).find(([, name]) => name === text.toLowerCase());
    if (named) return { CRm: Number(named[0]) };
    const value = context.evaluate(text.replace(/^#\s*/, ''));
    return value === undefined || value < 0n || value > 15n ? undefined : { CRm: Number(value) };
  },
};

/** CRm of CLREX and ISB: left out when 15. */
const numberUnlessFull: OperandSyntax = {
  print: (f) => (f.CRm === 15 ? undefined : `0x${f.CRm!.toString(16)}`),
  parse: (text, context) => {
    if (text === '') return { CRm: 15 };
    if (text.toLowerCase() === 'sy') return { CRm: 15 };
    const value = context.evaluate(text);
    return value === undefined || value < 0n || value > 15n ? undefined : { CRm: Number(value) };
  },
};

const nxsDomains = ['osh', 'nsh', 'ish', 'sy'] as const;
const nxsOption: OperandSyntax = {
  print: (f) => `${nxsDomains[f.imm2!]}nxs`,
  parse: (text, context) => {
    const domain = nxsDomains.findIndex((d) => `${d}nxs` === text.toLowerCase());
    if (domain >= 0) return { imm2: domain };
    const value = context.evaluate(text.replace(/^#\s*/, ''));
    return value === 16n || value === 20n || value === 24n || value === 28n ? { imm2: Number(value - 16n) / 4 } : undefined;
  },
};

const nothing = (): void => {};

/** vCPUs take turns on one thread and every access is performed in order: DMB, DSB and ISB order nothing that could be out of order. */
export const barriers = instructions('Barriers', {
  CLREX: {
    encoding: `${BARRIER} CRm 0 1 0 1 1 1 1 1`,
    assembly: 'clrex{ #<number>}',
    operands: { number: numberUnlessFull },
    operation: (b) => b.exclusiveClear(),
  },
  DSB: {
    encoding: `${BARRIER} CRm 1 0 0 1 1 1 1 1`,
    assembly: 'dsb <option>',
    operands: { option },
    aliases: {
      ssbb: { when: (f) => f.CRm === 0, implies: { CRm: 0 } },
      pssbb: { when: (f) => f.CRm === 4, implies: { CRm: 4 } },
    },
    operation: nothing,
  },
  'DSB (nXS)': {
    encoding: `${BARRIER} imm2:2 1 0 0 0 1 1 1 1 1 1`,
    feature: 'FEAT_XS',
    assembly: 'dsb <option>',
    operands: { option: nxsOption },
    operation: nothing,
  },
  DMB: {
    encoding: `${BARRIER} CRm 1 0 1 1 1 1 1 1`,
    assembly: 'dmb <option>',
    operands: { option },
    operation: nothing,
  },
  ISB: {
    encoding: `${BARRIER} CRm 1 1 0 1 1 1 1 1`,
    assembly: 'isb{ #<number>}',
    operands: { number: numberUnlessFull },
    operation: nothing,
  },
  SB: {
    encoding: `${BARRIER} 0 0 0 0 1 1 1 1 1 1 1 1`,
    feature: 'FEAT_SB',
    assembly: 'sb',
    operation: nothing,
  },
});
