import type { WatchedAccess } from '../memory/data-watches.ts';

/** Why the machine stopped running. */
export type RunEnd =
  /** The budget is used up, or `interrupted` said so. */
  | { readonly kind: 'budget' }
  /** A hook asked for it. */
  | { readonly kind: 'hook'; readonly vcpu: number }
  /** Every vCPU waits and no timer will fire: only console input can wake the guest. */
  | { readonly kind: 'idle' }
  /** Every vCPU waits for a timer; only with `pace`. The next run goes on at that time. */
  | { readonly kind: 'pause'; readonly nanoseconds: number }
  | { readonly kind: 'power-off' }
  | { readonly kind: 'reset' }
  | { readonly kind: 'fatal'; readonly vcpu: number; readonly message: string };

/** What whoever runs the machine wants to be asked. Each returns true to stop right there. */
export interface RunHooks {
  /** The vCPU is about to execute an instruction that has a breakpoint. Asked once for each execution, beside the guest: nothing of it may be changed then. */
  breakpoint(vcpu: number): boolean;
  /** The vCPU has executed an instruction that accessed watched memory; PC is at the next. */
  watch?(vcpu: number, accesses: readonly WatchedAccess[]): boolean;
  /** `kvm_run` of the vCPU holds an exit that user space has not handled yet. */
  exit(vcpu: number, name: string): boolean;
  /** The vCPU has taken an exception to EL1 and stands at its vector; it asked the processor to stop there. */
  exception(vcpu: number): boolean;
}
