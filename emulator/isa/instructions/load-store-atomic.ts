import type { Builder, Value } from '../builder.ts';
import { type Alias, type Fields, type InstructionDefinition, instructions, type Statics } from '../instruction.ts';
import { registerAfter } from '../syntax/load-store.ts';

/** FEAT_LSE. One page of the Arm ARM covers the four orderings of an operation; the acquire and release bits change nothing for one processor at a time. */

const widths = {
  '': { size: '1 sf', s: '<Rs>', t: '<Rt>', statics: ['sf'], bytes: (s: Fields): number => (s.sf ? 8 : 4) },
  B: { size: '0 0', s: '<Ws>', t: '<Wt>', statics: [], bytes: (): number => 1 },
  H: { size: '0 1', s: '<Ws>', t: '<Wt>', statics: [], bytes: (): number => 2 },
} as const;
const suffixes = ['', 'B', 'H'] as const;
type Suffix = (typeof suffixes)[number];

const atomic = { aligned: true, atomic: true } as const;
const registerWidth = (s: Statics): number => s.sf ?? 0;

const orders = [
  { letters: '', A: 0, R: 0 },
  { letters: 'A', A: 1, R: 0 },
  { letters: 'AL', A: 1, R: 1 },
  { letters: 'L', A: 0, R: 1 },
] as const;

/** `LDADD, LDADDA, LDADDAL, LDADDL`, as the page is headed; `LDADDB, LDADDAB …` for bytes. */
const pageName = (name: string, suffix: string): string => orders.map((o) => name + o.letters + suffix).join(', ');

/** The spellings with A, AL and L, as aliases of the one without. */
const orderAliases = (name: string, suffix: string, operands: string): Record<string, Alias> =>
  Object.fromEntries(
    orders
      .slice(1)
      .map(({ letters, A, R }) => [
        `${(name + letters + suffix).toLowerCase()} ${operands}`,
        { when: (f: Fields) => f.A === A && f.R === R, implies: { A, R } },
      ]),
  );

/** ST<op> drops the old value: Rt is the zero register and there is no acquire. */
const storeAliases = (name: string, suffix: Suffix): Record<string, Alias> =>
  Object.fromEntries(
    [orders[0], orders[3]].map(({ letters, A, R }) => [
      `${(name.replace(/^LD/, 'ST') + letters + suffix).toLowerCase()} ${widths[suffix].s}, [<Xn|SP>]`,
      { when: (f: Fields) => f.Rt === 31 && f.A === A && f.R === R, implies: { A, R, Rt: 31 } },
    ]),
  );

/** New value of memory from the old one and Rs. `bits` is 8, 16 or the value's width. */
type Modify = (b: Builder, old: Value, operand: Value, bits: 8 | 16 | 32 | 64) => Value;

const narrow = (b: Builder, value: Value, bits: number, isSigned: boolean): Value =>
  bits > 16 ? value : isSigned ? b.signExtend(value, bits as 8 | 16) : b.zeroExtend(value, bits as 8 | 16);

const choose =
  (condition: 'gt_s' | 'lt_s' | 'gt_u' | 'lt_u', isSigned: boolean): Modify =>
  (b, old, operand, bits) =>
    b.select(b.compare(condition, narrow(b, old, bits, isSigned), narrow(b, operand, bits, isSigned)), old, operand);

const operations: readonly { readonly name: string; readonly opc: string; readonly modify: Modify }[] = [
  { name: 'LDADD', opc: '0 000', modify: (b, old, operand) => b.add(old, operand) },
  { name: 'LDCLR', opc: '0 001', modify: (b, old, operand) => b.and(old, b.not(operand)) },
  { name: 'LDEOR', opc: '0 010', modify: (b, old, operand) => b.xor(old, operand) },
  { name: 'LDSET', opc: '0 011', modify: (b, old, operand) => b.or(old, operand) },
  { name: 'LDSMAX', opc: '0 100', modify: choose('gt_s', true) },
  { name: 'LDSMIN', opc: '0 101', modify: choose('lt_s', true) },
  { name: 'LDUMAX', opc: '0 110', modify: choose('gt_u', false) },
  { name: 'LDUMIN', opc: '0 111', modify: choose('lt_u', false) },
  { name: 'SWP', opc: '1 000', modify: (_b, _old, operand) => operand },
];

