/** The bundled scenarios as they are launched, each to its end. docs/scenarios.md tells what they show. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { type Played, play, scenarios } from './scenario.ts';

const abort = (esr: string, far: string): string => `ESR_EL1 ${esr.padStart(16, '0')} FAR_EL1 ${far.padStart(16, '0')}`;
const survived = ['loading from bad memory', `external abort: ${abort('96000010', '40081148')}`, 'survived'];
const fetched = ['calling bad memory', `external abort: ${abort('86000010', '40081080')}`, 'survived'];
const notExecutable = ['holds data', `does not execute: ${abort('86000010', '100000000')}`];
const isNormal = 'takes accesses that are not aligned: Normal memory';
const isDevice =
  /^KVM_RUN failed with -EFAULT: Unsupported FSC: EC=0x24 xFSC=0x21 .*an unaligned access to memory that stage 2 maps as Device$/;

interface Expected {
  readonly lines: readonly string[];
  /** KVM_EXIT_ARM_SEA, 0 where it is left out. */
  readonly seas?: number;
  readonly nisvs?: number;
  /** 0 where it is left out and nothing stops. */
  readonly exitCode?: number;
  readonly stopped?: RegExp;
}

const expected: Readonly<Record<string, Expected>> = {
  'SEA on a load, survived': { lines: survived, seas: 1 },
  'SEA on a load, chosen by hand': {
    lines: survived.slice(0, 1),
    seas: 1,
    stopped: /^external abort, ESR 0x92000010, gva 0x40081148, gpa 0x40081000$/,
  },
  'SEA on a load, proposed kernel': { lines: survived, seas: 1 },
  'SEA on a load, claimed by APEI': { lines: ['loading from bad memory', 'survived'] },
  'SEA on a load, capability off: SError': {
    lines: ['loading from bad memory', 'SError: ESR_EL1 00000000bf000000, nobody knows whose: giving up'],
  },
  "SEA on a load, processor without RAS: not KVM's": { lines: survived },
  'SEA on a fetch': { lines: fetched, seas: 1 },
  'SEA on a fetch, proposed kernel': { lines: fetched, seas: 1 },
  'SEA on a table walk': {
    lines: ['loading through a bad table', `external abort: ${abort('96000010', '80000000')}`, 'survived'],
    seas: 1,
  },
  'SEA on the stack: not survived': {
    lines: ['using a bad stack', 'an abort in the handler of an abort: no stack to go on with'],
    seas: 2,
    exitCode: 4,
  },
  "SEA, the kernel's own test": {
    lines: ['ESR_EL1: data abort of the same level, external, not on a walk', 'FAR_EL1: where the load was', 'ELR_EL1: the load'],
    seas: 1,
  },
  'NISV: no syndrome, data abort': {
    lines: [
      'a pair',
      `external abort: ${abort('96000010', 'a000000')}`,
      'write-back',
      `external abort: ${abort('96000010', 'a000000')}`,
      'both were refused',
    ],
    nisvs: 2,
  },
  'NISV: no capability, -ENOSYS': {
    lines: ['a pair'],
    stopped: /^KVM_RUN failed with -ENOSYS: data abort without syndrome at IPA 0xa000000$/,
  },
  'MMIO reads with sign': {
    lines: [
      'LDRB W  0000000000000080',
      'LDRSB W 00000000ffffff80',
      'LDRSB X ffffffffffffff80',
      'LDRSH W 00000000ffff8000',
      'LDRSH X ffffffffffff8000',
      'LDRSW   ffffffff80000000',
      'LDR W   0000000080000000',
      'LDR X   8000000000000000',
    ],
  },
  'SError across a masked window': {
    lines: [
      'SErrors are masked',
      'still masked',
      'SError: ESR_EL1 00000000be000811',
      'SErrors are masked',
      'ESB: DISR_EL1 0000000080000c11',
      'nothing was left to take',
    ],
  },
  'PFNMAP cacheable, FWB and DIC': { lines: ['holds data', 'executes', isNormal] },
  'PFNMAP cacheable, no FWB, fallback': { lines: notExecutable, stopped: isDevice },
  'PFNMAP cacheable, FWB and DIC, fallback': { lines: notExecutable, stopped: isDevice },
  'PFNMAP Normal-NC': { lines: [...notExecutable, isNormal] },
  'PFNMAP device': { lines: notExecutable, stopped: isDevice },
  'PFNMAP device, of the linear map': { lines: ['holds data', 'executes', isNormal] },
  'Stale data: no maintenance': { lines: ['before DC CVAC: 0000000000000000', 'after DC CVAC:  000000000000002a'] },
  'Stale data: FWB': { lines: ['before DC CVAC: 000000000000002a', 'after DC CVAC:  000000000000002a'] },
  'Stale data: no cache model': { lines: ['before DC CVAC: 000000000000002a', 'after DC CVAC:  000000000000002a'] },
  'Dirty log': { lines: ['wrote pages 3 and 5', 'wrote page 5', 'wrote nothing'] },
  'Stale data without cache maintenance': {
    lines: [
      'stored through the cache: write-back 1, Non-cacheable 0, Device 0',
      'after DC CVAC: write-back 1, Non-cacheable 1, Device 1',
      'stored past the cache: write-back 1, Non-cacheable 2, Device 2',
      'after DC CIVAC: write-back 2, Non-cacheable 2, Device 2',
    ],
  },
  'Stale data: never with FEAT_S2FWB': {
    lines: [
      'stored through the cache: write-back 1, Non-cacheable 1, Device 1',
      'after DC CVAC: write-back 1, Non-cacheable 1, Device 1',
      'stored past the cache: write-back 2, Non-cacheable 2, Device 2',
      'after DC CIVAC: write-back 2, Non-cacheable 2, Device 2',
    ],
  },
  'Migration: the source': { lines: ['wrote a number into device memory', 'found 000000000000002a'] },
};

const refused: Readonly<Record<string, RegExp>> = {
  'PFNMAP cacheable, no FWB: refused':
    /"memslots\[0\]" .*KVM_SET_USER_MEMORY_REGION of slot 1: pfnmap is mapped cacheable \(MT_NORMAL\).*lacks FEAT_S2FWB: -EINVAL/,
};

describe('scenarios', () => {
  for (const [name, { lines, seas = 0, nisvs = 0, exitCode, stopped }] of Object.entries(expected))
    test(name, async () => {
      const played: Played = await play(name);
      assert.deepEqual(played.lines, lines);
      if (stopped) assert.match(played.stopped ?? '', stopped);
      else assert.deepEqual([played.exitCode, played.stopped], [exitCode ?? 0, undefined]);
      const of = (exit: string): number => played.exits[exit] ?? 0;
      assert.deepEqual([of('KVM_EXIT_ARM_SEA'), of('KVM_EXIT_ARM_NISV')], [seas, nisvs]);
    });
  for (const [name, why] of Object.entries(refused)) test(name, async () => assert.rejects(play(name), why));

  test('are all tested and all documented, and every guest has one', () => {
    const names = scenarios.map(({ name }) => name);
    assert.deepEqual([...names].sort(), [...Object.keys(expected), ...Object.keys(refused)].sort());
    const page = readFileSync(new URL('../../docs/scenarios.md', import.meta.url), 'utf8');
    for (const name of names) assert.ok(page.includes(`| ${name} |`), `docs/scenarios.md: ${name}`);
    const sources = readdirSync(new URL('../../extension/guests/scenarios/', import.meta.url)).filter((file) => file.endsWith('.S'));
    for (const file of sources)
      assert.ok(
        scenarios.some(({ program }) => program.endsWith(`/${file}`)),
        file,
      );
  });
});
