/** The model as a program on QEMU's virt machine would find it: the steps' arena, and a host that is described as that machine is. */
import { findProfile } from '../../../emulator/cpu/profiles/index.ts';
import { KvmError } from '../../../emulator/kvm/errno.ts';
import { KvmFiles, MappedMemory } from '../../../emulator/kvm/ioctl/index.ts';
import { type KernelProfile, merged } from '../../../emulator/kvm/kernel-profile.ts';
import { anonymous, UserMappings } from '../../../emulator/kvm/vma.ts';
import { compileInterpreter } from '../../../emulator/translate/interpreter/compiled.ts';
import { profileOfHost } from '../../../emulator/vmm/host.ts';
import { kvmHost } from '../../../emulator/vmm/kvm-host.ts';
import { Silicon } from '../../../emulator/vmm/silicon.ts';
import { type Program, replay } from './replay.ts';
import { ARENA, ARENA_BYTES, type Case, type Results } from './steps.ts';
import { vectorsOf } from './vectors.ts';

const MIB = 2 ** 20;
const CPUS = 4;
/** What `-cpu max` of QEMU 7.2 tells the host kernel. */
const host = { fwb: true, ras: true, dic: false, idc: true } as const;
/** Instructions of a guest until the signal comes that ends KVM_RUN: none of the guests that end by themselves needs as many. */
const PATIENCE = 20_000;
/** Above what the steps use. */
const SCRATCH = ARENA + 24 * MIB;
const USED = 8 * MIB;

export class Model {
  private constructor(
    private readonly silicon: Silicon,
    private readonly kernel: KernelProfile,
    /** Where the arena is in the host's memory. */
    private readonly arena: number,
  ) {}

  static async create(kernel: KernelProfile = merged): Promise<Model> {
    const profile = profileOfHost(findProfile('max')!, host, kernel);
    const interpreter = await compileInterpreter();
    const silicon = new Silicon({ profile, cpus: CPUS, dramBytes: ARENA_BYTES + 16 * MIB, interpreter, translate: false });
    return new Model(silicon, kernel, silicon.memory.allocate(ARENA_BYTES, 2 * MIB));
  }

  /** Carries out the steps of a case from the beginning. */
  resultsOf(of: Case): Results {
    const program = new ModelProgram(this.silicon, this.kernel, this.arena);
    try {
      return vectorsOf([of], replay(of, program, SCRATCH))[of.name]!;
    } finally {
      program.exit();
    }
  }
}

class ModelProgram implements Program {
  readonly memory = new MappedMemory();
  private readonly kvm: KvmFiles;
  private readonly mappings = new UserMappings();

  constructor(silicon: Silicon, kernel: KernelProfile, arena: number) {
    const bytes = silicon.memory.bytes.subarray(arena, arena + ARENA_BYTES);
    bytes.fill(0, 0, USED);
    bytes.fill(0, SCRATCH - ARENA);
    silicon.written(arena, ARENA_BYTES);
    this.memory.map(BigInt(ARENA), bytes, (at, length) => silicon.written(arena + at, length));
    this.mappings.unmap(0, 2 ** 32);
    this.mappings.map(anonymous(ARENA, ARENA + ARENA_BYTES));
    this.kvm = new KvmFiles(kvmHost(silicon, { kernel, mappings: this.mappings, userBase: ARENA - arena }), this.memory);
    this.kvm.patience = PATIENCE;
  }

  open(): number {
    return this.kvm.open();
  }

  close(fd: number): void {
    this.kvm.close(fd);
  }

  ioctl(fd: number, request: number, argument: bigint): number {
    return this.kvm.ioctl(fd, request, argument);
  }

  /** Only a vCPU's file is mapped by the steps. */
  map(fd: number, address: number, length: number): number {
    try {
      this.memory.map(BigInt(address), this.kvm.run(fd).subarray(0, length));
      return 0;
    } catch (error) {
      if (error instanceof KvmError) return -9;
      throw error;
    }
  }

  unmap(address: number, length: number): void {
    this.memory.unmap(BigInt(address), length);
    this.mappings.unmap(address, address + length);
  }

  /** The process ends: its files are closed. */
  exit(): void {
    for (let fd = 3; fd < 64; fd++) this.kvm.close(fd);
  }
}
