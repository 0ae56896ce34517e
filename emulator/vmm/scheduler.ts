import type { Vcpu } from '../kvm/vcpu.ts';

/** Guest instructions of a turn: a millisecond. Shorter turns cost more than they give, since every vCPU finds the host's caches full of the others' memory. */
export const QUANTUM = 1_000_000;

/**
 * Whose turn it is: vCPUs run one after another, a quantum of instructions each. Decided by instruction counts alone, and kept when a run is cut short: where the
 * cuts are changes nothing.
 */
export class Scheduler {
  private current = 0;
  private left = QUANTUM;

  constructor(private readonly vcpus: readonly Vcpu[]) {}

  reset(): void {
    this.current = 0;
    this.left = QUANTUM;
  }

  /** The vCPU that runs now; undefined when none can. */
  next(): Vcpu | undefined {
    const { vcpus } = this;
    const now = vcpus[this.current]!;
    if (this.left > 0 && now.canRun()) return now;
    for (let i = 1; i <= vcpus.length; i++) {
      const index = (this.current + i) % vcpus.length;
      if (!vcpus[index]!.canRun()) continue;
      this.current = index;
      this.left = QUANTUM;
      return vcpus[index]!;
    }
    return undefined;
  }

  /** Instructions left of the turn. */
  get quantum(): number {
    return this.left;
  }

  /** The running vCPU used some of its turn. */
  used(instructions: number): void {
    this.left -= instructions;
  }

  /** The running vCPU gives the rest of its turn away. */
  yield(): void {
    this.left = 0;
  }

  /** Machine time of the next timer interrupt of any vCPU, nanoseconds; Infinity: none will come. */
  nextEvent(): number {
    return this.vcpus.reduce((next, vcpu) => Math.min(next, vcpu.nextEvent()), Number.POSITIVE_INFINITY);
  }
}
