import type { Struct, Values } from '../../../emulator/kvm/ioctl/struct.ts';
import { structs } from '../../../emulator/kvm/ioctl/structs.ts';
import { type CallName, calls } from '../linux/calls.ts';
import { ARENA, outcome, type Program, type ProgramOptions, startProgram } from './program.ts';

type Members = ConstructorParameters<typeof Struct>[1];

/** Places in the program's memory: the argument of a call, what it points to, and what is guest memory. */
export const at = { argument: BigInt(ARENA), value: BigInt(ARENA + 0x1000), guest: BigInt(ARENA + 0x20_0000) } as const;
/** An address where the program has nothing. */
export const NOWHERE = 0x7000_0000n;
export const GUEST = 0x4000_0000;
export const GUEST_BYTES = 0x10_0000;

/** A program with /dev/kvm open, whose results are numbers or names of errors. */
export class Session {
  readonly system: number;

  private constructor(readonly program: Program) {
    this.system = program.kvm.open();
    program.kvm.patience = 10_000;
  }

  static async start(options: ProgramOptions = {}): Promise<Session> {
    return new Session(await startProgram(options));
  }

  /** A call with a number. */
  plain(fd: number, name: CallName | number, argument: number | bigint = 0): number | string {
    const request = typeof name === 'number' ? name : calls[name];
    return outcome(this.program.kvm.ioctl(fd, request, BigInt(argument)));
  }

  /** A call with bytes. */
  bytes(fd: number, name: CallName | number, argument: Uint8Array): number | string {
    this.program.memory.write(at.argument, argument);
    return this.plain(fd, name, at.argument);
  }

  /** A call with a structure. */
  call<M extends Members>(fd: number, name: CallName, struct: Struct<M>, values: Partial<Values<M>> = {}): number | string {
    return this.bytes(fd, name, struct.write(values));
  }

  /** The structure that a call left. */
  result<M extends Members>(struct: Struct<M>, address: bigint = at.argument): Values<M> {
    return struct.read(this.program.memory.read(address, struct.size)!);
  }

  private descriptor(of: number | string): number {
    if (typeof of === 'string') throw new Error(of);
    return of;
  }

  vm(type: number | bigint = 0): number {
    return this.descriptor(this.plain(this.system, 'KVM_CREATE_VM', type));
  }

  vcpu(vm: number, id = 0): number {
    return this.descriptor(this.plain(vm, 'KVM_CREATE_VCPU', id));
  }

  ram(vm: number): number | string {
    const region = { guestPhysAddr: BigInt(GUEST), memorySize: BigInt(GUEST_BYTES), userspaceAddr: at.guest };
    return this.call(vm, 'KVM_SET_USER_MEMORY_REGION', structs.memoryRegion, region);
  }

  /** KVM_ARM_VCPU_INIT; 4 is PSCI_0_2. */
  init(vcpu: number, feature = 4, target = 5): number | string {
    return this.call(vcpu, 'KVM_ARM_VCPU_INIT', structs.vcpuInit, { target, features: [feature, 0, 0, 0, 0, 0, 0] });
  }

  getReg(vcpu: number, id: bigint, length = 8): bigint | string {
    this.program.memory.write(at.value, new Uint8Array(length));
    const result = this.call(vcpu, 'KVM_GET_ONE_REG', structs.oneReg, { id, addr: at.value });
    if (result !== 0) return String(result);
    return this.program.memory.read(at.value, length)!.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
  }

  setReg(vcpu: number, id: bigint, value: bigint, length = 8): number | string {
    const bytes = Uint8Array.from({ length }, (_, n) => Number((value >> BigInt(8 * n)) & 0xffn));
    this.program.memory.write(at.value, bytes);
    return this.call(vcpu, 'KVM_SET_ONE_REG', structs.oneReg, { id, addr: at.value });
  }

  /** KVM_GET_REG_LIST. */
  registers(vcpu: number): readonly bigint[] {
    const room = 2048;
    const result = this.bytes(vcpu, 'KVM_GET_REG_LIST', structs.regList.write({ n: BigInt(room) }));
    if (result !== 0) throw new Error(String(result));
    const { n } = this.result(structs.regList);
    const bytes = this.program.memory.read(at.argument + 8n, Number(n) * 8)!;
    return [...new BigUint64Array(bytes.slice().buffer)];
  }

  /** A device attribute whose value is at `at.value`. */
  attribute(fd: number, way: 'SET' | 'GET' | 'HAS', group: number, attr: number | bigint, addr: bigint = at.value): number | string {
    return this.call(fd, `KVM_${way}_DEVICE_ATTR`, structs.deviceAttr, { group, attr: BigInt(attr), addr });
  }
}
