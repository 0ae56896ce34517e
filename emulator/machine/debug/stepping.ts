/** Where a run must end besides the user's own stop points. */
export type RunGoal =
  | { readonly kind: 'none' }
  /** A frame returns: `vcpu` at `address` with SP at least `sp`. */
  | { readonly kind: 'return'; readonly vcpu: number; readonly address: bigint; readonly sp: bigint };

/** A place where a vCPU stood when the person resumed it: a breakpoint there must not stop it again before it has moved. */
export interface Standing {
  readonly pc: bigint;
  readonly instructions: number;
}
