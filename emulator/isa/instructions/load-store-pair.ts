import type { Builder } from '../builder.ts';
import { type Fields, type InstructionDefinition, instructions, type Statics } from '../instruction.ts';
import { signed } from '../syntax/integer.ts';
import { pairOffset } from '../syntax/load-store.ts';

/** How a pair is addressed: bits 25:23, what the offset does. */
interface PairMode {
  readonly page: string;
  readonly group: string;
  readonly bits: string;
  readonly address: '[<Xn|SP>{, #<imm7>}]' | '[<Xn|SP>], #<imm7>' | '[<Xn|SP>, #<imm7>]!';
  readonly index?: 'post' | 'pre';
}

const modes: readonly PairMode[] = [
  { page: 'post-index', group: 'Load/store register pair (post-indexed)', bits: '0 0 1', address: '[<Xn|SP>], #<imm7>', index: 'post' },
  { page: 'signed offset', group: 'Load/store register pair (offset)', bits: '0 1 0', address: '[<Xn|SP>{, #<imm7>}]' },
  { page: 'pre-index', group: 'Load/store register pair (pre-indexed)', bits: '0 1 1', address: '[<Xn|SP>, #<imm7>]!', index: 'pre' },
];
const noAllocate: PairMode = { page: '', group: 'Load/store no-allocate pair (offset)', bits: '0 0 0', address: '[<Xn|SP>{, #<imm7>}]' };

type Kind = 'store' | 'load' | 'load signed words';

function transferPair(b: Builder, s: Statics, kind: Kind, scale: (f: Fields) => number, index?: 'post' | 'pre'): void {
  const bytes = 1 << scale(s);
  const sf = kind === 'load signed words' ? 1 : s.sf;
  const base = b.base();
  const moved = b.add(
    base,
    b.immediate((f) => signed(f.imm7, 7) << scale(f)),
  );
  const address = index === 'post' ? base : moved;
  if (kind === 'store') {
    const [first, second] = [b.x(sf, 'Rt'), b.x(sf, 'Rt2')];
    b.access(address, 2 * bytes, 'write', { element: bytes }, (host) => {
      b.hostStore(host, 0, first, bytes);
      b.hostStore(host, bytes, second, bytes);
      return [];
    });
  } else {
    const options = { signed: kind === 'load signed words', type: sf ? 'i64' : 'i32' } as const;
    const [first, second] = b.access(address, 2 * bytes, 'read', { element: bytes }, (host) => [
      b.hostLoad(host, 0, bytes, options),
      b.hostLoad(host, bytes, bytes, options),
    ]);
    // One register twice (CONSTRAINED UNPREDICTABLE): it gets the first value.
    b.setX(sf, 'Rt2', second);
    b.setX(sf, 'Rt', first);
  }
  if (index) b.setXsp(1, 'Rn', moved);
}

function pair(mode: PairMode, mnemonic: string, kind: Kind): InstructionDefinition {
  const words = kind === 'load signed words';
  const scale = words ? (): number => 2 : (f: Fields): number => 2 + f.sf;
  const registers = words ? '<Xt>, <Xt2>' : '<Rt>, <Rt2>';
  return {
    encoding: `${words ? '0 1' : 'sf 0'} 1 0 1 0 ${mode.bits} ${kind === 'store' ? 0 : 1} imm7 Rt2 Rn Rt`,
    assembly: `${mnemonic} ${registers}, ${mode.address}`,
    operands: { imm7: pairOffset(scale, mode.index === undefined) },
    statics: words ? [] : ['sf'],
    operation: (b, s) => transferPair(b, s, kind, scale, mode.index),
  };
}

export const loadStorePair = [
  ...modes.flatMap((mode) =>
    instructions(mode.group, {
      [`STP (${mode.page})`]: pair(mode, 'stp', 'store'),
      [`LDP (${mode.page})`]: pair(mode, 'ldp', 'load'),
      [`LDPSW (${mode.page})`]: pair(mode, 'ldpsw', 'load signed words'),
    }),
  ),
  ...instructions(noAllocate.group, { STNP: pair(noAllocate, 'stnp', 'store'), LDNP: pair(noAllocate, 'ldnp', 'load') }),
];
