/** What user space does about an exit before it calls KVM_RUN again. */
export type ExitAnswer =
  /** The board's devices answer the access. */
  | { readonly kind: 'emulate' }
  /** The external abort that fits: an instruction abort for a fetch, a data abort for everything else. */
  | { readonly kind: 'inject' }
  /** `ext_dabt_pending` of KVM_SET_VCPU_EVENTS. */
  | { readonly kind: 'inject-dabt' }
  /** `ext_iabt_pending` where the kernel has it, else what user space writes with KVM_SET_ONE_REG. */
  | { readonly kind: 'inject-iabt' }
  /** `serror_pending`; with `iss` also `serror_has_esr` and `serror_esr`. */
  | { readonly kind: 'inject-serror'; readonly iss?: bigint }
  /** No device is asked: a load gets `value`, a store goes nowhere. */
  | { readonly kind: 'complete'; readonly value?: bigint }
  /** KVM_RUN once more, `kvm_run` as it is. */
  | { readonly kind: 'resume' }
  /** The machine ends. */
  | { readonly kind: 'terminate' };

export type AnswerKind = ExitAnswer['kind'];

/** What each answer means, one line for people. */
export const answerTitles: Readonly<Record<AnswerKind, string>> = {
  emulate: "let the board's devices answer the access",
  inject: 'inject the external abort that fits: instruction abort for a fetch, else data abort',
  'inject-dabt': 'inject a data abort',
  'inject-iabt': 'inject an instruction abort',
  'inject-serror': 'make an SError pending',
  complete: 'complete the access without a device: a load gets a value, a store is dropped',
  resume: 'call KVM_RUN again and do nothing else',
  terminate: 'end the machine',
};

const outside: readonly AnswerKind[] = ['inject-dabt', 'inject-serror', 'resume', 'terminate'];

/** What can be done about which exit, by its name without KVM_EXIT_; first what this VMM does by itself. */
export const exitAnswers = {
  MMIO: ['emulate', 'complete', 'inject-dabt', 'resume', 'terminate'],
  ARM_NISV: outside,
  ARM_SEA: ['inject', 'inject-dabt', 'inject-iabt', 'inject-serror', 'resume', 'terminate'],
  ARM_LDST64B: outside,
} as const satisfies Readonly<Record<string, readonly AnswerKind[]>>;

export type AnswerableExit = keyof typeof exitAnswers;

/** The key in `exitAnswers` of an exit by its name; undefined: only this VMM knows what to do about it. */
export function answerable(name: string): AnswerableExit | undefined {
  const key = name.replace(/^KVM_EXIT_/, '');
  return Object.hasOwn(exitAnswers, key) ? (key as AnswerableExit) : undefined;
}

/** Answers to an exit by its name; none where only this VMM knows what to do about it. */
export function answersTo(name: string): readonly AnswerKind[] {
  const exit = answerable(name);
  return exit ? exitAnswers[exit] : [];
}