export const atomicMemoryOperations = instructions(
  'Atomic memory operations',
  Object.fromEntries(
    operations.flatMap(({ name, opc, modify }) =>
      suffixes.map((suffix): [string, InstructionDefinition] => {
        const w = widths[suffix];
        const operands = `${w.s}, ${w.t}, [<Xn|SP>]`;
        return [
          pageName(name, suffix),
          {
            encoding: `${w.size} 1 1 1 0 0 0 A R 1 Rs ${opc} 00 Rn Rt`,
            feature: 'FEAT_LSE',
            assembly: `${(name + suffix).toLowerCase()} ${operands}`,
            aliases: { ...(name === 'SWP' ? {} : storeAliases(name, suffix)), ...orderAliases(name, suffix, operands) },
            statics: w.statics,
            operation: (b, s) => {
              const bytes = w.bytes(s);
              const operand = b.x(registerWidth(s), 'Rs');
              const [old] = b.access(b.base(), bytes, 'read-write', atomic, (host) => {
                const before = b.hostLoad(host, 0, bytes);
                b.hostStore(host, 0, modify(b, before, operand, (bytes * 8) as 8), bytes);
                return [before];
              });
              b.setX(registerWidth(s), 'Rt', old);
            },
          },
        ];
      }),
    ),
  ),
);

const compareAndSwapOne = (suffix: Suffix): InstructionDefinition => {
  const w = widths[suffix];
  const operands = `${w.s}, ${w.t}, [<Xn|SP>]`;
  return {
    encoding: `${w.size} 0 0 1 0 0 0 1 A 1 Rs R 11111 Rn Rt`,
    feature: 'FEAT_LSE',
    assembly: `cas${suffix.toLowerCase()} ${operands}`,
    aliases: orderAliases('CAS', suffix, operands),
    statics: w.statics,
    operation: (b, s) => {
      const bytes = w.bytes(s);
      const sf = registerWidth(s);
      const expected = narrow(b, b.x(sf, 'Rs'), bytes * 8, false);
      const replacement = b.x(sf, 'Rt');
      const [old] = b.access(b.base(), bytes, 'read-write', atomic, (host) => {
        const before = b.hostLoad(host, 0, bytes);
        b.if(b.compare('eq', before, expected), () => b.hostStore(host, 0, replacement, bytes));
        return [before];
      });
      b.setX(sf, 'Rs', old);
    },
  };
};

const next =
  (field: 'Rs' | 'Rt') =>
  (f: Fields): number =>
    f[field] + 1;
const pairOperands = '<Rs>, <RsNext>, <Rt>, <RtNext>, [<Xn|SP>]';

export const compareAndSwap = [
  ...instructions('Compare and swap', Object.fromEntries(suffixes.map((suffix) => [pageName('CAS', suffix), compareAndSwapOne(suffix)]))),
  ...instructions('Compare and swap pair', {
    [pageName('CASP', '')]: {
      encoding: '0 sf 0 0 1 0 0 0 0 A 1 Rs R 11111 Rn Rt',
      where: (f) => f.Rs % 2 === 0 && f.Rt % 2 === 0,
      feature: 'FEAT_LSE',
      assembly: `casp ${pairOperands}`,
      operands: { RsNext: registerAfter('Rs'), RtNext: registerAfter('Rt') },
      aliases: orderAliases('CASP', '', pairOperands),
      statics: ['sf'],
      operation: (b, { sf }) => {
        const bytes = sf ? 8 : 4;
        const [expectedFirst, expectedSecond] = [b.x(sf, 'Rs'), b.x(sf, next('Rs'))];
        const [first, second] = [b.x(sf, 'Rt'), b.x(sf, next('Rt'))];
        const [oldFirst, oldSecond] = b.access(b.base(), 2 * bytes, 'read-write', atomic, (host) => {
          const before = [b.hostLoad(host, 0, bytes), b.hostLoad(host, bytes, bytes)] as const;
          b.if(b.and(b.compare('eq', before[0], expectedFirst), b.compare('eq', before[1], expectedSecond)), () => {
            b.hostStore(host, 0, first, bytes);
            b.hostStore(host, bytes, second, bytes);
          });
          return before;
        });
        b.setX(sf, 'Rs', oldFirst);
        b.setX(sf, next('Rs'), oldSecond);
      },
    },
  }),
];
