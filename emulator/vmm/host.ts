import { type Difference, idRegister, type Profile } from '../cpu/profiles/profile.ts';
import { type Apei, apeiClaims, apeiClaimsRanges, apeiDeclines } from '../kvm/apei.ts';
import { effectiveCacheType } from '../kvm/cache-ids.ts';
import { type KernelProfile, type KernelProfileName, kernelProfiles } from '../kvm/kernel-profile.ts';
import { type AddressRange, parseAddressRange } from './address-range.ts';
import { LaunchError } from './loader/errors.ts';

/** The host that runs KVM, where it differs from what the CPU model brings. What is left out is the model's. */
export interface HostDescription {
  /** FEAT_S2FWB: stage 2 decides cacheability alone. */
  readonly fwb?: boolean;
  /** CTR_EL0.DIC: no instruction cache maintenance needed. */
  readonly dic?: boolean;
  /** CTR_EL0.IDC: no data cache clean needed for instructions. */
  readonly idc?: boolean;
  /** FEAT_RAS: memory errors of guests come to KVM. */
  readonly ras?: boolean;
  /** FEAT_DoubleFault2 (with FEAT_SCTLR2): SCTLR2_EL1.EASE and NMEA. */
  readonly doubleFault2?: boolean;
  /** Bits of physical and intermediate physical addresses. */
  readonly ipaBits?: number;
  /** Bytes of the host kernel's pages. */
  readonly pageSize?: number;
  /** What the host's firmware-first error handling does with a memory error of a guest: claims it, leaves it to KVM, or claims it in these ranges alone. */
  readonly apei?: 'declines' | 'claims' | readonly string[];
}

/** What a person can say about the host, by name. */
const switches = ['fwb', 'dic', 'idc', 'ras', 'doubleFault2'] as const;
const known: ReadonlySet<string> = new Set([...switches, 'ipaBits', 'pageSize', 'apei']);

/** ID_AA64MMFR0_EL1.PARange of each size. A host has no fewer bits: its memory begins at 2^36, and KVM makes VMs of 40 bits (type 0). */
const paRanges: ReadonlyMap<number, number> = new Map([
  [40, 2],
  [42, 3],
  [44, 4],
  [48, 5],
]);
const PAGE_SIZE = 4096;

/**
 * Checks a description of the host.
 * @throws LaunchError that names the field at fault.
 */
export function checkHost(given: unknown): HostDescription {
  const fail = (why: string): never => {
    throw new LaunchError(`${why}.`);
  };
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return fail(`"host" is an object, not ${JSON.stringify(given)}`);
  const host = given as Readonly<Record<string, unknown>>;
  for (const name of Object.keys(host))
    if (!known.has(name)) return fail(`"host.${name}" is not known: the host has ${[...known].join(', ')}`);
  for (const name of switches)
    if (host[name] !== undefined && typeof host[name] !== 'boolean')
      return fail(`"host.${name}" is true or false, not ${JSON.stringify(host[name])}`);
  const { ipaBits, pageSize, apei } = host;
  if (ipaBits !== undefined && !paRanges.has(ipaBits as number))
    return fail(`"host.ipaBits" is ${[...paRanges.keys()].join(', ')}, not ${JSON.stringify(ipaBits)}`);
  if (pageSize !== undefined && pageSize !== PAGE_SIZE)
    return fail(`"host.pageSize" is ${PAGE_SIZE}, not ${JSON.stringify(pageSize)}: this host kernel has pages of 4 KiB only`);
  if (apei !== undefined) claimedRanges(apei);
  if (host['doubleFault2'] === true && host['ras'] === false)
    return fail('"host.doubleFault2" needs "host.ras": FEAT_DoubleFault2 extends FEAT_RAS');
  return host as HostDescription;
}

/** Ranges that APEI claims, or one word for all or nothing. @throws LaunchError */
function claimedRanges(apei: unknown): 'declines' | 'claims' | readonly AddressRange[] {
  if (apei === 'declines' || apei === 'claims') return apei;
  if (!Array.isArray(apei))
    throw new LaunchError(
      `"host.apei" is "declines", "claims" or a list of ranges such as "ipa:0x40200000+0x1000", not ${JSON.stringify(apei)}.`,
    );
  return apei.map((text: unknown) => {
    const range = parseAddressRange(text, '"host.apei"');
    if (range.space === 'va') throw new LaunchError(`"host.apei": ${String(text)} is virtual: firmware knows ipa: and pa: only.`);
    return range;
  });
}

