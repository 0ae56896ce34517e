import { assemble } from '../../emulator/isa/assembler/assembler.ts';
import { systemRegisterSlot } from '../../emulator/isa/registers/index.ts';
import { handleGuestAbort } from '../../emulator/kvm/guest-abort.ts';
import type { KernelProfile } from '../../emulator/kvm/kernel-profile.ts';
import { Stage2 } from '../../emulator/kvm/stage2.ts';
import { memoryTypeOf } from '../../emulator/kvm/stage2-attributes.ts';
import type { RunOutcome } from '../../emulator/kvm/vcpu.ts';
import type { HostFeatures } from '../../emulator/kvm/vm.ts';
import { Vm } from '../../emulator/kvm/vm.ts';
import { anonymous, type Vma } from '../../emulator/kvm/vma.ts';
import type { PfnmapPolicy } from '../../emulator/kvm/vma-rules.ts';
import type { VmidAllocator } from '../../emulator/kvm/vmid.ts';
import { HOST_DRAM_BASE } from '../../emulator/memory/physical-memory.ts';
import { slots } from '../../emulator/translate/layout.ts';
import { createMachine } from '../../emulator/vmm/create.ts';
import type { VirtMachine } from '../../emulator/vmm/virt-machine.ts';

const MIB = 2 ** 20;
export const PAGE = 4096;
export const BLOCK = 2 * MIB;
/** Where the tests put their slots; RAM with the code is elsewhere. */
export const GPA = 0x8000_0000;

export interface WorldOptions {
  readonly cpu?: string;
  readonly fwb?: boolean;
  readonly dic?: boolean;
  readonly policy?: PfnmapPolicy;
  readonly ipaBits?: number;
  readonly profile?: KernelProfile;
  readonly nisv?: boolean;
  readonly ls64?: boolean;
  readonly vmids?: VmidAllocator;
}

/** One access of the guest, at EL1 with the MMU off. */
export type Access = 'read' | 'write' | 'fetch';

/** A VM whose guest is driven access by access. User memory of 8 MiB begins at `user`, aligned to 2 MiB. */
export class World {
  readonly user: number;

  private constructor(
    readonly machine: VirtMachine,
    readonly vm: Vm,
    private readonly code: number,
  ) {
    this.user = machine.silicon.memory.allocate(8 * MIB, BLOCK);
  }

  static async create({
    cpu = 'cortex-a57',
    fwb,
    dic,
    policy,
    ipaBits,
    profile,
    vmids,
    nisv = false,
    ls64,
  }: WorldOptions = {}): Promise<World> {
    const kernel = { name: 'guest.bin', bytes: new Uint8Array(4096) };
    const machine = await createMachine({ kernel, memory: 32 * MIB, cpus: 1, cpu });
    const { silicon } = machine;
    const features: HostFeatures = {
      ...silicon.features,
      ...(fwb === undefined ? {} : { fwb }),
      ...(ls64 === undefined ? {} : { ls64 }),
      ...(dic === undefined ? {} : { coherentInstructionCache: dic }),
    };
    const vm = new Vm({
      clock: silicon.clock,
      host: {
        memory: silicon.memory.memory,
        physicalBase: HOST_DRAM_BASE,
        allocate: (bytes, alignment) => silicon.memory.allocate(bytes, alignment),
      },
      features,
      ...(profile ? { kernel: profile } : {}),
      epoch: 0,
      seed: 1,
      invalidate: () => silicon.invalidateStage2(),
      release: (address, bytes) => silicon.memory.free(address, bytes),
      ...(policy ? { pfnmapPolicy: policy } : {}),
      ...(ipaBits ? { ipaBits } : {}),
      ...(vmids ? { vmids } : {}),
    });
    vm.nisvToUser = nisv;
    const ram = silicon.memory.allocate(PAGE, PAGE);
    vm.createVcpu(silicon.processors[0]!).init();
    vm.memslots.set({ slot: 100, flags: 0, guestPhysAddr: CODE, memorySize: PAGE, userspaceAddr: ram });
    return new World(machine, vm, ram).withCode(ram);
  }

  /** A slot over user memory at `user` + `offset`. */
  slot(overrides: { slot?: number; flags?: number; gpa?: number; size?: number; offset?: number } = {}): void {
    const { slot = 0, flags = 0, gpa = GPA, size = 4 * MIB, offset = 0 } = overrides;
    this.vm.memslots.set({ slot, flags, guestPhysAddr: gpa, memorySize: size, userspaceAddr: this.user + offset });
  }

