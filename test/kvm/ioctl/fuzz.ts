import assert from 'node:assert/strict';
import { errno } from '../../../emulator/kvm/errno.ts';
import { deviceOperations } from '../../../emulator/kvm/ioctl/device-calls.ts';
import type { FileKind } from '../../../emulator/kvm/ioctl/file-table.ts';
import { systemOperations } from '../../../emulator/kvm/ioctl/system-calls.ts';
import { vcpuOperations } from '../../../emulator/kvm/ioctl/vcpu-calls.ts';
import { vmOperations } from '../../../emulator/kvm/ioctl/vm-calls.ts';
import { stage2Mismatch } from '../invariants.ts';
import { ARENA, type Program, startProgram } from './program.ts';

interface NamedRequest {
  readonly name: string;
  readonly request: number;
}

const requests: Readonly<Record<FileKind, readonly NamedRequest[]>> = {
  system: systemOperations({} as never).calls,
  vm: vmOperations.calls,
  vcpu: vcpuOperations.calls,
  device: deviceOperations.calls,
  guest_memfd: [],
};
const known = new Set(Object.values(errno));

/** Numbers that mean something to some call. */
const numbers: readonly bigint[] = [
  ...[0n, 1n, 2n, 3n, 4n, 5n, 7n, 8n, 10n, 16n, 27n, 31n, 32n, 33n, 64n, 100n, 168n, 177n, 216n, 228n, 245n, 512n, 4096n],
  ...[0x8000_0000n, 0xffff_ffffn, 1n << 40n, (1n << 40n) - 4096n, 1n << 48n, 1n << 63n, 0xffff_ffff_ffff_f000n, 0xffff_ffff_ffff_ffffn],
  ...[0x4000_0000n, 0x4010_0000n, 0x20_0000n, 0x10_0000n, 0x800_0000n, 0x80a_0000n, 0x100_0020n, 0x200_0010n],
  ...[0x6030_0000_0010_0000n, 0x6030_0000_0010_0040n, 0x6030_0000_0010_0042n, 0x6030_0000_0013_c080n, 0x6030_0000_0014_0000n],
  ...[0x6040_0000_0010_0054n, 0x6030_0000_0016_0000n, 0x3c5n],
];

