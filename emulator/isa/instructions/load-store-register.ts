import type { Builder, Value } from '../builder.ts';
import {
  type Alias,
  type Fields,
  type InstructionDefinition,
  instructions,
  type OperandSyntax,
  type TransferSyndrome,
} from '../instruction.ts';
import { indexRegister, signed, signedImmediate } from '../syntax/integer.ts';
import { prefetchOperation, scaledOffset } from '../syntax/load-store.ts';

/** A load or store of one general-purpose register, in every addressing mode. */
interface Transfer {
  /** As the modes with an immediate name it: `LDRSB`. */
  readonly name: string;
  /** Distinguishes the two destinations of a sign-extending load. */
  readonly variant?: '32-bit' | '64-bit';
  /** Bits 31:30; `1 sf` where the size is the register's. */
  readonly size: string;
  readonly opc: string;
  readonly load: boolean;
  readonly signed: boolean;
  /** Symbol of the register in the template. */
  readonly register: '<Rt>' | '<Wt>' | '<Xt>';
  /** log2 of the bytes, and the width of the register. */
  readonly scale: (f: Fields) => number;
  readonly sf: (f: Fields) => number;
}

const always = (n: number) => (): number => n;
const fromField = (f: Fields): number => f.sf;

const store = (name: string, size: string, scale: number): Transfer => ({
  name,
  size,
  opc: '0 0',
  load: false,
  signed: false,
  register: '<Wt>',
  scale: always(scale),
  sf: always(0),
});
const load = (name: string, size: string, scale: number): Transfer => ({ ...store(name, size, scale), opc: '0 1', load: true });
const loadSigned = (name: string, size: string, scale: number, sf: 0 | 1): Transfer => ({
  ...load(name, size, scale),
  variant: scale === 2 ? undefined : sf ? '64-bit' : '32-bit',
  opc: sf ? '1 0' : '1 1',
  signed: true,
  register: sf ? '<Xt>' : '<Wt>',
  sf: always(sf),
});
const whole = (transfer: Transfer): Transfer => ({ ...transfer, register: '<Rt>', scale: (f) => 2 + f.sf, sf: fromField });

const transfers: readonly Transfer[] = [
  whole(store('STR', '1 sf', 2)),
  whole(load('LDR', '1 sf', 2)),
  store('STRB', '0 0', 0),
  load('LDRB', '0 0', 0),
  loadSigned('LDRSB', '0 0', 0, 1),
  loadSigned('LDRSB', '0 0', 0, 0),
  store('STRH', '0 1', 1),
  load('LDRH', '0 1', 1),
  loadSigned('LDRSH', '0 1', 1, 1),
  loadSigned('LDRSH', '0 1', 1, 0),
  loadSigned('LDRSW', '1 0', 2, 1),
];

/** ISS of a data abort (Arm ARM, ISV = 1). */
const syndrome =
  (t: Transfer, ar: 0 | 1 = 0) =>
  (f: Fields): TransferSyndrome => ({ sas: t.scale(f), sse: t.signed ? 1 : 0, srt: f.Rt, sf: t.sf(f), ar });

const statics = (t: Transfer): readonly string[] => (t.register === '<Rt>' ? ['sf'] : []);

interface Ordering {
  readonly unprivileged?: boolean;
  readonly ordered?: boolean;
}

/** Moves the register to or from `address`. */
function perform(b: Builder, t: Transfer, s: Fields, address: Value, { unprivileged, ordered }: Ordering = {}): void {
  const sf = t.sf(s);
  const bytes = 1 << t.scale(s);
  const options = { unprivileged, ordered, aligned: ordered };
  if (t.load) b.setX(sf, 'Rt', b.load(address, bytes, { ...options, signed: t.signed, type: sf ? 'i64' : 'i32' }));
  else b.store(address, b.x(sf, 'Rt'), bytes, options);
}

/** Definitions of one mode for all transfers, by page name. */
function mode(page: (t: Transfer) => string, define: (t: Transfer) => InstructionDefinition): Record<string, InstructionDefinition> {
  return Object.fromEntries(
    transfers.map((t) => {
      const name = page(t);
      const variant = t.variant && (name.endsWith(')') ? `${name.slice(0, -1)}, ${t.variant})` : `${name} (${t.variant})`);
      return [variant ?? name, define(t)];
    }),
  );
}

