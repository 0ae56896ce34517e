import type { ExitPolicies } from '../vmm/exits/policy.ts';
import type { HostOptions } from '../vmm/launch.ts';
import type { Timekeeping } from '../vmm/pace.ts';
import type { Expression } from './expression/ast.ts';
import type { Intervention, PoisonedMemory } from './intervention.ts';
import type { CacheQuery, CacheView, MemslotView, TableMap, TableMapQuery, Translation, TranslationQuery } from './memory-views.ts';
import type { ScriptStep } from './script/step.ts';

/**
 * The machine as a debugger sees it: floors 0 to 3 behind one asynchronous interface. `MachineClient` implements it over a worker; a second implementation
 * may speak to another machine (a gdb stub), so nothing here names how the machine is built.
 */

/** Where an address lives: `va` is translated by the vCPU's current regime, `ipa` by stage 2 only, `pa` not at all. */
export type AddressSpace = 'va' | 'ipa' | 'pa';

/** A file given to the machine: its bytes, and its name for messages. */
export interface NamedBytes {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** What to build and what to load into it. */
export interface MachineConfiguration extends HostOptions {
  /** arm64 `Image`, ELF, or flat binary (loaded at RAM base + 512 KiB). */
  readonly kernel: NamedBytes;
  readonly initrd?: NamedBytes;
  /** Kernel command line. */
  readonly append?: string;
  /** Bytes of RAM. */
  readonly memory: number;
  readonly cpus: number;
  /** CPU profile: `cortex-a57`, `neoverse-n1`, `max`. */
  readonly cpu: string;
  /** What time does outside while it passes inside; `skip` where it is absent. */
  readonly timekeeping?: Timekeeping;
  /** What user space does about exits by itself. */
  readonly onExit?: ExitPolicies;
}

/** Where the guest was put, guest physical addresses. */
export interface LoadedGuest {
  readonly entry: bigint;
  readonly base: bigint;
  readonly size: number;
  /** The kernel profile and the host in force. Left out where the machine does not say. */
  readonly host?: readonly { readonly name: string; readonly value: string }[];
}

/** One field of an exit record, decoded. */
export interface ExitField {
  readonly name: string;
  readonly value: bigint;
  /** Bytes the field takes in `kvm_run`. */
  readonly bytes: number;
  /** What the value means, where the number alone does not say it. */
  readonly meaning?: string;
}

/** `kvm_run` at an exit, decoded. */
export interface ExitRecord {
  readonly vcpu: number;
  readonly reason: number;
  /** `KVM_EXIT_MMIO` … */
  readonly name: string;
  readonly fields: readonly ExitField[];
  /** One line for people: `write of 4 bytes at 0x9000000: 0x41`. */
  readonly summary: string;
  /** How it was answered by hand, once it was. */
  readonly answer?: string;
}

/** An exception taken by the guest, at the moment of its entry. */
export interface GuestException {
  readonly vcpu: number;
  /** Key of its class, as in `guestExceptionClasses`: `data-abort`, `svc` … */
  readonly class: string;
  readonly targetEl: number;
  readonly esr: bigint;
  readonly far: bigint;
  readonly elr: bigint;
  readonly spsr: bigint;
}

/** Why the machine stands still. */
export type StopCause =
  | { readonly kind: 'entry' }
  | { readonly kind: 'pause' }
  | { readonly kind: 'step' }
  | { readonly kind: 'breakpoint'; readonly ids: readonly number[] }
  /** Stopped after the instruction at `pc` accessed watched memory. */
  | { readonly kind: 'data'; readonly ids: readonly number[]; readonly pc: bigint; readonly accesses: readonly DataAccess[] }
  /** Stopped before user space handles the exit: `kvm_run` is as KVM left it. */
  | { readonly kind: 'exit'; readonly exit: ExitRecord }
  /** Stopped at the first instruction of the vector, the exception having been taken. */
  | { readonly kind: 'exception'; readonly exception: GuestException }
  /** The emulator cannot go on: `message` says what and where. */
  | { readonly kind: 'fatal'; readonly message: string };

export interface Stop {
  readonly vcpu: number;
  readonly cause: StopCause;
}

/** How the machine came to its end. */
export type Termination =
  | { readonly kind: 'power-off' }
  | { readonly kind: 'reset' }
  | { readonly kind: 'fatal'; readonly message: string };

export type MachineEvent =
  | ({ readonly type: 'stopped' } & Stop)
  | { readonly type: 'continued' }
  /** Bytes the guest wrote to its console. */
  | { readonly type: 'console'; readonly bytes: Uint8Array }
  | { readonly type: 'terminated'; readonly termination: Termination }
  /** Text for the person: log points, notes of the machine. */
  | { readonly type: 'log'; readonly category: 'log' | 'note' | 'warning'; readonly text: string }
  | { readonly type: 'progress'; readonly title: string; readonly percent: number };

/** A value of a register: 64 bits, V registers 128. */
export interface RegisterValue {
  readonly name: string;
  readonly value: bigint;
}

/** Bytes of guest memory, and where there were none. */
export interface MemoryRead {
  readonly bytes: Uint8Array;
  /** Parts that could not be read (their bytes are zero and mean nothing), in order. */
  readonly holes: readonly { readonly offset: number; readonly length: number; readonly reason: string }[];
}

/** When a stop applies. Evaluated inside the machine, so that a false condition costs next to nothing. */
export interface StopConditions {
  readonly condition?: Expression;
  /** Comparison of the number of hits (this one included) with a number. */
  readonly hits?: HitCondition;
  /** Write this instead of stopping. */
  readonly log?: readonly LogPart[];
}

export interface HitCondition {
  readonly operator: '==' | '!=' | '<' | '<=' | '>' | '>=' | '%';
  readonly count: number;
}

/** Literal text or an expression with its format. */
export type LogPart = string | { readonly expression: Expression; readonly format: ValueFormat };

export type ValueFormat = 'hex' | 'decimal' | 'signed' | 'binary' | 'character';

export interface Breakpoint extends StopConditions {
  /** Chosen by the client; unique among all its breakpoints. */
  readonly id: number;
  readonly space: AddressSpace;
  readonly address: bigint;
  /** Only for this vCPU. */
  readonly vcpu?: number;
}

/** What an instruction did to watched memory. */
export interface DataAccess {
  /** The data breakpoint. */
  readonly id: number;
  readonly read: boolean;
  readonly write: boolean;
  /** Virtual address of the bytes below. */
  readonly address: bigint;
  /** The watched bytes (where there are many, those accessed) before the instruction and after it. */
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

/**
 * Stop after an instruction that accesses any of these bytes. A virtual address is watched in every address space and for every vCPU, as the access names it;
 * a guest physical or physical one whatever virtual address the access goes by. Walks of translation tables, and what KVM and the VMM access, do not count.
 */
export interface DataBreakpoint extends StopConditions {
  /** Of the same numbering as those of `Breakpoint`. */
  readonly id: number;
  readonly space: AddressSpace;
  readonly address: bigint;
  /** At least 1. */
  readonly bytes: number;
  readonly access: 'read' | 'write' | 'readWrite';
  /** Only for this vCPU. */
  readonly vcpu?: number;
}

/** Stop at exits to user space with this reason. */
export interface ExitFilter extends StopConditions {
  readonly id: number;
  /** `KVM_EXIT_MMIO` … */
  readonly exit: string;
}

/** Stop at exceptions the guest takes to EL1. */
export interface ExceptionFilter extends StopConditions {
  readonly id: number;
  /** Key of `guestExceptionClasses`. */
  readonly class: string;
}

/** Everything that can stop the machine. Set as a whole: what is not named is gone. */
export interface StopPoints {
  readonly breakpoints: readonly Breakpoint[];
  readonly exits: readonly ExitFilter[];
  readonly exceptions: readonly ExceptionFilter[];
  /** None where it is absent. */
  readonly data?: readonly DataBreakpoint[];
}

export interface Statistics {
  /** Guest instructions executed by all vCPUs. */
  readonly instructions: number;
  /** Host seconds spent running the guest. */
  readonly seconds: number;
  /** Exits to user space and to KVM, by name. */
  readonly exits: Readonly<Record<string, number>>;
}

/** State of one vCPU for the list of threads. */
export interface VcpuStatus {
  readonly index: number;
  readonly pc: bigint;
  readonly el: number;
  /** `stopped`: powered off (PSCI); `waiting`: in WFI. */
  readonly state: 'runnable' | 'waiting' | 'stopped';
}

/** A virtual machine under a debugger. Every method rejects with an Error whose message is for the person. */
export interface Machine {
  /** Receives everything that happens by itself. One listener; set it before `launch`. */
  onEvent(listener: (event: MachineEvent) => void): void;