  /** Maps the user memory in another way. */
  mmap(vma: Partial<Vma>, offset = 0, size = 8 * MIB): void {
    const start = this.user + offset;
    this.vm.mappings.map({ ...anonymous(start, start + size), ...vma });
  }

  /** Lets the guest access an address. What KVM_RUN gave: it was interrupted once the access was done. */
  access(kind: Access, address: number, { size = 8 }: { size?: 1 | 4 | 8 } = {}): RunOutcome {
    const [vcpu] = this.vm.vcpus;
    const { state, processor } = vcpu!;
    const at = kind === 'fetch' ? address : CODE + offsets[kind] + (size === 8 ? 0 : size === 4 ? 4 : 8);
    state.set(slots.pc, BigInt(at));
    state.set(1, BigInt(address));
    processor.invalidateDerivedState();
    return vcpu!.enter(1);
  }

  /** Lets the guest execute one instruction with X1 = `address`. */
  execute(instruction: string, address: number): RunOutcome {
    const { image } = assemble(instruction, { file: 'one.S', address: BigInt(CODE + 0x100) });
    this.machine.silicon.memory.bytes.set(image, this.code + 0x100);
    this.machine.silicon.written(this.code + 0x100, 4);
    const vcpu = this.vm.vcpus[0]!;
    vcpu.state.set(slots.pc, BigInt(CODE + 0x100));
    vcpu.state.set(1, BigInt(address));
    vcpu.processor.invalidateDerivedState();
    return vcpu.enter(1);
  }

  /** Hands KVM an abort that this processor does not raise by itself. */
  abort(esr: number, ipa: number, far: bigint): string {
    this.setSystem('ESR_EL2', BigInt(esr >>> 0));
    this.setSystem('HPFAR_EL2', (BigInt(ipa) >> 12n) << 4n);
    this.setSystem('FAR_EL2', far);
    return handleGuestAbort(this.vm.vcpus[0]!, esr);
  }

  x(n: number): bigint {
    return this.vm.vcpus[0]!.state.get(n);
  }

  setX(n: number, value: bigint): void {
    this.vm.vcpus[0]!.state.set(n, value);
  }

  /** Guest's address of the instruction that `execute` runs. */
  readonly instruction = BigInt(CODE + 0x100);

  get pc(): bigint {
    return this.vm.vcpus[0]!.state.get(slots.pc);
  }

  /** `4K normal rw-` of what is mapped at an address; `-` for nothing. */
  mapped(address: number = GPA): string {
    const found = this.vm.stage2.lookup(address);
    if (!found) return '-';
    const size = found.bytes === PAGE ? '4K' : found.bytes === BLOCK ? '2M' : '1G';
    const rights = `r${Stage2.writable(found) ? 'w' : '-'}${Stage2.executable(found) ? 'x' : '-'}`;
    return `${size} ${memoryTypeOf(found.low, this.vm.stage2.fwb)} ${rights}`;
  }

  /** ESR_EL1 after an exception that KVM injected. */
  get esr(): number {
    return Number(this.system('ESR_EL1'));
  }

  system(name: string): bigint {
    return this.vm.vcpus[0]!.state.system(systemRegisterSlot(name));
  }

  setSystem(name: string, value: bigint): void {
    const { state, processor } = this.vm.vcpus[0]!;
    state.setSystem(systemRegisterSlot(name), value);
    processor.invalidateDerivedState();
  }

  private withCode(ram: number): this {
    const { words } = this.machine.silicon.memory;
    // ldr, ldr w, ldrb of [x1]; then str, str w, strb.
    const code = [0xf9400020, 0xb9400020, 0x39400020, 0xd503201f, 0xf9000020, 0xb9000020, 0x39000020];
    for (const [n, word] of code.entries()) words[(ram >>> 2) + n] = word | 0;
    // The vectors: `b .` where EL1h takes its synchronous exceptions.
    words[(ram + 0x200) >>> 2] = 0x14000000;
    this.vm.vcpus[0]!.state.setSystem(systemRegisterSlot('VBAR_EL1'), BigInt(CODE));
    // FP and SIMD are not trapped.
    this.setSystem('CPACR_EL1', 3n << 20n);
    return this;
  }
}

const CODE = 0x4000_0000;
const offsets = { read: 0, write: 16 } as const;
