import { checkExtension, enableCapability } from '../capabilities.ts';
import { setCounterOffset } from '../counter-offset.ts';
import { KvmError } from '../errno.ts';
import type { GuestMemfd } from '../guest-memfd.ts';
import { irqLine, signalMsi } from '../irq-line.ts';
import { MAX_MEMSLOTS, type MemoryRegion, memslotFlag } from '../memslots.ts';
import { writableMasks } from '../reg-writable-masks.ts';
import { PAGE_BYTES } from '../stage2-geometry.ts';
import { TARGET_GENERIC_V8 } from '../vcpu-init.ts';
import { attributeCalls } from './attribute-calls.ts';
import type { Argument, Call } from './call.ts';
import type { FileOf, FileOperations, FileTable } from './file-table.ts';
import { _IO, _IOR, _IOW, _IOWR } from './requests.ts';
import { structs } from './structs.ts';
import { copyFromUser, copyToUser } from './user-memory.ts';
import { vmAttributes } from './vm-attributes.ts';

type VmCall = Call<FileOf<'vm'>>;

/** A 64-bit address or size as a number; what a number cannot hold exactly is no whole page. @throws KvmError EINVAL. */
function pageAligned(value: bigint): number {
  if (value % BigInt(PAGE_BYTES) !== 0n) throw new KvmError('EINVAL', `0x${value.toString(16)} is not page-aligned`);
  return Number(value);
}

interface RawRegion {
  readonly slot: number;
  readonly flags: number;
  readonly guestPhysAddr: bigint;
  readonly memorySize: bigint;
  readonly userspaceAddr: bigint;
}

const regionOf = ({ slot, flags, guestPhysAddr, memorySize, userspaceAddr }: RawRegion): MemoryRegion => ({
  ...{ slot, flags, guestPhysAddr: pageAligned(guestPhysAddr), memorySize: pageAligned(memorySize) },
  userspaceAddr: pageAligned(userspaceAddr),
});

function setMemoryRegion2({ open }: FileOf<'vm'>, argument: Argument): number {
  const raw = argument.read(structs.memoryRegion2);
  const region = regionOf(raw);
  if (!(raw.flags & memslotFlag.GUEST_MEMFD)) {
    open.vm.memslots.set2(region);
    return 0;
  }
  const guestMemfdOffset = pageAligned(raw.guestMemfdOffset);
  const guestMemfd = memfdAt(open.process.files, raw.guestMemfd);
  open.vm.memslots.set2({ ...region, guestMemfdOffset, ...(guestMemfd === undefined ? {} : { guestMemfd }) });
  return 0;
}

/** The guest_memfd of a file descriptor; null: another file; undefined: none is open. */
function memfdAt(files: FileTable, fd: number): GuestMemfd | null | undefined {
  const file = files.find(fd);
  return file && (file.kind === 'guest_memfd' ? file.memfd : null);
}

function createGuestMemfd({ open }: FileOf<'vm'>, argument: Argument): number {
  const { size, flags } = argument.read(structs.createGuestMemfd);
  // A size that is negative as a loff_t, or flags beyond 32 bits, are none that exist.
  if (flags >> 32n || size >> 63n) throw new KvmError('EINVAL', 'KVM_CREATE_GUEST_MEMFD');
  open.process.files.requireRoom();
  const memfd = open.vm.createGuestMemfd(pageAligned(size), Number(flags));
  open.acquire();
  return open.process.files.install({ kind: 'guest_memfd', open, memfd });
}

function getDirtyLog({ open }: FileOf<'vm'>, argument: Argument): number {
  const { slot, dirtyBitmap } = argument.read(structs.dirtyLog);
  copyToUser(argument.memory, dirtyBitmap, open.vm.memslots.getDirtyLog(slot));
  return 0;
}

function clearDirtyLog({ open }: FileOf<'vm'>, argument: Argument): number {
  const { slot, numPages, firstPage, dirtyBitmap } = argument.read(structs.clearDirtyLog);
  const { memslots } = open.vm;
  const bytes = Math.ceil(numPages / 64) * 8;
  memslots.clearDirtyLog(slot, {
    firstPage: Number(firstPage),
    numPages,
    bitmap: () => copyFromUser(argument.memory, dirtyBitmap, bytes),
  });
  return 0;
}

const KVM_CREATE_DEVICE_TEST = 1;
/** KVM_DEV_TYPE_ARM_VGIC_V3. */
const VGIC_V3 = 7;

function createDevice({ open }: FileOf<'vm'>, argument: Argument): number {
  const asked = argument.read(structs.createDevice);
  if (asked.type !== VGIC_V3) throw new KvmError('ENODEV', `KVM_CREATE_DEVICE of type ${asked.type}`);
  if (asked.flags & KVM_CREATE_DEVICE_TEST) return 0;
  open.process.files.requireRoom();
  const device = open.vm.createVgic();
  open.acquire();
  const fd = open.process.files.install({ kind: 'device', open, device });
  argument.write(structs.createDevice, { ...asked, fd });
  return 0;
}

