import { systemRegisterSlot, systemRegisters } from '../../isa/registers/index.ts';
import type { MpState } from '../../kvm/mp-state.ts';
import { getOneReg, registerList, setOneReg } from '../../kvm/one-reg/index.ts';
import type { Vcpu } from '../../kvm/vcpu.ts';
import { getVcpuEvents, setVcpuEvents } from '../../kvm/vcpu-events.ts';
import type { SavedVcpu } from './format.ts';

const hex = (value: bigint): string => `0x${value.toString(16)}`;

/** PSTATE says what stack pointer is in use: it comes before the others. */
const PSTATE = 0x6030_0000_0010_0042n;
/** Identification of the processor and its caches, and what goes by itself: the host's, or set in another way. */
const isIdentification = (id: bigint): boolean =>
  (id >= 0x6030_0000_0013_c000n && id <= 0x6030_0000_0013_c03fn && id !== MPIDR) || caches.has(id);
const MPIDR = 0x6030_0000_0013_c005n;
/** CLIDR_EL1, AIDR_EL1, CTR_EL0. */
const caches = new Set([0x6030_0000_0013_c801n, 0x6030_0000_0013_c807n, 0x6030_0000_0013_d801n]);
/** Cache sizes, and what firmware offers. */
const isOfHost = (id: bigint): boolean => [0x11n, 0x14n, 0x16n].includes((id >> 16n) & 0xfffn);
/** The physical counter is the host's. */
const CNTPCT = 0x6030_0000_0013_df01n;

/** The registers that are the guest's own, of those that KVM_GET_REG_LIST gives. */
const guestRegisters = (vcpu: Vcpu): readonly bigint[] => [
  PSTATE,
  ...registerList(vcpu).filter((id) => id !== PSTATE && id !== CNTPCT && !isIdentification(id) && !isOfHost(id)),
];

/** What ICC_* of the CPU interface are made of. */
const interfaceRegisters = systemRegisters.map(({ name }) => name).filter((name) => /^ICH_(VMCR|AP[01]R\d)_EL2$/.test(name));

/** Registers and events of a vCPU whose KVM_RUN has returned. */
export function saveVcpu(vcpu: Vcpu): SavedVcpu {
  const { serrorPending, serrorHasEsr, serrorEsr } = getVcpuEvents(vcpu);
  return {
    registers: Object.fromEntries(guestRegisters(vcpu).map((id) => [hex(id), hex(getOneReg(vcpu, id))])),
    interface: Object.fromEntries(interfaceRegisters.map((name) => [name, hex(vcpu.state.system(systemRegisterSlot(name)))])),
    mpState: vcpu.mpState,
    ...(serrorPending ? { serror: serrorHasEsr ? { esr: hex(serrorEsr ?? 0n) } : {} } : {}),
    instructions: vcpu.instructions,
  };
}

/** @throws KvmError for a register or an event that this host does not have. */
export function restoreVcpu(vcpu: Vcpu, saved: SavedVcpu): void {
  for (const [id, value] of Object.entries(saved.registers)) setOneReg(vcpu, BigInt(id), BigInt(value));
  for (const [name, value] of Object.entries(saved.interface)) vcpu.state.setSystem(systemRegisterSlot(name), BigInt(value));
  vcpu.mpState = saved.mpState as MpState;
  vcpu.instructions = saved.instructions;
  if (saved.serror) {
    const { esr } = saved.serror;
    setVcpuEvents(vcpu, { serrorPending: true, ...(esr === undefined ? {} : { serrorHasEsr: true, serrorEsr: BigInt(esr) }) });
  }
  vcpu.processor.invalidateDerivedState();
}
