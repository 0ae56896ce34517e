import { checkSystemExtension } from '../capabilities.ts';
import { KvmError } from '../errno.ts';
import { IPA_BITS } from '../stage2-geometry.ts';
import { ipaLimit } from '../vm.ts';
import type { FileOperations } from './file-table.ts';
import { OpenVm, type Process } from './open-vm.ts';
import { _IO } from './requests.ts';

const API_VERSION = 12;
/** `struct kvm_run`, and the ring of coalesced MMIO that nothing is ever put into. */
const VCPU_MMAP_BYTES = 2 * 4096;
/** KVM_VM_TYPE_ARM_IPA_SIZE_MASK: bits of the type that are not a kind of VM. */
const IPA_SIZE = 0xffn;
const MIN_IPA_BITS = 32;

/** Bits of IPA that a VM type asks for. @throws KvmError EINVAL for another kind of VM, or a size beyond the host's. */
function ipaBitsOf(type: bigint, limit: number): number {
  const bits = Number(type & IPA_SIZE) || IPA_BITS;
  if (type & ~IPA_SIZE || bits < MIN_IPA_BITS || bits > limit) throw new KvmError('EINVAL', `KVM_CREATE_VM of type 0x${type.toString(16)}`);
  return bits;
}

/** A call that takes no argument. @throws KvmError EINVAL for one. */
const noArgument = (value: bigint): void => {
  if (value !== 0n) throw new KvmError('EINVAL', 'an argument that should be 0');
};

/** Calls of /dev/kvm (`kvm_dev_ioctl`). */
export const systemOperations = (process: Process): FileOperations<'system'> => ({
  unknown: 'EINVAL',
  calls: [
    {
      name: 'KVM_GET_API_VERSION',
      request: _IO(0x00),
      run: (_, { value }) => {
        noArgument(value);
        return API_VERSION;
      },
    },
    {
      name: 'KVM_CREATE_VM',
      request: _IO(0x01),
      run: (_, { value }) => {
        const ipaBits = ipaBitsOf(value, ipaLimit(process.host.features));
        process.files.requireRoom();
        const open = new OpenVm(process, ipaBits);
        open.acquire();
        return process.files.install({ kind: 'vm', open });
      },
    },
    { name: 'KVM_CHECK_EXTENSION', request: _IO(0x03), run: (_, { value }) => checkSystemExtension(process.host, Number(value)) },
    {
      name: 'KVM_GET_VCPU_MMAP_SIZE',
      request: _IO(0x04),
      run: (_, { value }) => {
        noArgument(value);
        return VCPU_MMAP_BYTES;
      },
    },
  ],
});