/** @throws LaunchError for a name that is no kernel profile. */
export function kernelProfile(name: string | undefined): KernelProfile {
  if (name === undefined) return kernelProfiles.merged;
  const found = Object.hasOwn(kernelProfiles, name) ? kernelProfiles[name as KernelProfileName] : undefined;
  if (!found) throw new LaunchError(`"kernelProfile" is ${Object.keys(kernelProfiles).join(' or ')}, not ${JSON.stringify(name)}.`);
  return found;
}

const REASON = 'the host is described so';

/**
 * The CPU model with what the host is described to have. A kernel that offers its guests nothing of FEAT_DoubleFault2 leaves it off, which to a guest is a processor
 * without it.
 */
export function profileOfHost(profile: Profile, host: HostDescription, kernel: KernelProfile): Profile {
  const differences: Difference[] = [];
  const put = (register: string, field: string, low: number, bits: number, value: number | undefined): void => {
    if (value !== undefined) differences.push({ register, field, high: low + bits - 1, low, value, reason: REASON });
  };
  const flag = (on: boolean | undefined): number | undefined => (on === undefined ? undefined : Number(on));
  put('ID_AA64MMFR2_EL1', 'FWB', 40, 4, flag(host.fwb));
  put('CTR_EL0', 'DIC', 29, 1, flag(host.dic));
  put('CTR_EL0', 'IDC', 28, 1, flag(host.idc));
  // A processor that needs the clean has levels to clean.
  for (const [field, low] of [
    ['LoUIS', 21],
    ['LoUU', 27],
  ] as const)
    put('CLIDR_EL1', field, low, 3, host.idc === false ? 1 : undefined);
  const doubleFault2 = host.doubleFault2 === true;
  put('ID_AA64PFR0_EL1', 'RAS', 28, 4, flag(host.ras ?? (doubleFault2 ? true : undefined)));
  put('ID_AA64PFR1_EL1', 'DF2', 56, 4, Number(doubleFault2 && kernel.doubleFault2));
  if (doubleFault2) put('ID_AA64MMFR3_EL1', 'SCTLRX', 4, 4, Number(kernel.doubleFault2));
  put('ID_AA64MMFR0_EL1', 'PARange', 0, 4, host.ipaBits === undefined ? undefined : paRanges.get(host.ipaBits));
  return { ...profile, differences: [...profile.differences, ...differences] };
}

/**
 * What APEI does.
 * @param physicalOf Host physical address of a guest physical one, or -1.
 * @throws LaunchError
 */
export function apeiOfHost({ apei = 'declines' }: HostDescription, physicalOf: (ipa: number) => number): Apei {
  const claimed = claimedRanges(apei);
  if (claimed === 'claims') return apeiClaims;
  if (claimed === 'declines') return apeiDeclines;
  return apeiClaimsRanges(
    claimed.map(({ space, start, bytes }) => {
      const physical = space === 'pa' ? Number(start) : physicalOf(Number(start));
      if (physical < 0) throw new LaunchError(`"host.apei": ipa:0x${start.toString(16)} is no memory of this machine.`);
      return { start: physical, bytes };
    }),
  );
}

/** One line of a description. */
export interface HostFact {
  readonly name: string;
  readonly value: string;
}

/** The kernel profile and the host in force, for people. */
export function describeHost(profile: Profile, host: HostDescription, kernel: KernelProfile): HostFact[] {
  const field = (register: string, low: number, bits = 4): number =>
    Number((idRegister(profile, register) >> BigInt(low)) & ((1n << BigInt(bits)) - 1n));
  const has = (register: string, low: number, bits = 4): string => (field(register, low, bits) ? 'yes' : 'no');
  const sizes = [32, 36, 40, 42, 44, 48, 52, 56];
  const { apei = 'declines' } = host;
  return [
    { name: 'kernelProfile', value: kernel.name },
    { name: 'KVM_EXIT_ARM_SEA', value: String(kernel.armSea.number) },
    { name: 'FEAT_RAS', value: has('ID_AA64PFR0_EL1', 28) },
    { name: 'FEAT_DoubleFault2', value: has('ID_AA64PFR1_EL1', 56) },
    { name: 'FEAT_S2FWB', value: has('ID_AA64MMFR2_EL1', 40) },
    { name: 'CTR_EL0.DIC', value: String(field('CTR_EL0', 29, 1)) },
    {
      name: 'CTR_EL0.IDC',
      value: String((effectiveCacheType(idRegister(profile, 'CTR_EL0'), idRegister(profile, 'CLIDR_EL1')) >> 28n) & 1n),
    },
    { name: 'IPA size', value: `${sizes[field('ID_AA64MMFR0_EL1', 0)]} bits` },
    { name: 'page size', value: `${host.pageSize ?? PAGE_SIZE} bytes` },
    { name: 'APEI', value: typeof apei === 'string' ? `${apei} memory errors` : `claims memory errors in ${apei.join(', ')}` },
  ];
}
