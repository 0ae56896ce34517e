/** Every call with something wrong about it: the error that Linux gives, and nothing changed. */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { structs } from '../../../emulator/kvm/ioctl/structs.ts';
import type { CallName } from '../linux/calls.ts';
import { digest } from './digest.ts';
import { at, GUEST, NOWHERE, Session } from './session.ts';

const PAGE = 0x1000n;
const group = { DIST_REGS: 1, NR_IRQS: 3, CTRL: 4, REDIST_REGS: 5, CPU_SYSREGS: 6, LEVEL_INFO: 7 } as const;

describe('exits §3: calls with bad input change nothing', () => {
  let session: Session;
  let vm = 0;
  let vcpu = 0;
  let device = 0;
  let fresh = 0;
  before(async () => {
    session = await Session.start();
    vm = session.vm();
    assert.equal(session.ram(vm), 0);
    vcpu = session.vcpu(vm);
    assert.equal(session.call(vm, 'KVM_CREATE_DEVICE', structs.createDevice, { type: 7 }), 0);
    device = session.result(structs.createDevice).fd;
    assert.equal(session.init(vcpu), 0);
    fresh = session.vcpu(vm, 1);
  });

  /** The call fails so, and the VM is what it was. */
  const fails = (title: string, errno: string, act: () => number | string): void => {
    test(`exits §3: ${title} -> ${errno}`, () => {
      const { open } = session.program.kvm.fileOf(vm, 'vm');
      const before = digest(open.vm);
      assert.equal(act(), errno);
      assert.equal(digest(open.vm), before, 'something changed');
    });
  };

  const pointers: readonly (readonly ['vm' | 'vcpu' | 'device', CallName])[] = [
    ...(['KVM_GET_DIRTY_LOG', 'KVM_SET_USER_MEMORY_REGION', 'KVM_SET_USER_MEMORY_REGION2', 'KVM_IRQ_LINE', 'KVM_ENABLE_CAP'] as const).map(
      (name) => ['vm', name] as const,
    ),
    ...(['KVM_SIGNAL_MSI', 'KVM_ARM_SET_DEVICE_ADDR', 'KVM_ARM_PREFERRED_TARGET', 'KVM_ARM_SET_COUNTER_OFFSET'] as const).map(
      (name) => ['vm', name] as const,
    ),
    ...(['KVM_ARM_GET_REG_WRITABLE_MASKS', 'KVM_CLEAR_DIRTY_LOG', 'KVM_CREATE_GUEST_MEMFD', 'KVM_CREATE_DEVICE'] as const).map(
      (name) => ['vm', name] as const,
    ),
    ...(['KVM_SET_DEVICE_ATTR', 'KVM_HAS_DEVICE_ATTR'] as const).flatMap((name) =>
      (['vm', 'vcpu', 'device'] as const).map((file) => [file, name] as const),
    ),
    ...(['KVM_GET_MP_STATE', 'KVM_SET_MP_STATE', 'KVM_SET_GUEST_DEBUG', 'KVM_GET_VCPU_EVENTS', 'KVM_SET_VCPU_EVENTS'] as const).map(
      (name) => ['vcpu', name] as const,
    ),
    ...(
      ['KVM_ENABLE_CAP', 'KVM_GET_ONE_REG', 'KVM_SET_ONE_REG', 'KVM_ARM_VCPU_INIT', 'KVM_GET_REG_LIST', 'KVM_ARM_VCPU_FINALIZE'] as const
    ).map((name) => ['vcpu', name] as const),
  ];
  const fd = (file: 'vm' | 'vcpu' | 'device'): number => ({ vm, vcpu, device })[file];
  for (const [file, name] of pointers) {
    fails(`${name} of a ${file}, of a null pointer`, 'EFAULT', () => session.plain(fd(file), name, 0));
    fails(`${name} of a ${file}, where nothing is mapped`, 'EFAULT', () => session.plain(fd(file), name, NOWHERE));
    fails(`${name} of a ${file}, at an address of the kernel`, 'EFAULT', () => session.plain(fd(file), name, 0xffff_8000_0000_0000n));
  }

  describe('numbers and files', () => {
    fails('a number that is none, of a VM', 'EINVAL', () => session.plain(vm, 0xae0f));
    fails('a number that is none, of a vCPU', 'EINVAL', () => session.plain(vcpu, 0xae0f));
    fails('a number that is none, of a device', 'ENOTTY', () => session.plain(device, 0xae0f));
    fails('the size of another structure in the number', 'EINVAL', () => session.plain(vm, 0x4021ae46, at.argument));
    fails('a call of a vCPU on its VM', 'EINVAL', () => session.plain(vm, 'KVM_RUN'));
    fails('a call of a VM on its vCPU', 'EINVAL', () => session.plain(vcpu, 'KVM_CREATE_VCPU', 5));
    fails('a call on no file', 'EBADF', () => session.plain(99, 'KVM_RUN'));
    fails('KVM_RUN with an argument', 'EINVAL', () => session.plain(vcpu, 'KVM_RUN', 1));
    fails('KVM_CREATE_VM of 31 bits', 'EINVAL', () => session.plain(session.system, 'KVM_CREATE_VM', 31));
    fails('KVM_CREATE_VM of 63 bits', 'EINVAL', () => session.plain(session.system, 'KVM_CREATE_VM', 63));
    fails('KVM_CREATE_VM of a protected VM', 'EINVAL', () => session.plain(session.system, 'KVM_CREATE_VM', 0x8000_0000));
    fails('KVM_GET_API_VERSION with an argument', 'EINVAL', () => session.plain(session.system, 'KVM_GET_API_VERSION', 1));
  });

  describe('vCPUs', () => {
    fails('KVM_CREATE_VCPU of one that there is', 'EEXIST', () => session.plain(vm, 'KVM_CREATE_VCPU', 0));
    fails('KVM_CREATE_VCPU beyond the last', 'EINVAL', () => session.plain(vm, 'KVM_CREATE_VCPU', 512));
    fails('KVM_CREATE_VCPU of 2^32', 'EINVAL', () => session.plain(vm, 'KVM_CREATE_VCPU', 2 ** 32));
    fails('KVM_RUN before KVM_ARM_VCPU_INIT', 'ENOEXEC', () => session.plain(fresh, 'KVM_RUN'));
    fails('KVM_GET_REG_LIST before KVM_ARM_VCPU_INIT', 'ENOEXEC', () => session.plain(fresh, 'KVM_GET_REG_LIST', NOWHERE));
    fails('KVM_SET_ONE_REG before KVM_ARM_VCPU_INIT', 'ENOEXEC', () => session.setReg(fresh, 0x6030_0000_0010_0000n, 1n));
    fails('KVM_ARM_VCPU_FINALIZE before KVM_ARM_VCPU_INIT', 'ENOEXEC', () => session.plain(fresh, 'KVM_ARM_VCPU_FINALIZE', NOWHERE));
    fails('KVM_ARM_VCPU_INIT of another target', 'EINVAL', () => session.init(vcpu, 4, 0));
    fails('KVM_ARM_VCPU_INIT of an unknown feature', 'ENOENT', () => session.init(vcpu, 4 | (1 << 9)));
    fails('KVM_ARM_VCPU_INIT of SVE, which the host lacks', 'EINVAL', () => session.init(vcpu, 4 | (1 << 4)));
    fails('KVM_ARM_VCPU_INIT of other features than before', 'EINVAL', () => session.init(vcpu, 0));
    fails('KVM_ARM_VCPU_INIT of other features than another vCPU has', 'EINVAL', () => session.init(fresh, 0));
    fails('KVM_ARM_VCPU_INIT of a feature in the last word', 'ENOENT', () =>
      session.call(vcpu, 'KVM_ARM_VCPU_INIT', structs.vcpuInit, { target: 5, features: [4, 0, 0, 0, 0, 0, 1] }),
    );
    fails('KVM_ARM_VCPU_FINALIZE of SVE', 'EINVAL', () => session.bytes(vcpu, 'KVM_ARM_VCPU_FINALIZE', structs.u32.write({ value: 4 })));
    for (const state of [1, 4, 6, 0xffff_ffff])
      fails(`KVM_SET_MP_STATE of ${state}`, 'EINVAL', () => session.call(vcpu, 'KVM_SET_MP_STATE', structs.mpState, { mpState: state }));
    fails('KVM_SET_GUEST_DEBUG with control bit 2', 'EINVAL', () =>
      session.call(vcpu, 'KVM_SET_GUEST_DEBUG', structs.guestDebug, { control: 5 }),
    );
    fails('KVM_ENABLE_CAP of a vCPU', 'EINVAL', () => session.call(vcpu, 'KVM_ENABLE_CAP', structs.enableCap, { cap: 177 }));
    fails('KVM_GET_REG_LIST without room', 'E2BIG', () => session.bytes(vcpu, 'KVM_GET_REG_LIST', structs.regList.write({ n: 5n })));
    for (let n = 0; n < 5; n++)
      fails(`KVM_SET_VCPU_EVENTS with padding byte ${n}`, 'EINVAL', () =>
        session.bytes(vcpu, 'KVM_SET_VCPU_EVENTS', structs.vcpuEvents.write({ serrorPending: 1, extDabtPending: 1 }).with(3 + n, 1)),
      );
    for (let n = 0; n < 12; n++)
      fails(`KVM_SET_VCPU_EVENTS with reserved word ${n}`, 'EINVAL', () =>
        session.bytes(vcpu, 'KVM_SET_VCPU_EVENTS', structs.vcpuEvents.write({ serrorPending: 1 }).with(16 + 4 * n, 1)),
      );
  });

  describe('registers', () => {
    const x0 = 0x6030_0000_0010_0000n;
    const rows: readonly (readonly [title: string, errno: string, id: bigint])[] = [
      ['of another architecture', 'EINVAL', 0x4030_0000_0010_0000n],
      ['with a bit above 31 set', 'EINVAL', x0 | (1n << 32n)],
      ['X0 as 32 bits', 'EINVAL', 0x6020_0000_0010_0000n],
      ['the upper half of X0', 'EINVAL', x0 | 1n],
      ['beyond the core registers', 'ENOENT', x0 | 0xffffn],
      ['a system register as 32 bits', 'ENOENT', 0x6020_0000_0013_c080n],
      ['SCTLR_EL2', 'ENOENT', 0x6030_0000_0013_e080n],
      ['PMCR_EL0 without a PMU', 'ENOENT', 0x6030_0000_0013_dce0n],
      ['firmware register 4', 'ENOENT', 0x6030_0000_0014_0004n],
      ['bitmap register 4', 'ENOENT', 0x6030_0000_0016_0004n],
      ['cache 14', 'ENOENT', 0x6020_0000_0011_000en],
      ['SVE without SVE', 'ENOENT', 0x6060_0000_0015_ffffn],
    ];
    for (const [title, errno, id] of rows) {
      fails(`KVM_SET_ONE_REG: ${title}`, errno, () => session.setReg(vcpu, id, 0n, 16));
      test(`exits §5: KVM_GET_ONE_REG: ${title} -> ${errno}`, () => assert.equal(session.getReg(vcpu, id, 16), errno));
    }
    fails('KVM_SET_ONE_REG from where nothing is mapped', 'EFAULT', () =>
      session.call(vcpu, 'KVM_SET_ONE_REG', structs.oneReg, { id: x0, addr: NOWHERE }),
    );
    fails('KVM_GET_ONE_REG to where nothing is mapped', 'EFAULT', () =>
      session.call(vcpu, 'KVM_GET_ONE_REG', structs.oneReg, { id: x0, addr: NOWHERE }),
    );
    for (const mode of [1n, 8n, 9n, 12n, 13n, 0x13n, 0x1fn])
      fails(`PSTATE of mode 0x${mode.toString(16)}`, 'EINVAL', () => session.setReg(vcpu, 0x6030_0000_0010_0042n, mode));
    for (const version of [0n, 1n, 3n, 0x1_0004n, 1n << 32n])
      fails(`PSCI version 0x${version.toString(16)}`, 'EINVAL', () => session.setReg(vcpu, 0x6030_0000_0014_0000n, version));
    for (const n of [0n, 1n, 2n, 3n])
      fails(`bitmap ${n} with a bit that is none`, 'EINVAL', () => session.setReg(vcpu, 0x6030_0000_0016_0000n | n, 1n << 63n));
    fails('MIDR_EL1 of another processor', 'EINVAL', () => session.setReg(vcpu, 0x6030_0000_0013_c000n, 0n));
    fails('OSLSR_EL1 with OSLM changed', 'EINVAL', () => session.setReg(vcpu, 0x6030_0000_0013_808cn, 1n));
  });

  describe('memory', () => {
    const region = (values: object): number | string =>
      session.call(vm, 'KVM_SET_USER_MEMORY_REGION', structs.memoryRegion, {
        ...{ slot: 1, guestPhysAddr: 0x5000_0000n, memorySize: PAGE, userspaceAddr: at.guest },
        ...values,
      });
    fails('a slot that overlaps', 'EEXIST', () => region({ guestPhysAddr: BigInt(GUEST) }));
    fails('a slot number beyond the last', 'EINVAL', () => region({ slot: 32767 }));
    fails('address space 1', 'EINVAL', () => region({ slot: 0x1_0001 }));
    fails('flag 3', 'EINVAL', () => region({ flags: 8 }));
    fails('GUEST_MEMFD by the first form', 'EINVAL', () => region({ flags: 4 }));
    fails('a guest address between pages', 'EINVAL', () => region({ guestPhysAddr: 0x5000_0800n }));
    fails('a guest address between pages, beyond 2^53', 'EINVAL', () => region({ guestPhysAddr: (1n << 60n) + 1n }));
    fails('a size between pages', 'EINVAL', () => region({ memorySize: 0x800n }));
    fails('a user address between pages', 'EINVAL', () => region({ userspaceAddr: at.guest + 1n }));
    fails('a guest address beyond the VM', 'EFAULT', () => region({ guestPhysAddr: 1n << 40n }));
    fails('a range that wraps', 'EINVAL', () => region({ guestPhysAddr: 0xffff_ffff_ffff_f000n, memorySize: 2n * PAGE }));
    fails('deleting no slot', 'EINVAL', () => region({ memorySize: 0n }));
    fails('resizing', 'EINVAL', () => region({ slot: 0, guestPhysAddr: BigInt(GUEST) }));
    fails('a guest_memfd that is no file', 'EBADF', () =>
      session.call(vm, 'KVM_SET_USER_MEMORY_REGION2', structs.memoryRegion2, {
        ...{ slot: 1, flags: 4, guestPhysAddr: 0x5000_0000n, memorySize: PAGE, userspaceAddr: at.guest, guestMemfd: 99 },
      }),
    );
    fails('a guest_memfd that is another file', 'EINVAL', () =>
      session.call(vm, 'KVM_SET_USER_MEMORY_REGION2', structs.memoryRegion2, {
        ...{ slot: 1, flags: 4, guestPhysAddr: 0x5000_0000n, memorySize: PAGE, userspaceAddr: at.guest, guestMemfd: vcpu },
      }),
    );
    for (const [title, values] of [
      ['of no size', { size: 0n }],
      ['of a size between pages', { size: 0x800n }],
      ['of a negative size', { size: 0xffff_ffff_ffff_f000n }],
      ['with flag 2', { size: PAGE, flags: 4n }],
      ['with flag 63', { size: PAGE, flags: 1n << 63n }],
    ] as const)
      fails(`KVM_CREATE_GUEST_MEMFD ${title}`, 'EINVAL', () =>
        session.call(vm, 'KVM_CREATE_GUEST_MEMFD', structs.createGuestMemfd, values),
      );
    fails('KVM_GET_DIRTY_LOG of a slot that is not logged', 'ENOENT', () =>
      session.call(vm, 'KVM_GET_DIRTY_LOG', structs.dirtyLog, { slot: 0 }),
    );
    fails('KVM_GET_DIRTY_LOG beyond the last slot', 'EINVAL', () =>
      session.call(vm, 'KVM_GET_DIRTY_LOG', structs.dirtyLog, { slot: 40000 }),
    );
    fails('KVM_CLEAR_DIRTY_LOG from page 1', 'EINVAL', () =>
      session.call(vm, 'KVM_CLEAR_DIRTY_LOG', structs.clearDirtyLog, { slot: 0, firstPage: 1n, numPages: 64 }),
    );
    fails('KVM_SET_MEMORY_ATTRIBUTES, which there is not', 'EINVAL', () =>
      session.call(vm, 'KVM_SET_MEMORY_ATTRIBUTES', structs.memoryAttributes, { size: PAGE, attributes: 8n }),
    );
  });

  describe('capabilities and the VM', () => {
    const enable = (cap: number, flags = 0, argument = 0n): number | string =>
      session.call(vm, 'KVM_ENABLE_CAP', structs.enableCap, { cap, flags, args: [argument, 0n, 0n, 0n] });
    for (const cap of [0, 3, 54, 178, 240, 9999]) fails(`KVM_ENABLE_CAP ${cap}`, 'EINVAL', () => enable(cap));
    for (const cap of [168, 177, 182, 216, 228, 245]) fails(`KVM_ENABLE_CAP ${cap} with flags`, 'EINVAL', () => enable(cap, 1));
    fails('KVM_ENABLE_CAP 168 with INITIALLY_SET alone', 'EINVAL', () => enable(168, 0, 2n));
    fails('KVM_ENABLE_CAP 168 with a high bit', 'EINVAL', () => enable(168, 0, 1n << 40n));
    fails('KVM_ENABLE_CAP 228 once there is a slot', 'EINVAL', () => enable(228, 0, PAGE));
    fails('KVM_ARM_SET_COUNTER_OFFSET with reserved bits', 'EINVAL', () =>
      session.call(vm, 'KVM_ARM_SET_COUNTER_OFFSET', structs.counterOffset, { counterOffset: 1n, reserved: 1n }),
    );
    fails('KVM_ARM_GET_REG_WRITABLE_MASKS of another range', 'EINVAL', () =>
      session.call(vm, 'KVM_ARM_GET_REG_WRITABLE_MASKS', structs.regMaskRange, { addr: at.value, range: 1 }),
    );
    const filter = (values: object): number | string => {
      session.program.memory.write(at.value, structs.smcccFilter.write({ base: 0x8300_0000, nrFunctions: 1, ...values }));
      return session.attribute(vm, 'SET', 0, 0);
    };
    fails('exits §7: a filter with padding', 'EINVAL', () => filter({ pad: [1] }));
    fails('exits §7: a filter of no function', 'EINVAL', () => filter({ nrFunctions: 0 }));
    fails('exits §7: a filter that wraps', 'EINVAL', () => filter({ base: 0xffff_ffff, nrFunctions: 2 }));
    fails('exits §7: a filter of action 3', 'EINVAL', () => filter({ action: 3 }));
    fails('an attribute of a VM that is none', 'ENXIO', () => session.attribute(vm, 'SET', 1, 0));
    fails('KVM_GET_DEVICE_ATTR of a VM', 'EINVAL', () => session.attribute(vm, 'GET', 0, 0));
    for (const type of [0, 5, 8, 10, 16, 99])
      fails(`KVM_CREATE_DEVICE of type ${type}`, 'ENODEV', () => session.call(vm, 'KVM_CREATE_DEVICE', structs.createDevice, { type }));
    fails('a second interrupt controller', 'EEXIST', () => session.call(vm, 'KVM_CREATE_DEVICE', structs.createDevice, { type: 7 }));
    fails('KVM_CREATE_IRQCHIP', 'ENODEV', () => session.plain(vm, 'KVM_CREATE_IRQCHIP'));
    fails('KVM_IRQ_LINE of a CPU with an interrupt controller', 'ENXIO', () =>
      session.call(vm, 'KVM_IRQ_LINE', structs.irqLevel, { irq: 0 }),
    );
    fails('KVM_IRQ_LINE before it is initialized', 'EBUSY', () => session.call(vm, 'KVM_IRQ_LINE', structs.irqLevel, { irq: 0x100_0020 }));
    fails('KVM_IRQ_LINE of type 3', 'EINVAL', () => session.call(vm, 'KVM_IRQ_LINE', structs.irqLevel, { irq: 0x300_0000 }));
    fails('KVM_SIGNAL_MSI without an ITS', 'ENODEV', () => session.call(vm, 'KVM_SIGNAL_MSI', structs.msi));
    fails('KVM_SIGNAL_MSI with flag 1', 'EINVAL', () => session.call(vm, 'KVM_SIGNAL_MSI', structs.msi, { flags: 2 }));
  });

  describe('the vGICv3', () => {
    const set = (of: number, attr: number | bigint, value: bigint): number | string => {
      session.program.memory.write(at.value, structs.u64.write({ value }));
      return session.attribute(device, 'SET', of, attr);
    };
    for (const [of, attr] of [
      [0, 0],
      [0, 4],
      [2, 0],
      [4, 1],
      [8, 0],
      [10, 0],
    ] as const) {
      fails(`setting attribute ${attr} of group ${of}`, 'ENXIO', () => set(of, attr, 0n));
      fails(`asking for attribute ${attr} of group ${of}`, 'ENXIO', () => session.attribute(device, 'HAS', of, attr));
    }
    fails('a distributor between frames', 'EINVAL', () => set(0, 2, 0x800_1000n));
    fails('a distributor beyond the VM', 'E2BIG', () => set(0, 2, 1n << 40n));
    fails('a redistributor region without a frame', 'EINVAL', () => set(0, 5, 0x80a_0000n));
    fails('redistributor region 1 first', 'EINVAL', () => set(0, 5, 0x10_0000_080a_0001n | (1n << 52n)));
    for (const count of [0n, 32n, 63n, 65n, 1024n]) fails(`${count} interrupts`, 'EINVAL', () => set(group.NR_IRQS, 0, count));
    for (const [name, of] of Object.entries(group).filter(([name]) => name.endsWith('REGS') || name === 'LEVEL_INFO'))
      fails(`${name} before it is initialized`, 'EBUSY', () => session.attribute(device, 'GET', of, name === 'CPU_SYSREGS' ? 0xc230 : 0));
    fails('registers of no vCPU', 'EINVAL', () => session.attribute(device, 'GET', group.REDIST_REGS, 9n << 32n));
    fails('a value where nothing is mapped', 'EFAULT', () => session.attribute(device, 'SET', 0, 2, NOWHERE));
    fails('SAVE_PENDING_TABLES before it is initialized', 'ENXIO', () => set(group.CTRL, 3, 0n));
    fails('the interrupt of a timer that is no PPI', 'EINVAL', () => {
      session.program.memory.write(at.value, structs.u32.write({ value: 32 }));
      return session.attribute(vcpu, 'SET', 1, 0);
    });
    fails('an attribute of the PMU', 'ENODEV', () => session.attribute(vcpu, 'SET', 0, 0));
    fails('an attribute of a vCPU that is none', 'ENXIO', () => session.attribute(vcpu, 'SET', 3, 0));
  });
});
