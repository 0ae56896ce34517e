import { array, Struct } from './struct.ts';

/** Structures of KVM's calls (include/uapi/linux/kvm.h, arch/arm64/include/uapi/asm/kvm.h). Pointers are 64-bit user addresses. */
export const structs = {
  enableCap: new Struct('kvm_enable_cap', { cap: 'u32', flags: 'u32', args: array('u64', 4), pad: array('u8', 64) }),
  memoryRegion: new Struct('kvm_userspace_memory_region', {
    ...{ slot: 'u32', flags: 'u32', guestPhysAddr: 'u64', memorySize: 'u64', userspaceAddr: 'u64' },
  } as const),
  memoryRegion2: new Struct('kvm_userspace_memory_region2', {
    ...({ slot: 'u32', flags: 'u32', guestPhysAddr: 'u64', memorySize: 'u64', userspaceAddr: 'u64' } as const),
    ...({ guestMemfdOffset: 'u64', guestMemfd: 'u32', pad1: 'u32', pad2: array('u64', 14) } as const),
  }),
  dirtyLog: new Struct('kvm_dirty_log', { slot: 'u32', padding1: 'u32', dirtyBitmap: 'u64' }),
  clearDirtyLog: new Struct('kvm_clear_dirty_log', { slot: 'u32', numPages: 'u32', firstPage: 'u64', dirtyBitmap: 'u64' }),
  memoryAttributes: new Struct('kvm_memory_attributes', { address: 'u64', size: 'u64', attributes: 'u64', flags: 'u64' }),
  createGuestMemfd: new Struct('kvm_create_guest_memfd', { size: 'u64', flags: 'u64', reserved: array('u64', 6) }),
  vcpuInit: new Struct('kvm_vcpu_init', { target: 'u32', features: array('u32', 7) }),
  oneReg: new Struct('kvm_one_reg', { id: 'u64', addr: 'u64' }),
  /** `reg[n]` follows. */
  regList: new Struct('kvm_reg_list', { n: 'u64' }),
  mpState: new Struct('kvm_mp_state', { mpState: 'u32' }),
  vcpuEvents: new Struct('kvm_vcpu_events', {
    ...({ serrorPending: 'u8', serrorHasEsr: 'u8', extDabtPending: 'u8', pad: array('u8', 5) } as const),
    ...({ serrorEsr: 'u64', reserved: array('u32', 12) } as const),
  }),
  guestDebug: new Struct('kvm_guest_debug', {
    ...({ control: 'u32', pad: 'u32' } as const),
    ...({ dbgBcr: array('u64', 16), dbgBvr: array('u64', 16), dbgWcr: array('u64', 16), dbgWvr: array('u64', 16) } as const),
  }),
  irqLevel: new Struct('kvm_irq_level', { irq: 'u32', level: 'u32' }),
  msi: new Struct('kvm_msi', { addressLo: 'u32', addressHi: 'u32', data: 'u32', flags: 'u32', devid: 'u32', pad: array('u8', 12) }),
  deviceAddr: new Struct('kvm_arm_device_addr', { id: 'u64', addr: 'u64' }),
  createDevice: new Struct('kvm_create_device', { type: 'u32', fd: 'u32', flags: 'u32' }),
  deviceAttr: new Struct('kvm_device_attr', { flags: 'u32', group: 'u32', attr: 'u64', addr: 'u64' }),
  smcccFilter: new Struct('kvm_smccc_filter', { base: 'u32', nrFunctions: 'u32', action: 'u8', pad: array('u8', 15) }),
  counterOffset: new Struct('kvm_arm_counter_offset', { counterOffset: 'u64', reserved: 'u64' }),
  regMaskRange: new Struct('reg_mask_range', { addr: 'u64', range: 'u32', reserved: array('u32', 13) }),
  copyMteTags: new Struct('kvm_arm_copy_mte_tags', {
    guestIpa: 'u64',
    length: 'u64',
    addr: 'u64',
    flags: 'u64',
    reserved: array('u64', 2),
  }),
  signalMask: new Struct('kvm_signal_mask', { len: 'u32' }),
  u32: new Struct('u32', { value: 'u32' }),
  u64: new Struct('u64', { value: 'u64' }),
} as const;