/** The same numbers for the same seed (mulberry32). */
export function randomly(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const POINTED = 0x4000;
const GUEST_MEMORY = 0x20_0000;

/** Makes calls at random on VMs that run random code, and looks at what must always hold. */
export class Fuzzer {
  private readonly random: () => number;
  readonly counts = { calls: 0, failed: 0, runs: 0 };

  private constructor(
    private readonly program: Program,
    private readonly seed: number,
  ) {
    this.random = randomly(seed);
    program.kvm.patience = 300;
  }

  static async start(seed: number): Promise<Fuzzer> {
    return new Fuzzer(await startProgram(), seed);
  }

  private below(n: number): number {
    return Math.floor(this.random() * n);
  }

  private of<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  private bigint(): bigint {
    if (this.below(3) > 0) return this.of(numbers);
    return (BigInt(this.below(2 ** 32)) << 32n) | BigInt(this.below(2 ** 32));
  }

  /** Bytes for a structure: members that are likely to be right, or not. */
  private bytes(length: number): Uint8Array {
    const words = new BigUint64Array(Math.ceil(length / 8));
    for (let n = 0; n < words.length; n++) {
      const kind = this.below(8);
      if (kind < 4) continue;
      if (kind < 6) words[n] = BigInt(ARENA + POINTED * this.below(4) + (this.below(4) ? 0 : GUEST_MEMORY));
      else words[n] = kind === 6 ? this.bigint() : (this.of(numbers) & 0xffff_ffffn) | ((this.of(numbers) & 0xffff_ffffn) << 32n);
    }
    return new Uint8Array(words.buffer, 0, length);
  }

  /** A VM with memory, a vCPU and code: so that there is something to go wrong. */
  private populate(): void {
    const { kvm, memory } = this.program;
    const argument = BigInt(ARENA);
    const put = (words: readonly bigint[]): void => {
      memory.write(argument, new Uint8Array(BigUint64Array.from(words).buffer));
    };
    const vm = kvm.ioctl(3, 0xae01, this.of([0n, 32n, 36n, 40n]));
    if (vm < 0) return;
    put([BigInt(this.below(4)) << 32n, 0x4000_0000n, 0x10_0000n, BigInt(ARENA + GUEST_MEMORY)]);
    kvm.ioctl(vm, 0x4020ae46, argument);
    if (this.below(2)) {
      put([7n, 0n]);
      kvm.ioctl(vm, 0xc00caee0, argument);
    }
    const vcpu = kvm.ioctl(vm, 0xae41, 0n);
    if (vcpu < 0) return;
    put([5n | (4n << 32n), 0n, 0n, 0n]);
    kvm.ioctl(vcpu, 0x4020aeae, argument);
    memory.write(argument + 64n, new Uint8Array(BigUint64Array.of(0x4000_0000n + 4n * BigInt(this.below(1024))).buffer));
    put([0x6030_0000_0010_0040n, argument + 64n]);
    kvm.ioctl(vcpu, 0x4010aeac, argument);
    const code = Uint32Array.from({ length: 1024 }, () => (this.below(3) ? this.below(2 ** 32) : this.of(likely)));
    memory.write(BigInt(ARENA + GUEST_MEMORY), new Uint8Array(code.buffer));
  }

  private descriptors(): number[] {
    return Array.from({ length: 40 }, (_, n) => n + 3).filter((fd) => this.program.kvm.kindOf(fd) !== undefined);
  }

  /** One call, or something that user space does without one. */
  step(): void {
    const { kvm, memory } = this.program;
    if (kvm.kindOf(3) === undefined) kvm.open();
    const open = this.descriptors();
    if (open.length < 4 || this.below(150) === 0) this.populate();
    if (open.length > 20 || this.below(60) === 0) kvm.close(this.of(open));
    if (this.descriptors().length === 0) kvm.open();
    const fd = this.of(this.descriptors());
    const kind = kvm.kindOf(fd)!;
    if (kind === 'vcpu' && this.below(8) === 0) kvm.run(fd)[this.below(400)] = this.below(256);
    if (kind === 'vcpu' && this.below(3) === 0) {
      this.counts.runs++;
      this.check(kvm.ioctl(fd, 0xae80, 0n), 'KVM_RUN');
    }
    const call = this.of(requests[kind].length > 0 ? requests[kind] : requests.vm);
    const size = (call.request >>> 16) & 0x3fff;
    const address = BigInt(ARENA + POINTED * this.below(4));
    memory.write(address, this.bytes(Math.max(size, 8)));
    const argument = size === 0 ? this.of([0n, 0n, 1n, this.bigint()]) : this.below(20) ? address : this.bigint();
    this.check(kvm.ioctl(fd, this.below(50) ? call.request : this.below(2 ** 32), argument), call.name);
  }

  private check(result: number, name: string): void {
    this.counts.calls++;
    if (result < 0) this.counts.failed++;
    assert.ok(Number.isInteger(result) && (result >= 0 || known.has(-result as never)), `seed ${this.seed}: ${name} gave ${result}`);
  }

  /** What must hold between calls: stage 2 of every VM matches its slots. */
  checkInvariants(): void {
    for (const fd of this.descriptors()) {
      if (this.program.kvm.kindOf(fd) !== 'vm') continue;
      const { vm } = this.program.kvm.fileOf(fd, 'vm').open;
      assert.equal(stage2Mismatch(vm), undefined, `seed ${this.seed}, call ${this.counts.calls}`);
    }
  }
}

/** Instructions that reach KVM: HVC, SMC, WFI, WFE, MRS, a load, a store, BRK, ERET, and branches to stay in the code. */
const likely = [
  ...[0xd4000002, 0xd4000003, 0xd503207f, 0xd503205f, 0xd5380000, 0xd53cd060, 0xf9400000, 0xf9000020, 0xd4200000, 0xd69f03e0],
  ...[0x14000002, 0x17fffff0, 0xd2800000, 0xd2a80001, 0xd5033fdf, 0xd51cd060],
];
