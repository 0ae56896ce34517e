import { registerKey, slotByKey, systemRegisterSlot, systemRegisters } from '../../isa/registers/index.ts';
import { isValidClidr } from '../cache-ids.ts';
import { setPhysicalCounter, setVirtualCounter } from '../counter-offset.ts';
import { KvmError } from '../errno.ts';
import { guestIdRegister } from '../id-registers.ts';
import type { Vcpu } from '../vcpu.ts';
import { hasPointerAuthentication } from '../vcpu-init.ts';
import { register } from '../vcpu-registers.ts';
import { coprocessor, type RegisterAccess, type RegisterGroup, registerId, sizeBits, word64 } from './access.ts';

const slot = systemRegisterSlot;
const key = (slotNumber: number): number => {
  const { op0, op1, CRn, CRm, op2 } = systemRegisters[slotNumber]!;
  return registerKey(op0, op1, CRn, CRm, op2);
};

/** Registers that are stored as they are written. Those of AArch32 have a place although no guest can use it. */
const stored: readonly string[] = [
  ...Array.from({ length: 16 }, (_, n) => [`DBGBVR${n}_EL1`, `DBGBCR${n}_EL1`, `DBGWVR${n}_EL1`, `DBGWCR${n}_EL1`]).flat(),
  ...['MDCCINT_EL1', 'MDSCR_EL1', 'DBGVCR32_EL2', 'SCTLR_EL1', 'ACTLR_EL1', 'CPACR_EL1', 'TTBR0_EL1', 'TTBR1_EL1', 'TCR_EL1'],
  ...['AFSR0_EL1', 'AFSR1_EL1', 'ESR_EL1', 'FAR_EL1', 'PAR_EL1', 'MAIR_EL1', 'AMAIR_EL1', 'VBAR_EL1', 'DISR_EL1'],
  ...['CONTEXTIDR_EL1', 'TPIDR_EL1', 'CNTKCTL_EL1', 'CSSELR_EL1', 'TPIDR_EL0', 'TPIDRRO_EL0', 'DACR32_EL2', 'IFSR32_EL2', 'FPEXC32_EL2'],
  ...['CNTV_CTL_EL0', 'CNTV_CVAL_EL0', 'CNTP_CTL_EL0', 'CNTP_CVAL_EL0'],
];
/** Those of extensions that the processor may have and KVM gives to guests. */
const optional: readonly string[] = ['TCR2_EL1', 'SCTLR2_EL1', 'PIRE0_EL1', 'PIR_EL1', 'POR_EL1', 'POR_EL0'];
/** With pointer authentication. */
const keys: readonly string[] = ['APIA', 'APIB', 'APDA', 'APDB', 'APGA'].flatMap((name) => [`${name}KeyLo_EL1`, `${name}KeyHi_EL1`]);
/** What the processor is; a VM that comes from elsewhere must have the same. */
const invariant: readonly string[] = ['MIDR_EL1', 'REVIDR_EL1', 'AIDR_EL1'];
const caches: readonly string[] = ['CTR_EL0'];

const keyOf = (name: string): number => key(slot(name));
const storedKeys = new Set(stored.map(keyOf));
const authenticationKeys = new Set(keys.map(keyOf));
const invariantKeys = new Set(invariant.map(keyOf));
const cacheKeys = new Set(caches.map(keyOf));
const timerControls = new Set(['CNTV_CTL_EL0', 'CNTP_CTL_EL0'].map(keyOf));
const [OSLSR, MPIDR, CLIDR] = ['OSLSR_EL1', 'MPIDR_EL1', 'CLIDR_EL1'].map(keyOf) as [number, number, number];
const [CNTVCT, CNTPCT, CNTV_CVAL] = ['CNTVCT_EL0', 'CNTPCT_EL0', 'CNTV_CVAL_EL0'].map(keyOf) as [number, number, number];
/** op0 3, op1 0, CRn 0, CRm 1 to 7: identification registers; encodings without one are zero. */
const isIdSpace = (of: number): boolean => of >= registerKey(3, 0, 0, 1, 0) && of <= registerKey(3, 0, 0, 7, 7);
const idSpace = Array.from({ length: 56 }, (_, n) => registerKey(3, 0, 0, 1, 0) + n);

const OSLK = 1n << 1n;
/** CNT*_CTL_EL0.ISTATUS: never stored. */
const ISTATUS = 1n << 2n;

/** The virtual timer's CVAL and the virtual count have each other's identifiers, by historical accident. */
const swapped = (low: number): number => (low === CNTV_CVAL ? CNTVCT : low === CNTVCT ? CNTV_CVAL : low);