const mnemonic = (t: Transfer): string => t.name.toLowerCase();
const imm9: OperandSyntax = signedImmediate('imm9', 9);
const optionalImm9: OperandSyntax = signedImmediate('imm9', 9, { optional: true });
const offset9 = (f: Fields): number => signed(f.imm9, 9);

// ---- immediate ----------------------------------------------------------------------------------------------------

export const loadStoreUnsignedImmediate = instructions(
  'Load/store register (unsigned immediate)',
  mode(
    (t) => `${t.name} (immediate, unsigned offset)`,
    (t) => {
      const offset = (f: Fields): number => f.imm12 << t.scale(f);
      return {
        encoding: `${t.size} 1 1 1 0 0 1 ${t.opc} imm12 Rn Rt`,
        assembly: `${mnemonic(t)} ${t.register}, [<Xn|SP>{, #<offset>}]`,
        operands: { offset: scaledOffset(t.scale) },
        statics: statics(t),
        transfer: syndrome(t),
        operation: (b, s) => perform(b, t, s, b.add(b.base(), b.immediate(offset))),
      };
    },
  ),
);

/** The base is written back with the offset added, after (post) or before (pre) it addresses. */
const indexed = (post: boolean): Record<string, InstructionDefinition> =>
  mode(
    (t) => `${t.name} (immediate, ${post ? 'post' : 'pre'}-index)`,
    (t) => ({
      encoding: `${t.size} 1 1 1 0 0 0 ${t.opc} 0 imm9 ${post ? '0 1' : '1 1'} Rn Rt`,
      assembly: `${mnemonic(t)} ${t.register}, ${post ? '[<Xn|SP>], #<imm9>' : '[<Xn|SP>, #<imm9>]!'}`,
      operands: { imm9 },
      statics: statics(t),
      operation: (b, s) => {
        const base = b.base();
        const moved = b.add(base, b.immediate(offset9));
        perform(b, t, s, post ? base : moved);
        // Where Rt is the base too (CONSTRAINED UNPREDICTABLE): a load's value is lost, a store takes the base before.
        b.setXsp(1, 'Rn', moved);
      },
    }),
  );
export const loadStorePostIndexed = instructions('Load/store register (immediate post-indexed)', indexed(true));
export const loadStorePreIndexed = instructions('Load/store register (immediate pre-indexed)', indexed(false));

/** LDUR, LDTR, LDAPUR …: an unscaled offset and no writeback. */
function unscaled(
  infix: { readonly load: string; readonly store: string },
  encoding: (t: Transfer) => string,
  ordering: Ordering & { readonly feature?: string },
): Record<string, InstructionDefinition> {
  const rename = (name: string): string => name.replace(/^LDR/, infix.load).replace(/^STR/, infix.store);
  const plain = !ordering.unprivileged && !ordering.ordered;
  return mode(
    (t) => rename(t.name),
    (t) => {
      // GNU as falls back to LDUR where LDR cannot hold the offset.
      const fallback: Record<string, Alias> = plain
        ? { [`${mnemonic(t)} ${t.register}, [<Xn|SP>{, #<imm9>}]`]: { when: () => false } }
        : {};
      return {
        encoding: encoding(t),
        feature: ordering.feature,
        assembly: `${rename(t.name).toLowerCase()} ${t.register}, [<Xn|SP>{, #<imm9>}]`,
        operands: { imm9: optionalImm9 },
        aliases: fallback,
        statics: statics(t),
        transfer: syndrome(t, ordering.ordered ? 1 : 0),
        operation: (b, s) => perform(b, t, s, b.add(b.base(), b.immediate(offset9)), ordering),
      };
    },
  );
}

export const loadStoreUnscaled = instructions(
  'Load/store register (unscaled immediate)',
  unscaled({ load: 'LDUR', store: 'STUR' }, (t) => `${t.size} 1 1 1 0 0 0 ${t.opc} 0 imm9 0 0 Rn Rt`, {}),
);
export const loadStoreUnprivileged = instructions(
  'Load/store register (unprivileged)',
  unscaled({ load: 'LDTR', store: 'STTR' }, (t) => `${t.size} 1 1 1 0 0 0 ${t.opc} 0 imm9 1 0 Rn Rt`, { unprivileged: true }),
);
export const loadAcquireStoreReleaseUnscaled = instructions(
  'LDAPR/STLR (unscaled immediate)',
  unscaled({ load: 'LDAPUR', store: 'STLUR' }, (t) => `${t.size} 0 1 1 0 0 1 ${t.opc} 0 imm9 0 0 Rn Rt`, {
    ordered: true,
    feature: 'FEAT_LRCPC2',
  }),
);