function getWritableMasks({ open }: FileOf<'vm'>, argument: Argument): number {
  const { addr, range, reserved } = argument.read(structs.regMaskRange);
  if (range !== 0 || reserved.some((word) => word !== 0)) throw new KvmError('EINVAL', 'KVM_ARM_GET_REG_WRITABLE_MASKS');
  copyToUser(argument.memory, addr, writableMasks(open.vm));
  return 0;
}

function createVcpu({ open }: FileOf<'vm'>, { value }: Argument): number {
  open.process.files.requireRoom();
  const vcpu = open.createVcpu(value > BigInt(MAX_MEMSLOTS) ? MAX_MEMSLOTS : Number(value));
  open.acquire();
  return open.process.files.install({ kind: 'vcpu', open, vcpu });
}

/** Calls of a VM (`kvm_vm_ioctl`, `kvm_arch_vm_ioctl`). */
const calls: readonly VmCall[] = [
  { name: 'KVM_CHECK_EXTENSION', request: _IO(0x03), run: ({ open }, { value }) => checkExtension(open.vm, Number(value)) },
  { name: 'KVM_CREATE_VCPU', request: _IO(0x41), run: createVcpu },
  { name: 'KVM_GET_DIRTY_LOG', request: _IOW(0x42, structs.dirtyLog), run: getDirtyLog },
  {
    name: 'KVM_SET_USER_MEMORY_REGION',
    request: _IOW(0x46, structs.memoryRegion),
    run: ({ open }, argument) => {
      open.vm.memslots.set(regionOf(argument.read(structs.memoryRegion)));
      return 0;
    },
  },
  { name: 'KVM_SET_USER_MEMORY_REGION2', request: _IOW(0x49, structs.memoryRegion2), run: setMemoryRegion2 },
  {
    name: 'KVM_CREATE_IRQCHIP',
    request: _IO(0x60),
    run: () => {
      // It asks for a GICv2, which this host's processors cannot virtualize.
      throw new KvmError('ENODEV', 'KVM_CREATE_IRQCHIP');
    },
  },
  {
    name: 'KVM_IRQ_LINE',
    request: _IOW(0x61, structs.irqLevel),
    run: ({ open }, argument) => {
      const { irq, level } = argument.read(structs.irqLevel);
      irqLine(open.vm, irq, level !== 0);
      return 0;
    },
  },
  {
    name: 'KVM_ENABLE_CAP',
    request: _IOW(0xa3, structs.enableCap),
    run: ({ open }, argument) => {
      const { cap, flags, args } = argument.read(structs.enableCap);
      enableCapability(open.vm, cap, flags, args[0]);
      return 0;
    },
  },
  {
    name: 'KVM_SIGNAL_MSI',
    request: _IOW(0xa5, structs.msi),
    run: ({ open }, argument) => {
      signalMsi(open.vm, argument.read(structs.msi).flags);
      return 0;
    },
  },
  {
    name: 'KVM_ARM_SET_DEVICE_ADDR',
    request: _IOW(0xab, structs.deviceAddr),
    run: (_, argument) => {
      // Only a GICv2 is set up this way.
      const { id } = argument.read(structs.deviceAddr);
      throw new KvmError('ENODEV', `KVM_ARM_SET_DEVICE_ADDR of device 0x${id.toString(16)}`);
    },
  },
  {
    name: 'KVM_ARM_PREFERRED_TARGET',
    request: _IOR(0xaf, structs.vcpuInit),
    run: (_, argument) => {
      argument.write(structs.vcpuInit, { target: TARGET_GENERIC_V8 });
      return 0;
    },
  },
  {
    name: 'KVM_ARM_SET_COUNTER_OFFSET',
    request: _IOW(0xb5, structs.counterOffset),
    run: ({ open }, argument) => {
      const { counterOffset, reserved } = argument.read(structs.counterOffset);
      if (reserved !== 0n) throw new KvmError('EINVAL', 'KVM_ARM_SET_COUNTER_OFFSET with reserved bits');
      setCounterOffset(open.vm, counterOffset);
      return 0;
    },
  },
  { name: 'KVM_ARM_GET_REG_WRITABLE_MASKS', request: _IOR(0xb6, structs.regMaskRange), run: getWritableMasks },
  { name: 'KVM_CLEAR_DIRTY_LOG', request: _IOWR(0xc0, structs.clearDirtyLog), run: clearDirtyLog },
  { name: 'KVM_CREATE_GUEST_MEMFD', request: _IOWR(0xd4, structs.createGuestMemfd), run: createGuestMemfd },
  { name: 'KVM_CREATE_DEVICE', request: _IOWR(0xe0, structs.createDevice), run: createDevice },
  ...attributeCalls(vmAttributes),
];

export const vmOperations: FileOperations<'vm'> = { calls, unknown: 'EINVAL' };
