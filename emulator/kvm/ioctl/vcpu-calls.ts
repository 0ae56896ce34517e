import { KvmError } from '../errno.ts';
import { kvmRun } from '../kvm-run.ts';
import { setMpState } from '../mp-state.ts';
import { readOneReg, registerBytes, registerList, writeOneReg } from '../one-reg/index.ts';
import { getVcpuAttribute, hasVcpuAttribute, setVcpuAttribute } from '../vcpu-attributes.ts';
import { getVcpuEvents, setVcpuEvents } from '../vcpu-events.ts';
import { finalizeVcpu, initVcpu, requireInitialized } from '../vcpu-init.ts';
import { attributeCalls } from './attribute-calls.ts';
import type { Argument, Call } from './call.ts';
import type { FileOf, FileOperations } from './file-table.ts';
import { _IO, _IOR, _IOW, _IOWR } from './requests.ts';
import { structs } from './structs.ts';
import { copyFromUser, copyToUser } from './user-memory.ts';
import { decodeEvents, encodeEvents } from './vcpu-events.ts';

type VcpuFile = FileOf<'vcpu'>;

function getOneReg({ vcpu }: VcpuFile, argument: Argument): number {
  requireInitialized(vcpu, 'KVM_GET_ONE_REG');
  const { id, addr } = argument.read(structs.oneReg);
  copyToUser(argument.memory, addr, readOneReg(vcpu, id));
  return 0;
}

function setOneReg({ vcpu }: VcpuFile, argument: Argument): number {
  requireInitialized(vcpu, 'KVM_SET_ONE_REG');
  const { id, addr } = argument.read(structs.oneReg);
  writeOneReg(vcpu, id, () => copyFromUser(argument.memory, addr, registerBytes(id)));
  return 0;
}

/** The list's length goes to user space even where its room is too small. */
function getRegList({ vcpu }: VcpuFile, argument: Argument): number {
  requireInitialized(vcpu, 'KVM_GET_REG_LIST');
  const { n } = argument.read(structs.regList);
  const ids = registerList(vcpu);
  argument.write(structs.regList, { n: BigInt(ids.length) });
  if (n < BigInt(ids.length)) throw new KvmError('E2BIG', `KVM_GET_REG_LIST of ${ids.length} registers`);
  const bytes = new Uint8Array(new BigUint64Array(ids).buffer);
  copyToUser(argument.memory, argument.value + BigInt(structs.regList.size), bytes);
  return 0;
}

function run({ open: { process }, vcpu }: VcpuFile, { value }: Argument): number {
  if (value !== 0n) throw new KvmError('EINVAL', 'KVM_RUN with an argument');
  kvmRun(vcpu, process.patience);
  return 0;
}

/** Calls of a vCPU (`kvm_vcpu_ioctl`, `kvm_arch_vcpu_ioctl`). */
const calls: readonly Call<VcpuFile>[] = [
  { name: 'KVM_RUN', request: _IO(0x80), run },
  {
    name: 'KVM_SET_SIGNAL_MASK',
    request: _IOW(0x8b, structs.signalMask),
    run: (_, argument) => {
      // No signal ever comes here but the one that ends KVM_RUN; what can be wrong with a mask is its size.
      if (argument.value !== 0n && argument.read(structs.signalMask).len !== SIGSET_BYTES)
        throw new KvmError('EINVAL', 'KVM_SET_SIGNAL_MASK');
      if (argument.value !== 0n) copyFromUser(argument.memory, argument.value + BigInt(structs.signalMask.size), SIGSET_BYTES);
      return 0;
    },
  },
  {
    name: 'KVM_GET_MP_STATE',
    request: _IOR(0x98, structs.mpState),
    run: ({ vcpu }, argument) => {
      argument.write(structs.mpState, { mpState: vcpu.mpState });
      return 0;
    },
  },
  {
    name: 'KVM_SET_MP_STATE',
    request: _IOW(0x99, structs.mpState),
    run: ({ vcpu }, argument) => {
      setMpState(vcpu, argument.read(structs.mpState).mpState);
      return 0;
    },
  },
  {
    name: 'KVM_SET_GUEST_DEBUG',
    request: _IOW(0x9b, structs.guestDebug),
    run: ({ vcpu }, argument) => {
      const { control, ...registers } = argument.read(structs.guestDebug);
      vcpu.guestDebug.set(control, registers);
      return 0;
    },
  },
  {
    name: 'KVM_GET_VCPU_EVENTS',
    request: _IOR(0x9f, structs.vcpuEvents),
    run: ({ vcpu }, argument) => {
      requireInitialized(vcpu, 'KVM_GET_VCPU_EVENTS');
      argument.write(structs.vcpuEvents, encodeEvents(getVcpuEvents(vcpu)));
      return 0;
    },
  },
  {
    name: 'KVM_SET_VCPU_EVENTS',
    request: _IOW(0xa0, structs.vcpuEvents),
    run: ({ vcpu }, argument) => {
      requireInitialized(vcpu, 'KVM_SET_VCPU_EVENTS');
      setVcpuEvents(vcpu, decodeEvents(argument.read(structs.vcpuEvents), vcpu.vm.kernel));
      return 0;
    },
  },
  {
    name: 'KVM_ENABLE_CAP',
    request: _IOW(0xa3, structs.enableCap),
    run: (_, argument) => {
      throw new KvmError('EINVAL', `KVM_ENABLE_CAP of ${argument.read(structs.enableCap).cap} on a vCPU`);
    },
  },
  { name: 'KVM_GET_ONE_REG', request: _IOW(0xab, structs.oneReg), run: getOneReg },
  { name: 'KVM_SET_ONE_REG', request: _IOW(0xac, structs.oneReg), run: setOneReg },
  {
    name: 'KVM_ARM_VCPU_INIT',
    request: _IOW(0xae, structs.vcpuInit),
    run: ({ vcpu }, argument) => {
      initVcpu(vcpu, argument.read(structs.vcpuInit));
      return 0;
    },
  },
  { name: 'KVM_GET_REG_LIST', request: _IOWR(0xb0, structs.regList), run: getRegList },
  {
    name: 'KVM_ARM_VCPU_FINALIZE',
    request: _IOW(0xc2, structs.u32),
    run: ({ vcpu }, argument) => {
      requireInitialized(vcpu, 'KVM_ARM_VCPU_FINALIZE');
      finalizeVcpu(vcpu, argument.read(structs.u32).value);
      return 0;
    },
  },
  ...attributeCalls<VcpuFile>({
    set: ({ vcpu }, attribute, value) => setVcpuAttribute(vcpu, attribute, value),
    get: ({ vcpu }, attribute, value) => getVcpuAttribute(vcpu, attribute, value),
    has: ({ vcpu }, attribute) => hasVcpuAttribute(vcpu, attribute),
  }),
];

/** sigset_t. */
const SIGSET_BYTES = 8;

export const vcpuOperations: FileOperations<'vcpu'> = { calls, unknown: 'EINVAL' };
