import { registerKey, systemRegisterSlot } from '../../isa/registers/index.ts';
import { PRIORITY_BITS } from '../../isa/registers/virtual-interface.ts';
import { KvmError } from '../errno.ts';
import type { Vcpu } from '../vcpu.ts';
import { register } from '../vcpu-registers.ts';

/** User space's view of a CPU interface register: what saves and restores it. */
export interface UserInterfaceRegister {
  get(): bigint;
  set(value: bigint): void;
}

/** ICH_VMCR_EL2: low bit and width of the fields that ICC_* registers are views of. */
const vmcr = {
  ENG0: [0, 1],
  ENG1: [1, 1],
  CBPR: [4, 1],
  EOIM: [9, 1],
  BPR1: [18, 3],
  BPR0: [21, 3],
  PMR: [24, 8],
} as const satisfies Record<string, readonly [number, number]>;

/** ICC_CTLR_EL1. */
const ctlr = { CBPR: 1n << 0n, EOIMODE: 1n << 1n, PRI_BITS: 8n, ID_BITS: 11n, SEIS: 1n << 14n, A3V: 1n << 15n } as const;
const SRE = 7n;

const getField = ({ state }: Vcpu, [low, bits]: readonly [number, number]): bigint =>
  (state.system(register.ICH_VMCR_EL2) >> BigInt(low)) & ((1n << BigInt(bits)) - 1n);

function setField({ state }: Vcpu, [low, bits]: readonly [number, number], value: bigint): void {
  const mask = ((1n << BigInt(bits)) - 1n) << BigInt(low);
  state.setSystem(register.ICH_VMCR_EL2, (state.system(register.ICH_VMCR_EL2) & ~mask) | ((value << BigInt(low)) & mask));
}

const field =
  (of: readonly [number, number]) =>
  (vcpu: Vcpu): UserInterfaceRegister => ({ get: () => getField(vcpu, of), set: (value) => setField(vcpu, of, value) });

/** With CBPR the second binary point is the first, and cannot be set. */
const secondBinaryPoint = (vcpu: Vcpu): UserInterfaceRegister => {
  const common = (): boolean => getField(vcpu, vmcr.CBPR) !== 0n;
  const plusOne = (value: bigint): bigint => (value + 1n > 7n ? 7n : value + 1n);
  return {
    get: () => (common() ? plusOne(getField(vcpu, vmcr.BPR0)) : getField(vcpu, vmcr.BPR1)),
    set: (value) => {
      if (!common()) setField(vcpu, vmcr.BPR1, value);
    },
  };
};

/** Active priorities: five bits of priority need one register of each group. */
const active =
  (group: 0 | 1, index: number) =>
  ({ state }: Vcpu): UserInterfaceRegister => {
    const slot = systemRegisterSlot(`ICH_AP${group}R0_EL2`);
    const require = (): void => {
      if (index > 0) throw new KvmError('EINVAL', `ICC_AP${group}R${index}_EL1 of ${PRIORITY_BITS} bits of priority`);
    };
    return {
      get: () => {
        require();
        return state.system(slot);
      },
      set: (value) => {
        require();
        state.setSystem(slot, BigInt.asUintN(32, value));
      },
    };
  };

/** What was saved on a controller of more bits cannot be restored; of fewer, it can, and is what the guest goes on with. */
const control = (vcpu: Vcpu): UserInterfaceRegister => {
  const { vgic } = vcpu;
  return {
    get: () =>
      (getField(vcpu, vmcr.CBPR) ? ctlr.CBPR : 0n) |
      (getField(vcpu, vmcr.EOIM) ? ctlr.EOIMODE : 0n) |
      (BigInt(vgic.priorityBits - 1) << ctlr.PRI_BITS) |
      (BigInt(vgic.idBits) << ctlr.ID_BITS),
    set: (value) => {
      const priorityBits = Number((value >> ctlr.PRI_BITS) & 7n) + 1;
      const idBits = Number((value >> ctlr.ID_BITS) & 7n);
      const what = `ICC_CTLR_EL1 0x${value.toString(16)}`;
      if (priorityBits > vgic.priorityBits) throw new KvmError('EINVAL', what);
      vgic.priorityBits = priorityBits;
      if (idBits > vgic.idBits) throw new KvmError('EINVAL', what);
      vgic.idBits = idBits;
      if (value & (ctlr.SEIS | ctlr.A3V)) throw new KvmError('EINVAL', what);
      setField(vcpu, vmcr.CBPR, value & ctlr.CBPR ? 1n : 0n);
      setField(vcpu, vmcr.EOIM, value & ctlr.EOIMODE ? 1n : 0n);
    },
  };
};

const systemAccess = (): UserInterfaceRegister => ({
  get: () => SRE,
  set: (value) => {
    if (!(value & 1n)) throw new KvmError('EINVAL', 'ICC_SRE_EL1 without SRE');
  },
});

const interfaceRegister = (CRn: number, CRm: number, op2: number): number => registerKey(3, 0, CRn, CRm, op2);

/** By op0 15:14, op1 13:11, CRn 10:7, CRm 6:3, op2 2:0. */
const registers = new Map<number, (vcpu: Vcpu) => UserInterfaceRegister>([
  [interfaceRegister(4, 6, 0), field(vmcr.PMR)],
  [interfaceRegister(12, 8, 3), field(vmcr.BPR0)],
  ...[0, 1, 2, 3].map((n) => [interfaceRegister(12, 8, 4 + n), active(0, n)] as const),
  ...[0, 1, 2, 3].map((n) => [interfaceRegister(12, 9, n), active(1, n)] as const),
  [interfaceRegister(12, 12, 3), secondBinaryPoint],
  [interfaceRegister(12, 12, 4), control],
  [interfaceRegister(12, 12, 5), systemAccess],
  [interfaceRegister(12, 12, 6), field(vmcr.ENG0)],
  [interfaceRegister(12, 12, 7), field(vmcr.ENG1)],
]);

/** KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS of a vCPU; undefined: there is no such register. */
export const userInterfaceRegister = (vcpu: Vcpu, key: number): UserInterfaceRegister | undefined => registers.get(key)?.(vcpu);
