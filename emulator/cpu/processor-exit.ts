/** Why the processor left the guest. */
export type ProcessorExit =
  /** An exception to EL2: ESR_EL2, FAR_EL2, HPFAR_EL2, ELR_EL2, SPSR_EL2 say what. PC and PSTATE are the guest's. */
  | { readonly kind: 'trap' }
  /** An interrupt for the host: the virtual CPU interface asks for maintenance, the guest changed a timer, or waits without being trapped. */
  | { readonly kind: 'irq' }
  | { readonly kind: 'budget' }
  /** YIELD is done: the guest spins, and whoever shares the thread may have what it waits for. */
  | { readonly kind: 'yield' }
  /** The instruction at PC has a breakpoint and was not executed. */
  | { readonly kind: 'breakpoint' }
  /** `onWatch` asked for it: the instruction before PC accessed bytes that a debugger watches. */
  | { readonly kind: 'watch' }
  /** `onException` asked for it: PC is at the vector. */
  | { readonly kind: 'exception' }
  /** The model cannot go on: `message` says why, `word` is the instruction at PC, where it is because of that. */
  | { readonly kind: 'stop'; readonly message: string; readonly word?: number };

/** Those that say nothing more. */
export const EXIT = {
  trap: { kind: 'trap' },
  irq: { kind: 'irq' },
  budget: { kind: 'budget' },
  yield: { kind: 'yield' },
  breakpoint: { kind: 'breakpoint' },
  watch: { kind: 'watch' },
  exception: { kind: 'exception' },
} as const satisfies Record<string, ProcessorExit>;
