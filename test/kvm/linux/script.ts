import { assemble } from '../../../emulator/isa/assembler/assembler.ts';
import { type CallName, calls, feature, idOf, type RegisterName } from './calls.ts';

export { feature } from './calls.ts';

import { ARENA, type Case, type Slot, type Step } from './steps.ts';

/** Places in the arena. Guest memory begins on a block boundary, so that KVM may map it as it likes. */
export const place = {
  argument: ARENA,
  value: ARENA + 0x2000,
  files: ARENA + 0x10_0000,
  memory: ARENA + 0x20_0000,
  other: ARENA + 0x60_0000,
} as const;
/** Bytes between the mappings of two vCPUs' kvm_run. */
const RUN_STRIDE = 0x1_0000;
export const runAt = (vcpu: number): number => place.files + vcpu * RUN_STRIDE;

/** File descriptors by what they are of. */
export const slot = { system: 1, vm: 2, device: 3, memfd: 4, vcpu: 8 } as const;
export const vcpuSlot = (n: number): Slot => slot.vcpu + n;

/** Guest physical address of the guest's program, and how much memory it has. */
export const GUEST = 0x4000_0000;
export const GUEST_BYTES = 0x10_0000;

type Width = 'u8' | 'u16' | 'u32' | 'u64';
const bytesOf: Record<Width, number> = { u8: 1, u16: 2, u32: 4, u64: 8 };

/** A structure: its size and, at each offset, a value. */
export function struct(
  size: number,
  members: readonly (readonly [offset: number, width: Width, value: number | bigint])[] = [],
): Uint8Array {
  const bytes = Buffer.alloc(size);
  for (const [offset, width, value] of members) {
    const unsigned = BigInt.asUintN(bytesOf[width] * 8, BigInt(value));
    for (let n = 0; n < bytesOf[width]; n++) bytes[offset + n] = Number((unsigned >> BigInt(8 * n)) & 0xffn);
  }
  return bytes;
}

export interface Region {
  readonly slot?: number;
  readonly flags?: number;
  readonly gpa?: number | bigint;
  readonly size?: number | bigint;
  readonly address?: number | bigint;
}

/** struct kvm_userspace_memory_region */
export const region = ({ slot = 0, flags = 0, gpa = GUEST, size = GUEST_BYTES, address = place.memory }: Region = {}): Uint8Array =>
  struct(32, [
    [0, 'u32', slot],
    [4, 'u32', flags],
    [8, 'u64', gpa],
    [16, 'u64', size],
    [24, 'u64', address],
  ]);

export interface Init {
  readonly features?: readonly (keyof typeof feature)[];
  readonly raw?: readonly number[];
  readonly target?: number;
}

/** struct kvm_vcpu_init */
export const vcpuInit = ({ features = ['PSCI_0_2'], target = 5, raw = [] }: Init = {}): Uint8Array =>
  struct(32, [
    [0, 'u32', target],
    ...[...features.map((name) => feature[name]), ...raw].reduce<(readonly [number, 'u32', number])[]>((members, bit) => {
      const offset = 4 + 4 * Math.floor(bit / 32);
      const before = members.find(([at]) => at === offset)?.[2] ?? 0;
      return [...members.filter(([at]) => at !== offset), [offset, 'u32', before | (1 << (bit % 32))] as const];
    }, []),
  ]);

export interface Events {
  readonly pending?: number;
  readonly hasEsr?: number;
  readonly dabt?: number;
  readonly pad?: number;
  readonly esr?: bigint;
  readonly reserved?: number;
}

/** struct kvm_vcpu_events */
export const vcpuEvents = ({ pending = 0, hasEsr = 0, dabt = 0, pad = 0, esr = 0n, reserved = 0 }: Events = {}): Uint8Array =>
  struct(64, [
    [0, 'u8', pending],
    [1, 'u8', hasEsr],
    [2, 'u8', dabt],
    [3, 'u8', pad],
    [8, 'u64', esr],
    [16, 'u32', reserved],
  ]);

/** struct kvm_enable_cap */
export const enableCap = (cap: number, flags = 0, first: number | bigint = 0): Uint8Array =>
  struct(104, [
    [0, 'u32', cap],
    [4, 'u32', flags],
    [8, 'u64', first],
  ]);

