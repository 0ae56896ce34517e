/** What somebody planned to be done to the machine, and when: asked at every moment at which it may be due. */
export interface Plan {
  /** Instruction count of the machine at which something is due next; Infinity: nothing is. */
  readonly next: number;
  /** The machine has executed `next` instructions. True: it stops there. @throws Error for what cannot be done. */
  atCount(instructions: number): boolean;
  /** Whether something is due before the instruction the vCPU stands at. Asked beside the guest, once for each execution. */
  isDueAt(vcpu: number): boolean;
  /** Does what was due. True: the machine stops there. @throws Error for what cannot be done. */
  perform(vcpu: number): boolean;
  /** `kvm_run` of the vCPU holds another exit. */
  exited(vcpu: number, name: string): void;
  /** Whether something is due at that exit. */
  isDueAtExit(vcpu: number): boolean;
  /** Does it; the exit may be answered then. @throws Error for what cannot be done. */
  performAtExit(vcpu: number): void;
  reset(): void;
}
