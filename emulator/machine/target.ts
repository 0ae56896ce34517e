import type { RegisterWords } from './expression/words.ts';
import type { Evaluate, Intervention, PoisonedMemory } from './intervention.ts';
import type {
  AddressSpace,
  DataAccess,
  DataBreakpoint,
  ExitRecord,
  GuestException,
  LoadedGuest,
  MemoryRead,
  VcpuStatus,
} from './machine.ts';
import type { CacheQuery, CacheView, MemslotView, TableMap, TableMapQuery, Translation, TranslationQuery } from './memory-views.ts';
import type { ScriptStep } from './script/step.ts';

/** Why the target stopped running. */
export type RunEnd =
  /** The budget is used up, or `interrupted` said so. */
  | { readonly kind: 'budget' }
  /** A hook asked for it. */
  | { readonly kind: 'hook'; readonly vcpu: number }
  /** Every vCPU waits, no timer will fire: only console input can wake the guest. */
  | { readonly kind: 'idle' }
  /** Every vCPU waits for a timer that fires in this much machine time; the next run goes on from there, or from what was typed before. */
  | { readonly kind: 'pause'; readonly nanoseconds: number }
  | { readonly kind: 'power-off' }
  | { readonly kind: 'reset' }
  | { readonly kind: 'fatal'; readonly vcpu: number; readonly message: string };

/** What the target asks the debugger while it runs. Each returns true to stop right there. Called only where something is armed for it. */
export interface TargetHooks {
  /** The vCPU is about to execute an instruction at an armed address. */
  breakpoint(vcpu: number): boolean;
  /** A vCPU accessed what is watched under this number, and nobody wants to know: found out without looking at what it did. Left out: `data` is asked. */
  passesData?(vcpu: number, id: number): boolean;
  /** The vCPU has executed the instruction at `pc`, which accessed watched memory. */
  data(vcpu: number, pc: bigint, accesses: readonly DataAccess[]): boolean;
  /** `kvm_run` of the vCPU holds an exit that user space has not handled yet. */
  exit(vcpu: number, name: string): boolean;
  /** The vCPU has taken an exception to EL1 and stands at its vector. */
  exception(exception: GuestException): boolean;
}

/** What the debugger needs of the machine below it: synchronous, in the same thread. */
export interface Target {
  readonly guest: LoadedGuest;
  readonly vcpuCount: number;
  hooks: TargetHooks | undefined;
  /** Console bytes the guest wrote since the last call. */
  takeConsole(): Uint8Array;
  consoleInput(bytes: Uint8Array): void;

  status(vcpu: number): VcpuStatus;
  /** Instructions this vCPU has executed. */
  instructionsOf(vcpu: number): number;
  readRegister(vcpu: number, name: string): bigint | undefined;
  writeRegister(vcpu: number, name: string, value: bigint): void;
  readMemory(vcpu: number, space: AddressSpace, address: bigint, length: number): MemoryRead;
  writeMemory(vcpu: number, space: AddressSpace, address: bigint, bytes: Uint8Array): number;
  translate(vcpu: number, query: TranslationQuery): Translation;
  tableMap(vcpu: number, query: TableMapQuery): TableMap;
  memslots(): readonly MemslotView[];
  /** Throws where there is no cache model. */
  cacheDifferences(vcpu: number, query: CacheQuery): CacheView;
  /** Where a virtual address leads, and nothing else about it. */
  placeOf(vcpu: number, va: bigint): { readonly ipa?: bigint; readonly pa?: bigint };
  exitRecord(vcpu: number): ExitRecord | undefined;
  writeExitField(vcpu: number, name: string, value: bigint): void;
  /** Replaces the script; `say` is told of everything it does. */
  setScript(steps: readonly ScriptStep[], say: (text: string) => void): void;
  /** Memory that is bad now. */
  poisoned(): readonly PoisonedMemory[];
  /** What came of it. Throws where it cannot be done. */
  intervene(vcpu: number, intervention: Intervention, evaluate: Evaluate): string;

  /** Registers a word at a time, for conditions at hot places. */
  readonly registerWords?: RegisterWords;

  /** Arms these addresses and no others. */
  armBreakpoints(places: readonly { readonly space: AddressSpace; readonly address: bigint }[]): void;
  /** Watches this memory and no other; places that are no memory are watched by virtual address only. The same list again costs nothing. */
  armData(watches: readonly DataBreakpoint[]): void;
  /** Calls `hooks.exit` only for these exits, `hooks.exception` only when asked. */
  armHooks(armed: { readonly exits: ReadonlySet<string>; readonly exceptions: boolean }): void;

  /** Runs the vCPUs in turn for at most `budget` instructions. `interrupted` is asked now and then. How the budget is cut changes nothing for the guest. */
  run(budget: number, interrupted: () => boolean): RunEnd;
  /** Runs one vCPU alone for exactly `count` instructions (less where a hook stops it). */
  step(vcpu: number, count: number, interrupted: () => boolean): RunEnd;

  /** Machine time, nanoseconds. */
  readonly time: number;
  /** Between runs: so much time passes without an instruction. */
  passTime(nanoseconds: number): void;

  statistics(): { readonly instructions: number; readonly exits: Readonly<Record<string, number>> };
  /** Back to the state after loading. */
  reset(): void;
}
