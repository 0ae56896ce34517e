import { Features } from '../../../emulator/cpu/features.ts';
import { findProfile } from '../../../emulator/cpu/profiles/index.ts';
import { idRegister } from '../../../emulator/cpu/profiles/profile.ts';
import {
  addressCases,
  authenticatedBranchCases,
  branchTargetCases,
  exceptionCases,
  memoryCases,
  pointerCases,
  registerCases,
  sequenceCases,
  unallocatedCases,
} from './generate.ts';
import type { Regime, SystemCase } from './guest.ts';

/** RES1 bits, M, C, I, UMA, DZE, UCT, nTWI, nTWE, UCI, SPAN: what a kernel runs with, but for SA and SA0: QEMU does not check SP. */
const SCTLR = 0x30d0_0800n | 1n | 4n | 0x200n | 0x1000n | (1n << 14n) | (1n << 15n) | (1n << 16n) | (1n << 18n) | (1n << 23n) | (1n << 26n);
const SCTLR_A = 2n;
const KEYS = (1n << 31n) | (1n << 30n) | (1n << 27n) | (1n << 13n);
const BT = (1n << 35n) | (1n << 36n);
/** 48-bit addresses in both halves, write-back walks, 40-bit outputs. */
const TCR = 16n | (1n << 8n) | (1n << 10n) | (3n << 12n) | (16n << 16n) | (1n << 24n) | (1n << 26n) | (3n << 28n) | (2n << 32n);
const TBI = (1n << 37n) | (1n << 38n);
const EPD1 = 1n << 23n;
const HA = 1n << 39n;
const HD = 1n << 40n;
const HPD = (1n << 41n) | (1n << 42n);
const E0PD1 = 1n << 56n;
/** No EL0 help: nothing of UMA, DZE, UCT, nTWI, nTWE, UCI. */
const STRICT = SCTLR & ~(0x200n | (1n << 14n) | (1n << 15n) | (1n << 16n) | (1n << 18n) | (1n << 26n));

export interface Family {
  readonly name: string;
  readonly cpu: string;
  readonly regime: Regime;
  cases(count: number, seed: number): readonly SystemCase[];
}

function familiesOf(cpu: string): Family[] {
  const features = new Features((name) => idRegister(findProfile(cpu)!, name));
  const offers = (feature: string): boolean => features.has(feature);
  const bits = { pan: features.pan, uao: features.uao };
  const plain: Regime = { granule: '4K', sctlr: SCTLR, tcr: TCR };
  const family = (name: string, regime: Regime, cases: Family['cases']): Family => ({ name, cpu, regime, cases });
  const common = [
    family('sequences', plain, (count, seed) => sequenceCases(count, seed, bits, offers)),
    family('accesses', plain, (count, seed) => memoryCases(count, seed, bits, offers)),
    family('accesses, alignment checked', { granule: '4K', sctlr: SCTLR | SCTLR_A, tcr: TCR }, (count, seed) =>
      memoryCases(count, seed, bits, offers),
    ),
    family('accesses, tags ignored', { granule: '4K', sctlr: SCTLR, tcr: TCR | TBI }, (count, seed) =>
      memoryCases(count, seed, bits, offers),
    ),
    family('exceptions', plain, (count, seed) => exceptionCases(count, seed, bits)),
    family('exceptions, tags ignored', { granule: '4K', sctlr: SCTLR, tcr: TCR | TBI }, (count, seed) => exceptionCases(count, seed, bits)),
    family('exceptions, strict', { granule: '4K', sctlr: STRICT, tcr: TCR }, (count, seed) => exceptionCases(count, seed, bits)),
    family('registers', plain, (count, seed) => registerCases(count, seed, bits)),
    family('registers, strict', { granule: '4K', sctlr: STRICT, tcr: TCR }, (count, seed) => registerCases(count, seed, bits)),
    family('unallocated system encodings', plain, (count, seed) => unallocatedCases(count, seed, bits)),
    family('operations by address', plain, (count, seed) => addressCases(count, seed, bits)),
    family('operations by address, strict', { granule: '4K', sctlr: STRICT, tcr: TCR }, (count, seed) => addressCases(count, seed, bits)),
  ];
  const translations: [string, Regime, boolean][] = [
    ['64 KB granule', { ...plain, granule: '64K' }, true],
    ['16 KB granule', { ...plain, granule: '16K' }, cpu !== 'cortex-a57'],
    ['EPD1', { ...plain, tcr: TCR | EPD1 }, true],
    ['44-bit addresses', { ...plain, tcr: (TCR & ~(63n | (63n << 16n))) | 20n | (20n << 16n) }, true],
    ['hardware Access flag', { ...plain, tcr: TCR | HA }, offers('FEAT_HAF')],
    ['hardware dirty state', { ...plain, tcr: TCR | HA | HD }, offers('FEAT_HAFDBS')],
    ['no hierarchical permissions', { ...plain, tcr: TCR | HPD }, offers('FEAT_HPDS')],
    ['E0PD', { ...plain, tcr: TCR | E0PD1 }, offers('FEAT_E0PD')],
  ];
  for (const [name, regime, offered] of translations) {
    if (!offered) continue;
    common.push(
      family(`accesses, ${name}`, regime, (count, seed) => memoryCases(count, seed, bits, offers)),
      family(`exceptions, ${name}`, regime, (count, seed) => exceptionCases(count, seed, bits)),
      family(`operations by address, ${name}`, regime, (count, seed) => addressCases(count, seed, bits)),
    );
  }
  if (!features.pauth) return common;
  const keyed: Regime = { granule: '4K', sctlr: SCTLR | KEYS, tcr: TCR | TBI };
  return [
    ...common,
    family('pointer authentication', keyed, (count, seed) => pointerCases(count, seed)),
    // QEMU leaves out XPAC* too where no key is enabled; the Arm ARM does not.
    family('pointer authentication, keys disabled', plain, (count, seed) => pointerCases(count, seed, /^(PAC|AUT)/)),
    family('authenticated branches', keyed, (count, seed) => [...pointerCases(0, seed), ...authenticatedBranchCases(count, seed)]),
    family('branch targets', plain, branchTargetCases),
    family('branch targets, PACIxSP no landing', { granule: '4K', sctlr: SCTLR | BT, tcr: TCR }, branchTargetCases),
  ];
}

export const families = (): Family[] => ['cortex-a57', 'neoverse-n1', 'max'].flatMap(familiesOf);
