import { KvmError } from '../errno.ts';
import { type BitmapName, bitmapFeatures, bitmapNames } from '../hypercalls/bitmaps.ts';
import { psciVersion } from '../hypercalls/psci.ts';
import type { Vcpu } from '../vcpu.ts';
import { vcpuFeature } from '../vcpu-init.ts';
import { coprocessor, type RegisterAccess, type RegisterGroup, registerId, sizeBits, word64 } from './access.ts';

/** KVM_REG_ARM_FW_REG(n): PSCI_VERSION, then the levels of three workarounds. */
const PSCI_VERSION = 0;
const WORKAROUND_2 = 2;
const LAST = 3;

/** KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_*: bits 3:0 are the level, 0 where there is none; bit 4 of the second says that it is in force. */
const LEVEL = 0xfn;
const workaround2 = { NOT_AVAIL: 0n, UNKNOWN: 1n, AVAIL: 2n, NOT_REQUIRED: 3n, ENABLED: 1n << 4n } as const;

function psci(vcpu: Vcpu): RegisterAccess {
  const { vm } = vcpu;
  const modern = ((vcpu.features ?? 0) & vcpuFeature.PSCI_0_2) !== 0;
  return word64(
    () => BigInt(vm.psciVersion),
    (value) => {
      const version = Object.values<number>(psciVersion).find((one) => BigInt(one) === value);
      if (version === undefined || (version === psciVersion.V0_1) === modern)
        throw new KvmError('EINVAL', `PSCI version 0x${value.toString(16)}`);
      vm.psciVersion = version;
    },
  );
}

/** KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_1_NOT_REQUIRED, and what SMCCC_ARCH_FEATURES says then. */
const NOT_REQUIRED = 2n;
const UNAFFECTED = 1n;

/** The host's firmware has no workaround: the level is 0 unless the processor needs none. No higher one can be asked for, and a lower one changes nothing. */
function workaround({ vm }: Vcpu, number: number): RegisterAccess {
  const { spectreV2, spectreBhb } = vm.workarounds;
  const answer = number === 1 ? spectreV2 : number === WORKAROUND_2 ? 0n : spectreBhb;
  const level = answer === UNAFFECTED ? NOT_REQUIRED : 0n;
  return word64(
    () => level,
    (value) => {
      const refused = number === WORKAROUND_2 ? refusedSecond(value) : value > level;
      if (refused) throw new KvmError('EINVAL', `level 0x${value.toString(16)} of SMCCC_ARCH_WORKAROUND_${number}`);
    },
  );
}

/** The second counts two levels as "not available". */
function refusedSecond(value: bigint): boolean {
  const level = value & LEVEL;
  if (value & ~(LEVEL | workaround2.ENABLED) || (value & workaround2.ENABLED && level !== workaround2.AVAIL)) return true;
  return level !== workaround2.NOT_AVAIL && level !== workaround2.UNKNOWN;
}

/** Firmware that KVM plays: which version of PSCI, and which workarounds guests find (`kvm_arm_get_fw_reg`). */
export const firmwareRegisters: RegisterGroup = {
  find: (vcpu, low, size) => {
    if (size !== sizeBits.u64 || low > LAST) return undefined;
    return low === PSCI_VERSION ? psci(vcpu) : workaround(vcpu, low);
  },
  list: () => Array.from({ length: LAST + 1 }, (_, low) => registerId(sizeBits.u64, coprocessor.firmware, low)),
};

function bitmap({ vm }: Vcpu, name: BitmapName): RegisterAccess {
  return word64(
    () => vm.firmwareBitmaps[name],
    (value) => {
      const what = `0x${value.toString(16)} for KVM_REG_ARM_${name}_BMAP`;
      if (value & ~bitmapFeatures[name]) throw new KvmError('EINVAL', what);
      if (vm.hasRun && value !== vm.firmwareBitmaps[name]) throw new KvmError('EBUSY', `${what} once the VM has run`);
      vm.firmwareBitmaps[name] = value;
    },
  );
}

/** Which hypercalls guests find, a bit each. */
export const firmwareBitmaps: RegisterGroup = {
  find: (vcpu, low, size) => {
    const name = bitmapNames[low];
    return name && size === sizeBits.u64 ? bitmap(vcpu, name) : undefined;
  },
  list: () => bitmapNames.map((_, low) => registerId(sizeBits.u64, coprocessor.firmwareBitmap, low)),
};
