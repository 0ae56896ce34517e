import { registerKey, systemRegisterSlot, systemRegisters } from '../../isa/registers/index.ts';
import type { SystemRegister } from '../../isa/registers/register.ts';
import type { MpState } from '../../kvm/mp-state.ts';
import { getOneReg, setOneReg, sysregId } from '../../kvm/one-reg.ts';
import type { Vcpu } from '../../kvm/vcpu.ts';
import { getVcpuEvents, setVcpuEvents } from '../../kvm/vcpu-events.ts';
import type { SavedVcpu } from './format.ts';

const hex = (value: bigint): string => `0x${value.toString(16)}`;

/** `struct kvm_regs`, as identifiers: PSTATE first, which says what stack pointer is in use, then X0 to X30, SP, PC, SP_EL1, ELR_EL1, five SPSRs, V0 to V31, FPSR and FPCR. */
const U64 = 0x6030_0000_0010_0000n;
const PSTATE = U64 | 0x42n;
const coreRegisters: readonly bigint[] = [
  PSTATE,
  ...Array.from({ length: 31 }, (_, n) => U64 | BigInt(2 * n)),
  ...[0x3en, 0x40n, 0x44n, 0x46n, 0x48n, 0x4an, 0x4cn, 0x4en, 0x50n].map((at) => U64 | at),
  ...Array.from({ length: 32 }, (_, n) => 0x6040_0000_0010_0054n + BigInt(4 * n)),
  0x6020_0000_0010_00d4n,
  0x6020_0000_0010_00d5n,
];

/** Groups whose registers are the processor's, EL2's, the interrupt controller's or not offered to guests. */
const elsewhere = new Set([
  'Identification',
  'Process state',
  'Virtualization',
  'GIC CPU interface',
  'GIC virtual interface control',
  'Performance monitors',
]);
/** Views of a counter, not state. */
const derived = /^CNT.*(TVAL|CT|CTSS)_EL|^OSDTR/;
/** CNTVCT_EL0 and CNTV_CVAL_EL0 have each other's identifiers: both are asked for. */
const stored = new Set(['OSLSR_EL1', 'DISR_EL1', 'CNTVCT_EL0']);

const isGuestState = ({ group, op1, access, name }: SystemRegister): boolean =>
  stored.has(name) || (!elsewhere.has(group) && op1 !== 4 && op1 !== 5 && access.el1 === 'read-write' && !derived.test(name));

const guestRegisters: readonly bigint[] = [
  ...coreRegisters,
  ...systemRegisters.filter(isGuestState).map(({ op0, op1, CRn, CRm, op2 }) => sysregId(registerKey(op0, op1, CRn, CRm, op2))),
];

/** What ICC_* of the CPU interface are made of. */
const interfaceRegisters = systemRegisters.map(({ name }) => name).filter((name) => /^ICH_(VMCR|AP[01]R\d)_EL2$/.test(name));

/** Registers and events of a vCPU whose KVM_RUN has returned. */
export function saveVcpu(vcpu: Vcpu): SavedVcpu {
  const { serrorPending, serrorHasEsr, serrorEsr } = getVcpuEvents(vcpu);
  return {
    registers: Object.fromEntries(guestRegisters.map((id) => [hex(id), hex(getOneReg(vcpu, id))])),
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