// ---- register offset ----------------------------------------------------------------------------------------------

/** Index of a register offset: 0 UXTW, 1 all 64 bits, 2 SXTW. */
const extend = { name: 'extend', values: [0, 1, 2], of: (f: Fields) => (f.option & 1 ? 1 : f.option >> 1 === 3 ? 2 : 0) };
const indexForms = (f: Fields): boolean => (f.option & 2) !== 0;

function registerOffset(b: Builder, s: Fields, amount: (f: Fields) => number): Value {
  const index = s.extend === 1 ? b.x(1, 'Rm') : s.extend === 0 ? b.extendU(b.x(0, 'Rm')) : b.extendS(b.x(0, 'Rm'));
  return b.add(b.base(), b.shl(index, b.immediate(amount)));
}

export const loadStoreRegisterOffset = instructions(
  'Load/store register (register offset)',
  mode(
    (t) => `${t.name} (register)`,
    (t) => {
      const amount = (f: Fields): number => (f.S ? t.scale(f) : 0);
      return {
        encoding: `${t.size} 1 1 1 0 0 0 ${t.opc} 1 Rm option S 1 0 Rn Rt`,
        where: indexForms,
        assembly: `${mnemonic(t)} ${t.register}, [<Xn|SP>, <index>]`,
        operands: { index: indexRegister(t.scale) },
        statics: [...statics(t), extend],
        transfer: syndrome(t),
        operation: (b, s) => perform(b, t, s, registerOffset(b, s, amount)),
      };
    },
  ),
);

// ---- literal ------------------------------------------------------------------------------------------------------

const literalAddress = (b: Builder): Value => b.add(b.pc(), b.immediate(literalOffset));
const literalOffset = (f: Fields): number => signed(f.imm19, 19) * 4;
const wholeLoad = transfers[1];
const wordLoad = transfers[10];

export const loadLiteral = instructions('Load register (literal)', {
  'LDR (literal)': {
    encoding: '0 sf 0 1 1 0 0 0 imm19 Rt',
    assembly: 'ldr <Rt>, <label19>',
    statics: ['sf'],
    transfer: syndrome(wholeLoad),
    operation: (b, s) => perform(b, wholeLoad, s, literalAddress(b)),
  },
  'LDRSW (literal)': {
    encoding: '1 0 0 1 1 0 0 0 imm19 Rt',
    assembly: 'ldrsw <Xt>, <label19>',
    transfer: syndrome(wordLoad),
    operation: (b, s) => perform(b, wordLoad, s, literalAddress(b)),
  },
  'PRFM (literal)': {
    encoding: '1 1 0 1 1 0 0 0 imm19 Rt',
    assembly: 'prfm <prfop>, <label19>',
    operands: { prfop: prefetchOperation },
    operation: prefetch,
  },
});

// ---- prefetch -----------------------------------------------------------------------------------------------------

/** A hint: nothing is prefetched, nothing can fault, SP is not checked. */
function prefetch(): void {}

export const prefetchMemory = [
  ...instructions('Load/store register (unsigned immediate)', {
    'PRFM (immediate)': {
      encoding: '1 1 1 1 1 0 0 1 1 0 imm12 Rn Rt',
      assembly: 'prfm <prfop>, [<Xn|SP>{, #<offset>}]',
      operands: { prfop: prefetchOperation, offset: scaledOffset(always(3)) },
      operation: prefetch,
    },
  }),
  ...instructions('Load/store register (unscaled immediate)', {
    PRFUM: {
      encoding: '1 1 1 1 1 0 0 0 1 0 0 imm9 0 0 Rn Rt',
      assembly: 'prfum <prfop>, [<Xn|SP>{, #<imm9>}]',
      operands: { prfop: prefetchOperation, imm9: optionalImm9 },
      operation: prefetch,
    },
  }),
  ...instructions('Load/store register (register offset)', {
    'PRFM (register)': {
      encoding: '1 1 1 1 1 0 0 0 1 0 1 Rm option S 1 0 Rn Rt',
      where: indexForms,
      assembly: 'prfm <prfop>, [<Xn|SP>, <index>]',
      operands: { prfop: prefetchOperation, index: indexRegister(always(3)) },
      operation: prefetch,
    },
  }),
];