  /** Builds the machine and loads the guest. It stands before its first instruction afterwards; no `stopped` event is sent. */
  launch(configuration: MachineConfiguration): Promise<LoadedGuest>;
  /** Back to the state after `launch`. Stop points stay. */
  reset(): Promise<void>;
  /** Ends the machine and frees what it holds. */
  shutdown(): Promise<void>;

  vcpus(): Promise<readonly VcpuStatus[]>;
  /**
   * Registers by name: `x0`…`x30`, `sp`, `pc`, `pstate` (SPSR layout, NZCV included), `v0`…`v31`, `fpcr`, `fpsr`, and every system register by its Arm ARM name.
   * Unknown names are left out of the answer.
   */
  readRegisters(vcpu: number, names: readonly string[]): Promise<readonly RegisterValue[]>;
  /** Sets a register; rejects where it cannot be set. */
  writeRegister(vcpu: number, name: string, value: bigint): Promise<void>;
  /** Reads without side effects on the guest. */
  readMemory(vcpu: number, space: AddressSpace, address: bigint, length: number): Promise<MemoryRead>;
  /** Writes as a debugger: no permission applies. Returns how many bytes were written before the first that could not be. */
  writeMemory(vcpu: number, space: AddressSpace, address: bigint, bytes: Uint8Array): Promise<number>;
  /** What becomes of an address, each descriptor on the way, and why. */
  translate(vcpu: number, query: TranslationQuery): Promise<Translation>;
  /** The mapped ranges of one set of translation tables. */
  tableMap(vcpu: number, query: TableMapQuery): Promise<TableMap>;
  memslots(): Promise<readonly MemslotView[]>;
  /** Lines that the cache has otherwise than memory. Rejects where the machine was launched without a cache model. */
  cacheDifferences(vcpu: number, query: CacheQuery): Promise<CacheView>;
  /** `kvm_run` of a vCPU, decoded; undefined while it has not exited yet. */
  exitRecord(vcpu: number): Promise<ExitRecord | undefined>;
  /** Changes a member of `kvm_run`, by the name the record gives it, before user space acts on the exit. Rejects for a member the exit does not have. */
  writeExitField(vcpu: number, name: string, value: bigint): Promise<void>;
  /** Does something to the machine as its VMM or its hardware would; what came of it, with the machine's instruction count. Rejects with what to do instead. */
  intervene(vcpu: number, intervention: Intervention): Promise<string>;
  /** Replaces the script: what is done to the machine at which moment. It counts from now. */
  setScript(steps: readonly ScriptStep[]): Promise<void>;
  /** Memory that is bad now. */
  poisoned(): Promise<readonly PoisonedMemory[]>;
  /** Value of a condition or watch expression on a vCPU. */
  evaluate(vcpu: number, expression: Expression): Promise<bigint>;

  /** Replaces all breakpoints and filters; takes effect at once, running or not. Hit counts of those that stay (same id) are kept. */
  setStopPoints(points: StopPoints): Promise<void>;
  /** Runs all vCPUs until something stops them: a `stopped` or `terminated` event says so. */
  continue(): Promise<void>;
  /** Runs one vCPU for `count` instructions while the others stand still; ends with a `stopped` event. */
  step(vcpu: number, count: number): Promise<void>;
  /** Runs until `vcpu` reaches `address` with SP at least `sp` (a frame that returned), or something else stops it. */
  runTo(vcpu: number, address: bigint, sp: bigint): Promise<void>;
  /** Stops as soon as the running slice ends. Ends with a `stopped` event; nothing happens if the machine stands. */
  pause(): Promise<void>;

  /** Characters typed on the guest's console. */
  consoleInput(bytes: Uint8Array): Promise<void>;
  statistics(): Promise<Statistics>;
}
