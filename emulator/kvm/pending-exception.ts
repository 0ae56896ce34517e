import type { TakenException, Vector } from '../cpu/core.ts';
import { announceException, performEntry } from '../cpu/exceptions.ts';
import { slots } from '../translate/layout.ts';
import type { Vcpu } from './vcpu.ts';
import { register } from './vcpu-registers.ts';

/**
 * An exception that KVM gives the guest goes two steps, as in Linux: ESR_EL1 and FAR_EL1 are written when it is injected (`kvm_pend_exception`), the entry itself (ELR_EL1,
 * SPSR_EL1, PSTATE, PC) when it is committed (`__kvm_adjust_pc`): before the guest runs again, before KVM_RUN returns, or at once.
 */
export class PendingException {
  private kind: Vector | undefined;
  /** Committed, and the processor's observer has not been told yet: it is told from inside a run. */
  private taken: TakenException | undefined;

  constructor(private readonly vcpu: Vcpu) {}

  forget(): void {
    this.kind = undefined;
    this.taken = undefined;
  }

  pend(kind: Vector): void {
    this.kind = kind;
  }

  get isPending(): boolean {
    return this.kind !== undefined;
  }

  /** The guest enters the exception at its current instruction; what user space was emulating for it is not completed. */
  commit(): void {
    const { kind, vcpu } = this;
    if (kind === undefined) return;
    this.kind = undefined;
    vcpu.pendingMmio = undefined;
    const { processor, state } = vcpu;
    const esr = state.system(register.ESR_EL1);
    const far = state.system(register.FAR_EL1);
    const elr = state.get(slots.pc);
    const spsr = performEntry(processor, kind, {}, elr);
    this.taken = { targetEl: 1, vector: kind, esr, far, elr, spsr: BigInt(spsr) };
    processor.invalidateDerivedState();
  }

  /** Tells the processor's observer; true: it wants the processor to stop at the vector. */
  announce(): boolean {
    const { taken } = this;
    this.taken = undefined;
    return taken !== undefined && announceException(this.vcpu.processor, taken);
  }
}

/** Injects an exception: see `PendingException`. `far` is left out where the exception has none. */
export function pendException(vcpu: Vcpu, kind: Vector, esr: number, far?: bigint): void {
  vcpu.state.setSystem(register.ESR_EL1, BigInt(esr >>> 0));
  if (far !== undefined) vcpu.state.setSystem(register.FAR_EL1, far);
  vcpu.exception.pend(kind);
}
