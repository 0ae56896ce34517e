import { enableCap, place, type Script, scripted, slot, struct } from '../script.ts';
import type { Case } from '../steps.ts';

const LAST = 260;
const numbers = Array.from({ length: LAST + 1 }, (_, n) => n);

/** VM types: bits 7:0 are the IPA size, other bits ask for kinds of VM. */
const vmTypes = [0, 31, 32, 33, 36, 39, 40, 41, 42, 44, 48, 49, 52, 53, 64, 255, 0x100, 0x1_0000, 0x4000_0000];

const vcpuFds = (script: Script): void => {
  script.vm();
  script.createVcpu();
  script.init();
};

export const capabilities: readonly Case[] = [
  scripted('KVM_CHECK_EXTENSION of /dev/kvm', (script) => {
    script.open();
    for (const n of numbers) script.plain(slot.system, 'KVM_CHECK_EXTENSION', n, `capability ${n}`);
  }),
  scripted('KVM_CHECK_EXTENSION of a VM', (script) => {
    script.vm();
    for (const n of numbers) script.plain(slot.vm, 'KVM_CHECK_EXTENSION', n, `capability ${n}`);
  }),
  scripted('KVM_ENABLE_CAP of a VM, each of a new one', (script) => {
    script.open();
    for (const n of numbers) {
      script.createVm(`VM ${n}`);
      script.call(slot.vm, 'KVM_ENABLE_CAP', enableCap(n), `capability ${n}`);
      script.call(slot.vm, 'KVM_ENABLE_CAP', enableCap(n, 1), `capability ${n} with flags`);
      script.call(slot.vm, 'KVM_ENABLE_CAP', enableCap(n, 0, 1), `capability ${n} with 1`);
      script.call(slot.vm, 'KVM_ENABLE_CAP', enableCap(n, 0, 0x8000_0000), `capability ${n} with a high bit`);
      script.close(slot.vm);
    }
  }),
  scripted('KVM_ENABLE_CAP of a vCPU', (script) => {
    vcpuFds(script);
    for (const n of [0, 54, 177, 178, 216, 245]) script.call(slot.vcpu, 'KVM_ENABLE_CAP', enableCap(n), `capability ${n}`);
  }),
  scripted('KVM_ENABLE_CAP once there is a vCPU', (script) => {
    vcpuFds(script);
    for (const n of [168, 177, 192, 205, 216, 223, 228, 239, 245]) script.call(slot.vm, 'KVM_ENABLE_CAP', enableCap(n), `capability ${n}`);
  }),
  scripted('calls of /dev/kvm', (script) => {
    script.open();
    script.plain(slot.system, 'KVM_GET_API_VERSION');
    script.plain(slot.system, 'KVM_GET_API_VERSION', 1, 'KVM_GET_API_VERSION with an argument');
    script.plain(slot.system, 'KVM_GET_VCPU_MMAP_SIZE');
    script.plain(slot.system, 'KVM_GET_VCPU_MMAP_SIZE', 1, 'KVM_GET_VCPU_MMAP_SIZE with an argument');
    for (const type of vmTypes)
      script.plain(slot.system, 'KVM_CREATE_VM', type, `KVM_CREATE_VM of type 0x${type.toString(16)}`, { into: slot.vm });
  }),
  scripted('calls of other files', (script) => {
    vcpuFds(script);
    const files = { system: slot.system, vm: slot.vm, vcpu: slot.vcpu };
    for (const [name, fd] of Object.entries(files)) {
      script.plain(fd, 0xae0f, 0, `${name}: a number that is none`);
      script.plain(fd, 0x5401, 0, `${name}: TCGETS`);
    }
    script.plain(slot.system, 'KVM_CREATE_VCPU', 0, 'system: KVM_CREATE_VCPU');
    script.call(slot.system, 'KVM_SET_USER_MEMORY_REGION', struct(32), 'system: KVM_SET_USER_MEMORY_REGION');
    script.plain(slot.vm, 'KVM_RUN', 0, 'vm: KVM_RUN');
    script.plain(slot.vm, 'KVM_GET_API_VERSION', 0, 'vm: KVM_GET_API_VERSION');
    script.plain(slot.vm, 'KVM_GET_REG_LIST', place.argument, 'vm: KVM_GET_REG_LIST');
    script.plain(slot.vcpu, 'KVM_CREATE_VCPU', 0, 'vcpu: KVM_CREATE_VCPU');
    script.plain(slot.vcpu, 'KVM_CHECK_EXTENSION', 0, 'vcpu: KVM_CHECK_EXTENSION');
    script.plain(slot.vcpu, 'KVM_RUN', 1, 'vcpu: KVM_RUN with an argument');
    script.plain(slot.vm, 'KVM_GET_DIRTY_LOG', 0, 'vm: KVM_GET_DIRTY_LOG of a null pointer');
    script.plain(slot.vm, 'KVM_SET_USER_MEMORY_REGION', 0, 'vm: KVM_SET_USER_MEMORY_REGION of a null pointer');
    script.plain(slot.vm, 'KVM_ENABLE_CAP', 0, 'vm: KVM_ENABLE_CAP of a null pointer');
    script.plain(slot.vcpu, 'KVM_GET_ONE_REG', 0, 'vcpu: KVM_GET_ONE_REG of a null pointer');
    script.plain(slot.vcpu, 'KVM_SET_ONE_REG', 0, 'vcpu: KVM_SET_ONE_REG of a null pointer');
    script.plain(slot.vcpu, 'KVM_GET_VCPU_EVENTS', 0, 'vcpu: KVM_GET_VCPU_EVENTS of a null pointer');
    script.plain(slot.vcpu, 'KVM_SET_VCPU_EVENTS', 0, 'vcpu: KVM_SET_VCPU_EVENTS of a null pointer');
    script.plain(slot.vcpu, 'KVM_GET_REG_LIST', 0, 'vcpu: KVM_GET_REG_LIST of a null pointer');
    script.plain(slot.vcpu, 'KVM_SET_GUEST_DEBUG', 0, 'vcpu: KVM_SET_GUEST_DEBUG of a null pointer');
    script.plain(slot.vcpu, 'KVM_GET_MP_STATE', 0, 'vcpu: KVM_GET_MP_STATE of a null pointer');
    script.plain(slot.vcpu, 'KVM_ARM_VCPU_INIT', 0, 'vcpu: KVM_ARM_VCPU_INIT of a null pointer');
    for (const name of ['KVM_CREATE_IRQCHIP', 'KVM_IRQFD', 'KVM_IOEVENTFD', 'KVM_SET_GSI_ROUTING', 'KVM_PRE_FAULT_MEMORY'] as const)
      script.call(slot.vm, name, struct(64), `vm: ${name} of zeroes`);
    script.call(slot.vm, 'KVM_SET_MEMORY_ATTRIBUTES', struct(32), 'vm: KVM_SET_MEMORY_ATTRIBUTES of zeroes');
    script.call(slot.vm, 'KVM_ARM_MTE_COPY_TAGS', struct(48), 'vm: KVM_ARM_MTE_COPY_TAGS of zeroes');
    script.call(slot.vcpu, 'KVM_PRE_FAULT_MEMORY', struct(64), 'vcpu: KVM_PRE_FAULT_MEMORY of zeroes');
  }),
  scripted('KVM_ARM_SET_COUNTER_OFFSET', (script) => {
    vcpuFds(script);
    const offset = (value: bigint, reserved: bigint): Uint8Array =>
      struct(16, [
        [0, 'u64', value],
        [8, 'u64', reserved],
      ]);
    script.call(slot.vm, 'KVM_ARM_SET_COUNTER_OFFSET', offset(0x1000n, 1n), 'reserved not zero');
    script.call(slot.vm, 'KVM_ARM_SET_COUNTER_OFFSET', offset(0x1000n, 0n), 'first');
    script.call(slot.vm, 'KVM_ARM_SET_COUNTER_OFFSET', offset(0x2000n, 0n), 'again');
  }),
  scripted('KVM_ARM_GET_REG_WRITABLE_MASKS', (script) => {
    vcpuFds(script);
    const masks = (range: number, reserved: number): Uint8Array =>
      struct(64, [
        [0, 'u64', place.value],
        [8, 'u32', range],
        [12, 'u32', reserved],
      ]);
    script.call(slot.vm, 'KVM_ARM_GET_REG_WRITABLE_MASKS', masks(1, 0), 'another range');
    script.call(slot.vm, 'KVM_ARM_GET_REG_WRITABLE_MASKS', masks(0, 1), 'reserved not zero');
    script.call(slot.vm, 'KVM_ARM_GET_REG_WRITABLE_MASKS', masks(0, 0), 'the identification registers');
    script.dump('masks', place.value, 3 * 8 * 8 * 8);
  }),
];