/** A register that says what the processor offers. Once the VM has run, it is too late to ask for anything else. */
function idRegister(vcpu: Vcpu, of: number): RegisterAccess {
  const at = slotByKey(of);
  const name = systemRegisters[at]?.name ?? 'a register that is not there';
  const value = at < 0 ? 0n : guestIdRegister(name, vcpu.state.system(at), hasPointerAuthentication(vcpu));
  return word64(
    () => value,
    (wanted) => {
      if (wanted === value) return;
      const late = vcpu.vm.hasRun && !invariantKeys.has(of);
      throw new KvmError(late ? 'EBUSY' : 'EINVAL', `${name} cannot be changed to 0x${wanted.toString(16)}`);
    },
  );
}

function storedRegister({ state, vm }: Vcpu, slotNumber: number): RegisterAccess {
  // A guest's DISR_EL1 is the processor's VDISR_EL2 (HCR_EL2.AMO).
  const at = slotNumber === register.DISR_EL1 && vm.features.ras ? register.VDISR_EL2 : slotNumber;
  return word64(
    () => state.system(at),
    (value) => state.setSystem(at, value),
  );
}

function timerControl({ state }: Vcpu, at: number): RegisterAccess {
  return word64(
    () => state.system(at),
    (value) => state.setSystem(at, value & ~ISTATUS),
  );
}

const optionalKeys = ({ processor }: Vcpu): ReadonlySet<number> =>
  new Set(optional.filter((name) => processor.features.has(systemRegisters[slot(name)]!.feature!)).map(keyOf));

function osLockStatus({ state }: Vcpu): RegisterAccess {
  const at = slot('OSLSR_EL1');
  return word64(
    () => state.system(at),
    (value) => {
      if ((value ^ state.system(at)) & ~OSLK) throw new KvmError('EINVAL', `OSLSR_EL1 0x${value.toString(16)}`);
      state.setSystem(at, value);
    },
  );
}

function cacheLevels({ state }: Vcpu): RegisterAccess {
  const at = slot('CLIDR_EL1');
  return word64(
    () => state.system(at),
    (value) => {
      if (!isValidClidr(state.named('CTR_EL0'), value)) throw new KvmError('EINVAL', `CLIDR_EL1 0x${value.toString(16)}`);
      state.setSystem(at, value);
    },
  );
}

function find(vcpu: Vcpu, low: number): RegisterAccess | undefined {
  const of = swapped(low);
  if (timerControls.has(of)) return timerControl(vcpu, slotByKey(of));
  if (storedKeys.has(of) || optionalKeys(vcpu).has(of) || (authenticationKeys.has(of) && hasPointerAuthentication(vcpu)))
    return storedRegister(vcpu, slotByKey(of));
  if (isIdSpace(of) || invariantKeys.has(of) || cacheKeys.has(of)) return idRegister(vcpu, of);
  const { state, vm } = vcpu;
  switch (of) {
    case CLIDR:
      return cacheLevels(vcpu);
    case OSLSR:
      return osLockStatus(vcpu);
    case MPIDR:
      return word64(
        () => state.system(register.VMPIDR_EL2),
        (value) => vcpu.setAffinityRegister(value),
      );
    case CNTVCT:
      return word64(
        () => BigInt.asUintN(64, BigInt(vm.clock.ticks) - state.system(register.CNTVOFF_EL2)),
        (value) => setVirtualCounter(vm, value),
      );
    case CNTPCT:
      return word64(
        () => BigInt.asUintN(64, BigInt(vm.clock.ticks) - vm.physicalOffset),
        (value) => setPhysicalCounter(vm, value),
      );
    default:
      return undefined;
  }
}

/** System registers by op0 15:14, op1 13:11, CRn 10:7, CRm 6:3, op2 2:0 (`sys_reg_descs`). */
export const systemRegisterGroup: RegisterGroup = {
  find: (vcpu, low, size) => (size === sizeBits.u64 ? find(vcpu, low) : undefined),
  list: (vcpu) =>
    [
      ...[
        ...storedKeys,
        ...optionalKeys(vcpu),
        ...(hasPointerAuthentication(vcpu) ? authenticationKeys : []),
        ...invariantKeys,
        ...cacheKeys,
        ...idSpace,
      ],
      ...[OSLSR, MPIDR, CLIDR, CNTVCT, CNTPCT],
    ]
      .sort((a, b) => a - b)
      .map((low) => registerId(sizeBits.u64, coprocessor.sysreg, swapped(low))),
};