/** struct kvm_device_attr */
export const deviceAttr = (group: number, attr: number | bigint, address: number = place.value, flags = 0): Uint8Array =>
  struct(24, [
    [0, 'u32', flags],
    [4, 'u32', group],
    [8, 'u64', attr],
    [16, 'u64', address],
  ]);

/** How long a guest may take that ends by itself, and one that does not. */
const PATIENCE = 5000;
export const SHORT = 300;

/** Writes a case down. */
export class Script {
  readonly steps: Step[] = [];
  private readonly labels = new Map<string, number>();

  private add(step: Step): void {
    this.steps.push(step);
  }

  /** Labels name one result each. */
  private label(wanted: string): string {
    const count = (this.labels.get(wanted) ?? 0) + 1;
    this.labels.set(wanted, count);
    return count === 1 ? wanted : `${wanted} #${count}`;
  }

  write(address: number, bytes: Uint8Array): void {
    this.add({ op: 'write', address, bytes });
  }

  dump(label: string, address: number, length: number): void {
    this.add({ op: 'dump', label: this.label(label), address, length });
  }

  /** A call whose argument is a number (or a pointer that is there already). */
  plain(
    fd: Slot,
    name: CallName | number,
    argument: number | bigint = 0,
    label?: string,
    more: { into?: Slot; quiet?: boolean } = {},
  ): void {
    const request = typeof name === 'number' ? name : calls[name];
    this.add({ op: 'ioctl', label: this.label(label ?? String(name)), slot: fd, request, argument: BigInt(argument), ...more });
  }

  /** A call whose argument is a pointer to this structure. */
  call(fd: Slot, name: CallName | number, argument: Uint8Array, label?: string, more: { into?: Slot; quiet?: boolean } = {}): void {
    this.write(place.argument, argument);
    this.plain(fd, name, place.argument, label, more);
  }

  open(): void {
    this.add({ op: 'open', slot: slot.system });
  }

  close(fd: Slot): void {
    this.add({ op: 'close', slot: fd });
  }

  unmap(address: number, length: number): void {
    this.add({ op: 'unmap', address, length });
  }

  mapFile(label: string, fd: Slot, address: number, length: number): void {
    this.add({ op: 'mapFile', label: this.label(label), slot: fd, address, length });
  }

  takeFd(fd: Slot, address: number): void {
    this.add({ op: 'takeFd', slot: fd, address });
  }

  putFd(fd: Slot, address: number): void {
    this.add({ op: 'putFd', slot: fd, address });
  }

  survey(fd: Slot): void {
    this.add({ op: 'survey', label: this.label('registers'), slot: fd });
  }

  /** /dev/kvm and a VM. */
  vm(type: number | bigint = 0): void {
    this.open();
    this.createVm('KVM_CREATE_VM', type);
  }

  createVm(label: string, type: number | bigint = 0): void {
    this.plain(slot.system, 'KVM_CREATE_VM', type, label, { into: slot.vm, quiet: true });
  }

  /** Memory that the guest begins with. */
  ram(label = 'memory'): void {
    this.call(slot.vm, 'KVM_SET_USER_MEMORY_REGION', region(), label, { quiet: true });
  }

  memory(of: Region, label: string): void {
    this.call(slot.vm, 'KVM_SET_USER_MEMORY_REGION', region(of), label);
  }

  createVcpu(n = 0): void {
    this.plain(slot.vm, 'KVM_CREATE_VCPU', n, `KVM_CREATE_VCPU ${n}`, { into: vcpuSlot(n), quiet: true });
    this.mapFile(`mmap of vCPU ${n}`, vcpuSlot(n), runAt(n), 4096);
  }

  init(n = 0, of: Init = {}, label = `KVM_ARM_VCPU_INIT ${n}`): void {
    this.call(vcpuSlot(n), 'KVM_ARM_VCPU_INIT', vcpuInit(of), label, { quiet: true });
  }

  /** A VM with memory and one vCPU whose PC is at a program. `of` are the features of the vCPU. */
  guest(source: string, of: Init = {}): void {
    this.vm();
    this.ram();
    this.createVcpu();
    this.init(0, of);
    this.program(source);
    this.set('pc', BigInt(GUEST));
  }

