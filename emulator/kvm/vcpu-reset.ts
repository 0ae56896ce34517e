import { HCR } from '../cpu/registers.ts';
import { systemRegisterSlot } from '../isa/registers/index.ts';
import { slots } from '../translate/layout.ts';
import { clidrOf, effectiveCacheType } from './cache-ids.ts';
import { applyCounterOffsets } from './counter-offset.ts';
import { vtcr } from './stage2-geometry.ts';
import type { Vcpu } from './vcpu.ts';
import { register } from './vcpu-registers.ts';

/** PSTATE of a vCPU that starts: EL1h, D, A, I and F masked. */
const START_PSTATE = 0x3c5;
/** SCTLR_EL1 after reset as KVM defines it: RES1 bits, MMU and caches off. */
const SCTLR_EL1_RESET = 0x00c5_0078n;

/** What KVM puts into registers that the architecture resets to an UNKNOWN value (`reset_unknown`): so that nobody relies on it. */
export const RESET_UNKNOWN = 0x1de7_ec7e_dbad_c0den;
const unknownAfterReset = [
  ...['TTBR0_EL1', 'TTBR1_EL1', 'AFSR0_EL1', 'AFSR1_EL1', 'ESR_EL1', 'FAR_EL1', 'PAR_EL1', 'MAIR_EL1', 'CSSELR_EL1'],
  ...['TPIDR_EL1', 'TPIDR_EL0', 'TPIDRRO_EL0', 'DACR32_EL2', 'IFSR32_EL2'],
  ...['APIA', 'APIB', 'APDA', 'APDB', 'APGA'].flatMap((name) => [`${name}KeyLo_EL1`, `${name}KeyHi_EL1`]),
].map(systemRegisterSlot);

const FPEXC32_EL2 = systemRegisterSlot('FPEXC32_EL2');
const FPEXC32_EL2_RESET = 0x700n;
const CLIDR_EL1 = systemRegisterSlot('CLIDR_EL1');
const CTR_EL0 = systemRegisterSlot('CTR_EL0');

const word = (low: number, high = 0): bigint => (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);

/** HCR_EL2 for a guest (HCR_GUEST_FLAGS): what is trapped, and which interrupts are virtual. */
const HCR_GUEST = word(
  HCR.VM |
    HCR.SWIO |
    HCR.PTW |
    HCR.FMO |
    HCR.IMO |
    HCR.AMO |
    HCR.FB |
    (1 << 10) |
    HCR.TWI |
    HCR.TID2 |
    HCR.TID3 |
    HCR.TSC |
    HCR.TIDCP |
    HCR.TACR |
    HCR.TSW |
    HCR.RW,
  HCR.high.TLOR,
);
/** External aborts and SErrors come to KVM where the processor has FEAT_RAS. */
const HCR_RAS = word(0, HCR.high.TEA | HCR.high.TERR);
/** Pointer authentication instructions and keys belong to the guest, whether its ID registers show it or not: the processor has no trap for them. */
const HCR_PTRAUTH = word(0, HCR.high.API | HCR.high.APK);
const HCR_FWB = word(0, HCR.high.FWB);
const HCR_TVM = word(HCR.TVM);
/** Several vCPUs share the one processor: a vCPU that spins in WFE gives way. */
const HCR_TWE = word(HCR.TWE);

/** MDCR_EL2: debug registers, OS lock, debug ROM and the PMU are KVM's to emulate. TPMCR, TPM, TDA, TDOSA, TDRA. */
const MDCR_GUEST = BigInt((1 << 5) | (1 << 6) | (1 << 9) | (1 << 10) | (1 << 11));
/** CPTR_EL2 with E2H = 0: RES1 bits; trace, SVE and SME trapped, FP left alone. */
const CPTR_GUEST = 0x32ffn | (1n << 8n) | (1n << 20n);
/** ICC_SRE_EL2: system register interface, EL1 may look. */
const ICC_SRE = 0xfn;
const ICC_SRE_EL1 = 7n;
/** ICH_VMCR_EL2: with the system register interface FIQ enable reads as one. */
const VMCR_RESET = 1n << 3n;

/** Sets the registers of a vCPU to what KVM_ARM_VCPU_INIT leaves (arch/arm64/kvm/reset.c), and EL2 to what KVM runs a guest with. */
export function resetVcpu(vcpu: Vcpu): void {
  const { state, vm, processor } = vcpu;
  processor.reset();
  for (let n = 0; n < 31; n++) state.set(n, 0n);
  state.set(slots.pc, 0n);
  processor.pstate = START_PSTATE;
  const set = (slot: number, value: bigint): void => state.setSystem(slot, value);
  for (const slot of unknownAfterReset) set(slot, RESET_UNKNOWN);
  set(FPEXC32_EL2, FPEXC32_EL2_RESET);
  const cacheType = effectiveCacheType(state.system(CTR_EL0), state.system(CLIDR_EL1));
  set(CTR_EL0, cacheType);
  set(CLIDR_EL1, clidrOf(cacheType));
  set(register.SCTLR_EL1, SCTLR_EL1_RESET);
  let hcr = HCR_GUEST;
  if (vm.features.ras) hcr |= HCR_RAS;
  if (vm.features.pauth) hcr |= HCR_PTRAUTH;
  hcr |= vm.features.fwb ? HCR_FWB : HCR_TVM;
  if (vm.vcpuCount > 1) hcr |= HCR_TWE;
  set(register.HCR_EL2, hcr);
  set(register.MDCR_EL2, MDCR_GUEST);
  set(register.CPTR_EL2, CPTR_GUEST);
  set(register.VTCR_EL2, vtcr(vm.features.parange, vm.features.vmid16, vm.ipaBits));
  set(register.VTTBR_EL2, vm.stage2.vttbr(vm.vmid));
  set(register.VPIDR_EL2, state.system(register.MIDR_EL1));
  set(register.VMPIDR_EL2, vcpu.affinityRegister);
  set(register.ICC_SRE_EL2, ICC_SRE);
  set(register.ICC_SRE_EL1, ICC_SRE_EL1);
  set(register.ICH_VMCR_EL2, VMCR_RESET);
  applyCounterOffsets(vm);
  vcpu.vgic.forgetRegisters();
  processor.invalidateDerivedState();
}
