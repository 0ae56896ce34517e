import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { watchpointHit, watchpointsInForce } from '../../emulator/cpu/watchpoints.ts';
import { access } from '../../emulator/translate/layout.ts';
import { place, processorOf, setSystem } from './situation.ts';

const LOADS = 1;
const STORES = 2;
/** DBGWCR<n>_EL1: enabled, for EL0. */
const control = ({ bas = 0xff, lsc = LOADS | STORES, pac = 2, mask = 0 } = {}): bigint =>
  BigInt(1 | (pac << 1) | (lsc << 3) | (bas << 5) | (mask << 24));

function hit(value: bigint, wcr: bigint, va: bigint, flags: number, mode = 0) {
  const { processor, state } = processorOf();
  place(state, mode, 0x1000n);
  setSystem(state, { MDSCR_EL1: 1n << 15n, DBGWVR1_EL1: value, DBGWCR1_EL1: wcr });
  return watchpointHit(processor, Number(BigInt.asIntN(32, va)), Number(BigInt.asIntN(32, va >> 32n)), flags);
}

const load = (bytes: number): number => bytes;
const store = (bytes: number): number => bytes | access.write;

describe('watchpoints', () => {
  const rows = [
    ['a load of the doubleword', 0x2000n, control(), 0x2000n, load(8), { address: 0x2000n, write: false }],
    ['a store into it', 0x2000n, control(), 0x2006n, store(2), { address: 0x2006n, write: true }],
    ['an access that only reaches into it', 0x2000n, control(), 0x1ffcn, load(8), { address: 0x2000n, write: false }],
    ['beside it', 0x2000n, control(), 0x2008n, load(8), undefined],
    ['bytes that are not selected', 0x2000n, control({ bas: 0xf0 }), 0x2000n, load(4), undefined],
    ['the selected byte', 0x2000n, control({ bas: 0x10 }), 0x2000n, load(8), { address: 0x2004n, write: false }],
    ['a word, address bit 2 set', 0x2004n, control({ bas: 0x0f }), 0x2004n, store(4), { address: 0x2004n, write: true }],
    ['loads only', 0x2000n, control({ lsc: LOADS }), 0x2000n, store(4), undefined],
    ['stores only', 0x2000n, control({ lsc: STORES }), 0x2000n, load(4), undefined],
    ['an atomic is both', 0x2000n, control({ lsc: LOADS }), 0x2000n, store(4) | access.read, { address: 0x2000n, write: false }],
    ['an address range', 0x4000n, control({ mask: 12 }), 0x4ffen, load(8), { address: 0x4ffen, write: false }],
    ['a tag does not hide it', 0x2000n, control(), 0x5500_0000_0000_2000n, load(1), { address: 0x5500_0000_0000_2000n, write: false }],
    ['another level', 0x2000n, control({ pac: 1 }), 0x2000n, load(1), undefined],
  ] as const;
  for (const [name, value, wcr, va, flags, expected] of rows) test(name, () => assert.deepEqual(hit(value, wcr, va, flags), expected));

  test('LDTR at EL1 is an access of EL0', () =>
    assert.deepEqual(hit(0x2000n, control(), 0x2000n, load(8) | access.unprivileged, 0x5), { address: 0x2000n, write: false }));

  test('in force only with MDSCR_EL1.MDE, one enabled, and debug exceptions on', () => {
    const row = (mode: number, registers: Readonly<Record<string, bigint>>): boolean => {
      const { processor, state } = processorOf();
      place(state, mode, 0x1000n);
      setSystem(state, { MDSCR_EL1: 1n << 15n, DBGWCR1_EL1: control(), ...registers });
      return watchpointsInForce(processor);
    };
    assert.deepEqual(
      [row(0, {}), row(0, { MDSCR_EL1: 0n }), row(0, { DBGWCR1_EL1: 0n }), row(0x5, {}), row(0x5, { MDSCR_EL1: 0xa000n })],
      [true, false, false, false, true],
    );
  });
});
