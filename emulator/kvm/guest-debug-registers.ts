import { systemRegisterSlot } from '../isa/registers/index.ts';
import type { Vcpu } from './vcpu.ts';

/** Hardware breakpoints and watchpoints of `struct kvm_guest_debug`, 16 each. */
export interface GuestDebugRegisters {
  readonly dbgBcr: readonly bigint[];
  readonly dbgBvr: readonly bigint[];
  readonly dbgWcr: readonly bigint[];
  readonly dbgWvr: readonly bigint[];
}

const firstSlot = {
  dbgBcr: systemRegisterSlot('DBGBCR0_EL1'),
  dbgBvr: systemRegisterSlot('DBGBVR0_EL1'),
  dbgWcr: systemRegisterSlot('DBGWCR0_EL1'),
  dbgWvr: systemRegisterSlot('DBGWVR0_EL1'),
} as const satisfies Record<keyof GuestDebugRegisters, number>;

/** User space's breakpoints and watchpoints, in place of the guest's while the guest runs (`external_debug_state`). */
export class ExternalDebugRegisters {
  private readonly slots: readonly number[];
  private readonly external: bigint[];
  private readonly guest: bigint[];

  constructor(
    private readonly vcpu: Vcpu,
    registers: GuestDebugRegisters,
  ) {
    const { breakpoints, watchpoints } = vcpu.vm.features;
    const pairs = (Object.keys(firstSlot) as (keyof GuestDebugRegisters)[]).flatMap((name) =>
      Array.from({ length: name === 'dbgBcr' || name === 'dbgBvr' ? breakpoints : watchpoints }, (_, n) => ({
        slot: firstSlot[name] + n,
        value: registers[name][n] ?? 0n,
      })),
    );
    this.slots = pairs.map(({ slot }) => slot);
    this.external = pairs.map(({ value }) => value);
    this.guest = pairs.map(() => 0n);
  }

  enter(): void {
    const { state, processor } = this.vcpu;
    for (const [n, slot] of this.slots.entries()) {
      this.guest[n] = state.system(slot);
      state.setSystem(slot, this.external[n]!);
    }
    processor.invalidateDerivedState();
  }

  leave(): void {
    const { state, processor } = this.vcpu;
    for (const [n, slot] of this.slots.entries()) state.setSystem(slot, this.guest[n]!);
    processor.invalidateDerivedState();
  }
}
