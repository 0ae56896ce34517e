import assert from 'node:assert/strict';
import type { KernelProfileName } from '../../../emulator/kvm/kernel-profile.ts';
import type { RunOutcome, Vcpu } from '../../../emulator/kvm/vcpu.ts';
import type { Poison } from '../../../emulator/memory/poison.ts';
import { slots } from '../../../emulator/translate/layout.ts';
import type { HostDescription } from '../../../emulator/vmm/host.ts';
import { type PoisonOrder, poisonMemory } from '../../../emulator/vmm/poison.ts';
import type { VirtMachine } from '../../../emulator/vmm/virt-machine.ts';
import { guest } from '../../vmm/guest.ts';

/** Guest physical, and by identity virtual, addresses of the test guests. */
export const VECTORS = 0x4010_0000n;
export const DATA = 0x4020_0000n;
const TABLES = 0x4030_0000n;
/** A page that is mapped by tables of every level: its virtual address, and where it is. */
export const DEEP_VA = 0x2_0000_5000n;
export const DEEP_PAGE = 0x4040_5000n;
/** Descriptor that maps `DEEP_VA`, and the tables above, by level. */
export const deepDescriptor = { 1: TABLES + 8n * 8n, 2: TABLES + 0x1000n, 3: TABLES + 0x2000n + 5n * 8n } as const;
const BLOCK = 0x701n;
/** EL0 may use it too. */
export const PAGE_DESCRIPTOR = 0x743n;
const DEVICE_BLOCK = 0x405n;

export type Tier = 'interpreted' | 'translated';
export const tiers: readonly Tier[] = ['interpreted', 'translated'];

export interface GuestOptions {
  readonly tier?: Tier;
  readonly profile?: KernelProfileName;
  readonly host?: HostDescription;
  readonly cpu?: string;
  /** KVM_CAP_ARM_SEA_TO_USER. */
  readonly toUser?: boolean;
  /** Stage 1 with the tables above; off otherwise. */
  readonly mmu?: boolean;
  readonly cpus?: number;
}

/** A guest whose memory goes bad, and its KVM. `body` begins at EL1 with x1 = DATA, x9 = DEEP_VA, vectors at VECTORS and SErrors masked. */
export class BadMemory {
  private constructor(
    readonly machine: VirtMachine,
    readonly vcpu: Vcpu,
  ) {}

  static async run(body: string, options: GuestOptions = {}): Promise<BadMemory> {
    const { tier = 'translated', profile = 'merged', cpu = 'max', host = {}, toUser = true, mmu = true, cpus = 1 } = options;
    const on = `
        ldr x0, =0x351910419
        msr tcr_el1, x0
        mov x0, #0x44ff
        msr mair_el1, x0
        ldr x0, =0x${TABLES.toString(16)}
        msr ttbr0_el1, x0
        isb
        mrs x0, sctlr_el1
        mov x2, #0x1005
        orr x0, x0, x2
        msr sctlr_el1, x0
        isb`;
    const source = `
        ldr x0, =0x${VECTORS.toString(16)}
        msr vbar_el1, x0
        mov x0, #3 << 20
        msr cpacr_el1, x0
        ${mmu ? on : 'isb'}
        ldr x1, =0x${DATA.toString(16)}
        ldr x9, =0x${DEEP_VA.toString(16)}
        mov x8, #0
        b begin
        .ltorg
        .balign 64
begin:
${body}`;
    const translate = tier === 'translated' && { hotJumps: 4 };
    const capabilities = ['ARM_NISV_TO_USER', ...(toUser ? ['ARM_SEA_TO_USER'] : [])];
    const machine = await guest(source, { cpu, host: { ras: true, ...host }, kernelProfile: profile, translate, cpus, capabilities });
    const world = new BadMemory(machine, machine.vcpus[0]!);
    const table = (index: bigint): bigint => TABLES + index * 8n;
    world.write(table(0n), DEVICE_BLOCK);
    world.write(table(1n), 0x4000_0000n | BLOCK);
    world.write(deepDescriptor[1], (TABLES + 0x1000n) | 3n);
    world.write(deepDescriptor[2], (TABLES + 0x2000n) | 3n);
    world.write(deepDescriptor[3], DEEP_PAGE | PAGE_DESCRIPTOR);
    // Every vector: a branch to itself.
    for (let at = 0n; at < 0x800n; at += 0x80n) world.write(VECTORS + at, 0x1400_0000n);
    return world;
  }

  /** Writes a doubleword of guest memory from outside. */
  write(ipa: bigint, value: bigint): void {
    const host = this.machine.hostAddress(Number(ipa));
    new DataView(this.machine.silicon.memory.memory.buffer).setBigUint64(host, value, true);
    this.machine.silicon.written(host, 8);
  }

  poison(start: bigint, bytes = 64, how: Omit<PoisonOrder, 'range'> & { readonly space?: 'va' | 'ipa' | 'pa' } = {}): Poison {
    const { space = 'ipa', ...rest } = how;
    return poisonMemory(this.machine, { range: { space, start, bytes }, ...rest });
  }

  /** KVM_RUN for at most so many instructions. */
  enter(budget = 5000): RunOutcome {
    return this.vcpu.enter(budget);
  }

  /** Runs to the next exit to user space. */
  exit(budget = 50_000): this {
    assert.deepEqual(this.enter(budget), { kind: 'exit' });
    return this;
  }

  /** The record of KVM_EXIT_ARM_SEA. */
  get record(): { readonly flags: bigint; readonly esr: bigint; readonly gva: bigint; readonly gpa: bigint } {
    const { run, vm } = this.vcpu;
    const { at, number } = vm.kernel.armSea;
    assert.equal(run.exitReason, number, 'KVM_EXIT_ARM_SEA');
    const get = (offset: number): bigint => run.get(offset, 8);
    return { flags: get(at.flags), esr: get(at.esr), gva: get(at.gva), gpa: get(at.gpa) };
  }

  get pc(): bigint {
    return this.vcpu.state.get(slots.pc);
  }

  set pc(value: bigint) {
    this.vcpu.state.set(slots.pc, value);
  }

  x(n: number): bigint {
    return this.vcpu.state.get(n);
  }

  system(name: string): bigint {
    return this.vcpu.state.named(name);
  }

  setSystem(name: string, value: bigint): void {
    this.vcpu.state.setNamed(name, value);
    this.vcpu.processor.invalidateDerivedState();
  }

  get pstate(): number {
    return this.vcpu.processor.pstate;
  }

  set pstate(value: number) {
    this.vcpu.processor.pstate = value;
  }
}

/** A loop that repeats one instruction for long enough to be translated; `at` is its label. */
export const repeating = (instruction: string): string => `
loop:   add x8, x8, #1
at:     ${instruction}
        b loop`;
