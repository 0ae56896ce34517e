import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Features } from '../../emulator/cpu/features.ts';
import { profiles } from '../../emulator/cpu/profiles/index.ts';
import { idRegister } from '../../emulator/cpu/profiles/profile.ts';
import { featureFields } from '../../emulator/isa/registers/features.ts';
import { systemRegisters } from '../../emulator/isa/registers/index.ts';
import { systemInstructions } from '../../emulator/isa/registers/system-instructions.ts';
import { allInstructions } from '../../emulator/isa/table.ts';

/** Features that change what instructions, registers and translation do, without instructions or registers of their own. */
const withoutEncodings = new Set([
  ...[
    'FP',
    'AdvSIMD',
    'GICv3',
    'PMUv3',
    'DoubleLock',
    'CSV2',
    'CSV3',
    'SSBS',
    'HAF',
    'HAFDBS',
    'VMID16',
    'VHE',
    'HPDS',
    'HPDS2',
    'XNX',
    'TTCNP',
    'IESB',
  ],
  ...[
    'RASv1p1',
    'PACQARMA5',
    'PACQARMA3',
    'EPAC',
    'PAuth2',
    'FPAC',
    'FPACCOMBINE',
    'TTST',
    'TTL',
    'IDST',
    'E0PD',
    'BBM',
    'S2FWB',
    'LVA',
    'HCX',
    'PAN3',
  ],
]);

describe('what a profile offers is there', () => {
  for (const profile of profiles) {
    const features = new Features((name) => idRegister(profile, name));

    test(`${profile.name}: every instruction of its features has an operation`, () => {
      const lacking = allInstructions.filter((i) => !i.operation && (i.feature === undefined || features.has(i.feature)));
      assert.deepEqual(
        lacking.map((i) => i.name),
        [],
      );
    });

    test(`${profile.name}: every feature it offers is known by an instruction or a register`, () => {
      const known = new Set([...allInstructions, ...systemInstructions, ...systemRegisters].map((entry) => entry.feature));
      const offered = Object.keys(featureFields).filter((feature) => features.has(feature));
      assert.deepEqual(
        offered.filter((feature) => !known.has(feature) && !withoutEncodings.has(feature.slice('FEAT_'.length))),
        [],
      );
    });
  }
});