  program(source: string): void {
    const { image } = assemble(source, { file: 'guest.S', address: BigInt(GUEST) });
    this.write(place.memory, image);
  }

  set(name: RegisterName, value: bigint, vcpu = 0): void {
    this.setId(idOf(name), value, `set ${name}`, vcpu);
  }

  setId(id: bigint, value: bigint, label: string, vcpu = 0, quiet = true): void {
    this.write(place.value, struct(8, [[0, 'u64', value]]));
    this.one('KVM_SET_ONE_REG', id, label, vcpu, quiet);
  }

  private one(call: CallName, id: bigint, label: string, vcpu: number, quiet: boolean): void {
    const argument = struct(16, [
      [0, 'u64', id],
      [8, 'u64', place.value],
    ]);
    this.call(vcpuSlot(vcpu), call, argument, label, { quiet });
  }

  get(name: RegisterName, vcpu = 0): void {
    this.getId(idOf(name), name, 8, vcpu);
  }

  getId(id: bigint, label: string, length = 8, vcpu = 0, quiet = true): void {
    this.write(place.value, new Uint8Array(length));
    this.one('KVM_GET_ONE_REG', id, `get ${label}`, vcpu, quiet);
    this.dump(label, place.value, length);
  }

  /** Sets a register to its value with these bits turned over. */
  change(id: bigint, xor: bigint, label: string, vcpu = 0): void {
    this.one('KVM_GET_ONE_REG', id, `get, ${label}`, vcpu, true);
    this.add({ op: 'xor', address: place.value, bits: xor });
    this.one('KVM_SET_ONE_REG', id, label, vcpu, false);
  }

  registers(names: readonly RegisterName[], vcpu = 0): void {
    for (const name of names) this.get(name, vcpu);
  }

  /** KVM_RUN, and what it left in kvm_run: the reason, the record (as far as exits of arm64 reach) and the interrupt levels. */
  run(label = 'KVM_RUN', vcpu = 0, milliseconds = PATIENCE): void {
    this.add({ op: 'run', label: this.label(label), slot: vcpuSlot(vcpu), milliseconds });
    this.dump(`${label}: kvm_run`, runAt(vcpu) + 8, 96);
  }

  events(of: Events, label: string, vcpu = 0): void {
    this.call(vcpuSlot(vcpu), 'KVM_SET_VCPU_EVENTS', vcpuEvents(of), label);
  }

  /** KVM_ENABLE_CAP of the VM, which is expected to work. */
  enable(cap: number): void {
    this.call(slot.vm, 'KVM_ENABLE_CAP', enableCap(cap), `KVM_ENABLE_CAP ${cap}`, { quiet: true });
  }

  /** A call about an attribute whose value is, or comes, at `place.value`. */
  attribute(
    fd: Slot,
    name: 'KVM_SET_DEVICE_ATTR' | 'KVM_GET_DEVICE_ATTR' | 'KVM_HAS_DEVICE_ATTR',
    group: number,
    attr: number | bigint,
    label: string,
  ): void {
    this.call(fd, name, deviceAttr(group, attr), label);
  }

  mpState(label: string, vcpu: number): void {
    this.call(vcpuSlot(vcpu), 'KVM_GET_MP_STATE', struct(4).fill(0xff), `get ${label}`, { quiet: true });
    this.dump(label, place.argument, 4);
  }

  irqLine(irq: number, level: number, label: string): void {
    const argument = struct(8, [
      [0, 'u32', irq],
      [4, 'u32', level],
    ]);
    this.call(slot.vm, 'KVM_IRQ_LINE', argument, label);
  }

  getEvents(label = 'events', vcpu = 0): void {
    this.call(vcpuSlot(vcpu), 'KVM_GET_VCPU_EVENTS', struct(64).fill(0xff), `get ${label}`, { quiet: true });
    this.dump(label, place.argument, 64);
  }
}

export function scripted(name: string, write: (script: Script) => void): Case {
  const script = new Script();
  write(script);
  return { name, steps: script.steps };
}

/** The structure with one byte changed. */
export const withMember = (bytes: Uint8Array, offset: number, value: number): Uint8Array => bytes.with(offset, value);
