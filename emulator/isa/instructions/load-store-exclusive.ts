import type { Builder, Value } from '../builder.ts';
import { type Fields, type InstructionDefinition, instructions, type Statics } from '../instruction.ts';

/** Width of a transfer by the suffix of its mnemonic: bits 31:30, symbol, bytes. No suffix: a W or X register by sf. */
const widths = {
  B: { size: '0 0', register: '<Wt>', statics: [], bytes: (): number => 1 },
  H: { size: '0 1', register: '<Wt>', statics: [], bytes: (): number => 2 },
  '': { size: '1 sf', register: '<Rt>', statics: ['sf'], bytes: (s: Fields): number => (s.sf ? 8 : 4) },
} as const;
const suffixes = ['B', 'H', ''] as const;
type Width = (typeof widths)[keyof typeof widths];

/** Width of the register a static combination moves. */
const registerWidth = (s: Statics): number => s.sf ?? 0;

// ---- ordered ------------------------------------------------------------------------------------------------------

/** LDAR, STLR and their LORegion kin: one aligned access. */
function ordered(mnemonic: string, w: Width, L: 0 | 1, o0: 0 | 1): InstructionDefinition {
  return {
    encoding: `${w.size} 0 0 1 0 0 0 1 ${L} 0 (11111) ${o0} (11111) Rn Rt`,
    feature: o0 ? undefined : 'FEAT_LOR',
    assembly: `${mnemonic} ${w.register}, [<Xn|SP>]`,
    statics: w.statics,
    transfer: (f) => ({ sas: Math.log2(w.bytes(f)), sse: 0, srt: f.Rt, sf: registerWidth(f), ar: 1 }),
    operation: (b, s) => {
      const options = { aligned: true, ordered: true };
      const sf = registerWidth(s);
      if (L) b.setX(sf, 'Rt', b.load(b.base(), w.bytes(s), options));
      else b.store(b.base(), b.x(sf, 'Rt'), w.bytes(s), options);
    },
  };
}

export const loadStoreOrdered = instructions(
  'Load/store ordered',
  Object.fromEntries(
    suffixes.flatMap((suffix) => {
      const w = widths[suffix];
      const row = (name: string, L: 0 | 1, o0: 0 | 1): [string, InstructionDefinition] => [
        name + suffix,
        ordered((name + suffix).toLowerCase(), w, L, o0),
      ];
      return [row('STLLR', 0, 0), row('STLR', 0, 1), row('LDLAR', 1, 0), row('LDAR', 1, 1)];
    }),
  ),
);

/** LDAPR: load-acquire RCpc. */
export const loadAcquireRcpc = instructions(
  'Atomic memory operations',
  Object.fromEntries(
    suffixes.map((suffix): [string, InstructionDefinition] => {
      const w = widths[suffix];
      return [
        `LDAPR${suffix}`,
        {
          ...ordered(`ldapr${suffix.toLowerCase()}`, w, 1, 1),
          encoding: `${w.size} 1 1 1 0 0 0 1 0 1 11111 1 100 00 Rn Rt`,
          feature: 'FEAT_LRCPC',
        },
      ];
    }),
  ),
);

// ---- exclusive ----------------------------------------------------------------------------------------------------

const exclusive = { aligned: true, atomic: true } as const;

function loadExclusive(mnemonic: string, w: Width, o0: 0 | 1): InstructionDefinition {
  return {
    encoding: `${w.size} 0 0 1 0 0 0 0 1 0 (11111) ${o0} (11111) Rn Rt`,
    assembly: `${mnemonic} ${w.register}, [<Xn|SP>]`,
    statics: w.statics,
    operation: (b, s) => {
      const bytes = w.bytes(s);
      const [value] = b.access(b.base(), bytes, 'read', { ...exclusive, ordered: o0 === 1 }, (host) => {
        b.exclusiveClaim(host, bytes);
        return [b.hostLoad(host, 0, bytes)];
      });
      b.setX(registerWidth(s), 'Rt', value);
    },
  };
}

/** Stores where the monitor still holds the bytes; i64/i32 status 0 then, else 1. */
function storeIfHeld(b: Builder, bytes: number, o0: 0 | 1, values: readonly Value[]): void {
  const each = bytes / values.length;
  const [failed] = b.access(b.base(), bytes, 'write', { ...exclusive, ordered: o0 === 1 }, (host) => {
    const held = b.exclusiveTake(host, bytes);
    b.if(held, () => {
      values.forEach((value, k) => {
        b.hostStore(host, k * each, value, each);
      });
    });
    return [b.isZero(held)];
  });
  b.setX(0, 'Rs', failed);
}

function storeExclusive(mnemonic: string, w: Width, o0: 0 | 1): InstructionDefinition {
  return {
    encoding: `${w.size} 0 0 1 0 0 0 0 0 0 Rs ${o0} (11111) Rn Rt`,
    assembly: `${mnemonic} <Ws>, ${w.register}, [<Xn|SP>]`,
    statics: w.statics,
    operation: (b, s) => storeIfHeld(b, w.bytes(s), o0, [b.x(registerWidth(s), 'Rt')]),
  };
}

function loadExclusivePair(mnemonic: string, o0: 0 | 1): InstructionDefinition {
  return {
    encoding: `1 sf 0 0 1 0 0 0 0 1 1 (11111) ${o0} Rt2 Rn Rt`,
    assembly: `${mnemonic} <Rt>, <Rt2>, [<Xn|SP>]`,
    statics: ['sf'],
    operation: (b, { sf }) => {
      const bytes = sf ? 8 : 4;
      const [first, second] = b.access(b.base(), 2 * bytes, 'read', { ...exclusive, ordered: o0 === 1 }, (host) => {
        b.exclusiveClaim(host, 2 * bytes);
        return [b.hostLoad(host, 0, bytes), b.hostLoad(host, bytes, bytes)];
      });
      b.setX(sf, 'Rt', first);
      b.setX(sf, 'Rt2', second);
    },
  };
}

function storeExclusivePair(mnemonic: string, o0: 0 | 1): InstructionDefinition {
  return {
    encoding: `1 sf 0 0 1 0 0 0 0 0 1 Rs ${o0} Rt2 Rn Rt`,
    assembly: `${mnemonic} <Ws>, <Rt>, <Rt2>, [<Xn|SP>]`,
    statics: ['sf'],
    operation: (b, { sf }) => storeIfHeld(b, sf ? 16 : 8, o0, [b.x(sf, 'Rt'), b.x(sf, 'Rt2')]),
  };
}

export const loadStoreExclusive = [
  ...instructions(
    'Load/store exclusive register',
    Object.fromEntries(
      suffixes.flatMap((suffix): [string, InstructionDefinition][] => {
        const w = widths[suffix];
        const lower = suffix.toLowerCase();
        return [
          [`STXR${suffix}`, storeExclusive(`stxr${lower}`, w, 0)],
          [`STLXR${suffix}`, storeExclusive(`stlxr${lower}`, w, 1)],
          [`LDXR${suffix}`, loadExclusive(`ldxr${lower}`, w, 0)],
          [`LDAXR${suffix}`, loadExclusive(`ldaxr${lower}`, w, 1)],
        ];
      }),
    ),
  ),
  ...instructions('Load/store exclusive pair', {
    STXP: storeExclusivePair('stxp', 0),
    STLXP: storeExclusivePair('stlxp', 1),
    LDXP: loadExclusivePair('ldxp', 0),
    LDAXP: loadExclusivePair('ldaxp', 1),
  }),
];
