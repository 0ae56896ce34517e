import { systemRegisterSlot } from '../../emulator/isa/registers/index.ts';
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
  ) {
    this.user = machine.silicon.memory.allocate(8 * MIB, BLOCK);
  }

  static async create({ cpu = 'cortex-a57', fwb, dic, policy, ipaBits, vmids }: WorldOptions = {}): Promise<World> {
    const kernel = { name: 'guest.bin', bytes: new Uint8Array(4096) };
    const machine = await createMachine({ kernel, memory: 32 * MIB, cpus: 1, cpu });
    const { silicon } = machine;
    const features: HostFeatures = {
      ...silicon.features,
      ...(fwb === undefined ? {} : { fwb }),
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
      spiCount: 32,
      vcpuCount: 1,
      epoch: 0,
      seed: 1,
      invalidate: () => silicon.invalidateStage2(),
      release: (address, bytes) => silicon.memory.free(address, bytes),
      ...(policy ? { pfnmapPolicy: policy } : {}),
      ...(ipaBits ? { ipaBits } : {}),
      ...(vmids ? { vmids } : {}),
    });
    const ram = silicon.memory.allocate(PAGE, PAGE);
    vm.createVcpu(silicon.processors[0]!).init();
    vm.memslots.set({ slot: 100, flags: 0, guestPhysAddr: CODE, memorySize: PAGE, userspaceAddr: ram });
    return new World(machine, vm).withCode(ram);
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
    return Number(this.vm.vcpus[0]!.state.system(systemRegisterSlot('ESR_EL1')));
  }

  private withCode(ram: number): this {
    const { words } = this.machine.silicon.memory;
    // ldr, ldr w, ldrb of [x1]; then str, str w, strb.
    const code = [0xf9400020, 0xb9400020, 0x39400020, 0xd503201f, 0xf9000020, 0xb9000020, 0x39000020];
    for (const [n, word] of code.entries()) words[(ram >>> 2) + n] = word | 0;
    // The vectors: `b .` where EL1h takes its synchronous exceptions.
    words[(ram + 0x200) >>> 2] = 0x14000000;
    this.vm.vcpus[0]!.state.setSystem(systemRegisterSlot('VBAR_EL1'), BigInt(CODE));
    return this;
  }
}

const CODE = 0x4000_0000;
const offsets = { read: 0, write: 16 } as const;
