import type { RuntimeFunctionName } from './functions/index.ts';
import type { Fields } from './instruction.ts';

/** WebAssembly value types. */
export type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128';

/** A value computed by an operation: opaque, immutable, usable any number of times after it was made (and only inside the `if`/`access` body it was made in). */
export interface Value {
  readonly type: ValueType;
}

/** A number chosen when the operation is built, or a value computed when it runs. Numbers take the type of the other operand. */
export type Operand = Value | number | bigint;

/** A register field: its name in the encoding, or a number computed from the fields (for `Rs+1`, or always X30). */
export type RegisterField = string | ((f: Fields) => number);

/** Where an access went: a byte address in WebAssembly memory, valid only inside the access body. */
export interface HostAddress {
  readonly host: true;
}

export interface AccessOptions {
  /** Natural alignment is required (exclusives, atomics, ordered accesses): else Alignment fault. Default: only where SCTLR_ELx.A or Device memory asks. `bytes` gives the alignment when it is not the access size. */
  readonly aligned?: boolean | number;
  /** Bytes of one element, where the access moves several (pairs, multiple structures): the alignment that SCTLR_ELx.A and Device memory ask for. Default: the access size. */
  readonly element?: number;
  /** LDTR/STTR: translated as an EL0 access when executed at EL1 with PSTATE.UAO == 0. */
  readonly unprivileged?: boolean;
  /** Part of an exclusive or atomic instruction (watch and abort syndrome differ). */
  readonly atomic?: boolean;
  /** Acquire or release semantics. */
  readonly ordered?: boolean;
}

/** Why an instruction hands over to the processor model instead of completing. The processor sees the instruction word and its address. */
export type ExitName =
  | 'svc'
  | 'hvc'
  | 'smc'
  | 'brk'
  | 'hlt'
  | 'dcps'
  | 'drps'
  | 'udf'
  | 'eret'
  | 'wfi'
  | 'wfe'
  | 'sev'
  | 'yield'
  /** MRS, MSR, SYS, SYSL, DC, IC, TLBI, AT …: the processor performs the instruction and moves on to the next. */
  | 'system'
  /** Ends the slice after this instruction completed (PC is the next one): what is pending is looked at again. */
  | 'resynchronise'
  /** Ends the slice after this instruction completed (PC is the next one): a timer's line may have changed, or a list register wants maintenance. */
  | 'interrupts'
  | 'undefined'
  /** Offered by the ID registers and missing here: stops the machine loudly. */
  | 'unimplemented'
  | 'fp-trap'
  | 'pc-alignment'
  | 'sp-alignment'
  /** FEAT_FPAC authentication failure. Payload: ISS. */
  | 'pac-failure'
  /** BTYPE mismatch at a guarded page. */
  | 'branch-target'
  | 'illegal-state'
  | 'breakpoint';

export type Condition = 'eq' | 'ne' | 'lt_s' | 'lt_u' | 'gt_s' | 'gt_u' | 'le_s' | 'le_u' | 'ge_s' | 'ge_u';

/**
 * What an operation is written against. The same operation is read twice: by the interpreter (operands fetched from the predecoded record at run time)
 * and by the translator (operands constant). Rules:
 *  - `statics` are numbers: use plain `if` on them. Everything else goes through the builder.
 *  - Integer arithmetic follows the operand type: `x(sf, …)` is i64 for sf = 1 and i32 for sf = 0; both operands of an operation have one type (numbers adapt).
 *  - All memory accesses come before the first register, flag or state write, so that a fault leaves the instruction unexecuted.
 *    (A store may come before register writeback; two separate accesses in one instruction only if repeating the first is harmless.)
 *  - Nothing may follow `branch*`, `exit` in the same body.
 */
export interface Builder {
  // ---- operands -----------------------------------------------------------------------------------------------
  /** General-purpose register, 31 reads as zero. i64 (sf = 1) or i32 (sf = 0: the low half). */
  x(sf: number, field: RegisterField): Value;
  /** General-purpose register, 31 is the current stack pointer. */
  xsp(sf: number, field: RegisterField): Value;
  /** Writes a register; 31 is discarded. An i32 value is zero-extended to 64 bits; with sf = 0 the value must be i32, with sf = 1 i64. */
  setX(sf: number, field: RegisterField, value: Operand): void;
  setXsp(sf: number, field: RegisterField, value: Operand): void;
  /** Base register of a load/store: i64, 31 is SP, with the SP alignment check (SCTLR_ELx.SA/SA0). */
  base(field?: RegisterField): Value;
  /** i64 from the fields, in signed 32-bit range. Evaluated once, when the instruction is decoded or translated. */
  immediate(of: (f: Fields) => number): Value;
  /** i64 from the fields, full range. */
  wideImmediate(of: (f: Fields) => bigint): Value;
  /** i32 from the fields (shift amounts, lane numbers, small immediates). */
  small(of: (f: Fields) => number): Value;
  /** Immediate of the width of an `sf` register: i64 or i32. */
  immediateX(sf: number, of: (f: Fields) => bigint): Value;

  // ---- pure computation -----------------------------------------------------------------------------------------
  i32(n: number): Value;
  i64(n: number | bigint): Value;
  /** Any WebAssembly instruction by its text name, e.g. `op('i8x16.add', a, b)`; `lane`/`lanes` for the immediates of lane and shuffle instructions. Memory instructions are refused. */
  op(name: string, ...operands: Operand[]): Value;
  lane(name: string, lane: number, ...operands: Operand[]): Value;
  shuffle(lanes: readonly number[], a: Value, b: Value): Value;
  v128(bytes: readonly number[]): Value;
  add(a: Operand, b: Operand): Value;
  sub(a: Operand, b: Operand): Value;
  mul(a: Operand, b: Operand): Value;
  and(a: Operand, b: Operand): Value;
  or(a: Operand, b: Operand): Value;
  xor(a: Operand, b: Operand): Value;
  not(a: Value): Value;
  neg(a: Value): Value;
  /** Shifts and rotates take amounts modulo the width, as WebAssembly and the variable shifts of A64 do. */
  shl(a: Value, amount: Operand): Value;
  shrU(a: Value, amount: Operand): Value;
  shrS(a: Value, amount: Operand): Value;
  rotr(a: Value, amount: Operand): Value;
  clz(a: Value): Value;
  /** i32 0 or 1. */
  compare(condition: Condition, a: Operand, b: Operand): Value;
  isZero(a: Value): Value;
  select(condition: Value, a: Operand, b: Operand): Value;
  /** i32 → i64. */
  extendU(a: Value): Value;
  extendS(a: Value): Value;
  /** i64 → i32 (low half); an i32 stays as it is. */
  wrap(a: Value): Value;
  /** Sign-extends the low 8, 16 or 32 bits, keeping the type. */
  signExtend(a: Value, bits: 8 | 16 | 32): Value;
  /** Zero-extends the low 8, 16 or 32 bits, keeping the type. */
  zeroExtend(a: Value, bits: 8 | 16 | 32): Value;
  /** Pure function implemented in TypeScript (functions/index.ts): for what WebAssembly has no instruction for and rarely runs. */
  call(name: RuntimeFunctionName, ...operands: Operand[]): Value;

  // ---- flags ----------------------------------------------------------------------------------------------------
  /** AddWithCarry(a, b, 0) setting NZCV; result. */
  addSettingFlags(a: Value, b: Operand): Value;
  /** AddWithCarry(a, NOT b, 1) setting NZCV; result. */
  subSettingFlags(a: Value, b: Operand): Value;
  /** AddWithCarry(a, b, PSTATE.C) setting NZCV. For SBCS pass not(b). */
  addCarrySettingFlags(a: Value, b: Value): Value;
  /** N and Z of the result, C = V = 0. */
  setLogicalFlags(result: Value): void;
  /** PSTATE.C as i32. */
  carry(): Value;
  /** ConditionHolds for a condition known when the handler is built; i32 0/1. */
  condition(cond: number): Value;
  /** ConditionHolds for a condition given by the fields. */
  conditionHolds(of: (f: Fields) => number): Value;
  /** N:Z:C:V as i32, N is bit 3. */
  nzcv(): Value;
  setNzcv(value: Operand): void;

  // ---- control inside an operation --------------------------------------------------------------------------------
  if(condition: Value, then: () => void, otherwise?: () => void): void;
  /** Value of one branch or the other. */
  choose(condition: Value, then: () => Value, otherwise: () => Value): Value;

  // ---- memory ---------------------------------------------------------------------------------------------------
  /** Little-endian load. `size` in bytes 1, 2, 4, 8, 16 (v128). Result type `type` (default i32 for size ≤ 4, i64 for 8, v128 for 16), zero- or sign-extended to it. */
  load(
    address: Value,
    size: number,
    options?: AccessOptions & { readonly signed?: boolean; readonly type?: 'i32' | 'i64' | 'v128' },
  ): Value;
  /** Stores the low `size` bytes of the value. */
  store(address: Value, value: Value, size: number, options?: AccessOptions): void;
  /**
   * Translates `bytes` bytes at `address` once and lets `body` load and store inside them (pairs, atomics, exclusives, multiple structures, DC ZVA).
   * The body must only use `hostLoad`, `hostStore`, `exclusive*`, pure operations and `if`; it may be emitted more than once. Its results come back as values.
   */
  access(
    address: Value,
    bytes: number,
    kind: 'read' | 'write' | 'read-write',
    options: AccessOptions,
    body: (host: HostAddress) => readonly Value[],
  ): readonly Value[];
  hostLoad(
    host: HostAddress,
    offset: number,
    size: number,
    options?: { readonly signed?: boolean; readonly type?: 'i32' | 'i64' | 'v128' },
  ): Value;
  hostStore(host: HostAddress, offset: number, value: Value, size: number): void;
  /** Claims the local exclusive monitor for the bytes at `host`. */
  exclusiveClaim(host: HostAddress, size: number): void;
  /** i32: the monitor holds exactly these bytes. Clears it in any case. */
  exclusiveTake(host: HostAddress, size: number): Value;
  exclusiveClear(): void;

  // ---- control flow -----------------------------------------------------------------------------------------------
  /** Address of this instruction, i64. */
  pc(): Value;
  /** PC-relative branch. `offset` in bytes. */
  branch(offset: (f: Fields) => number): void;
  /** PC-relative branch when the i32 is non-zero, else the next instruction. */
  branchIf(condition: Value, offset: (f: Fields) => number): void;
  /** Branch to a register value: PC alignment and tag rules apply. `btype` is PSTATE.BTYPE at the target (0 where FEAT_BTI does not set it). */
  branchRegister(target: Value, kind: 'jump' | 'call' | 'return', btype?: Operand): void;
  /** Hands over to the processor; the instruction does not complete here. `payload` i64 where the exit has one. */
  exit(name: ExitName, payload?: Operand): void;

  // ---- system state -------------------------------------------------------------------------------------------------
  /** i32: current exception level, 0–3. */
  el(): Value;
  /** A plain system register (no side effect, no trap at this EL): its storage. By its slot. */
  systemRegister(of: number | ((f: Fields) => number)): Value;
  setSystemRegister(of: number | ((f: Fields) => number), value: Value): void;
  /** Bits of PSTATE that live packed in SPSR positions: DAIF (9:6), and the rest except NZCV, EL and SP. i32. */
  pstate(): Value;
  setPstate(value: Value): void;
  /** i32: accesses that the processor leaves to operations now, a bit each (registers/direct-access.ts). */
  direct(): Value;
  /** i64: the physical count of the system counter at this instruction. */
  systemCount(): Value;
  /** i64: ticks of the counter, rounded up, until this entry into the guest ends in any case; less than 0 where nobody said. */
  entryTicks(): Value;
  /** i32: the data TLB says that the byte can be read at this level: cache maintenance by its address has nothing to do. 0: that is not known. */
  readable(address: Value): Value;
  /** Drops the translations that a TLBI by VA with this operand names. */
  invalidateAddress(operand: Value): void;
  /** i32: an interrupt is pending (whatever the masks say). */
  interruptPending(): Value;
  setInterruptPending(value: Value): void;

  // ---- FP/SIMD -------------------------------------------------------------------------------------------------------
  /** A whole V register, v128. */
  v(field: RegisterField): Value;
  setV(field: RegisterField, value: Value): void;
  /** Low element of a V register: `bits` 8 and 16 give i32, 32 gives i32, 64 gives i64 (integers: reinterpret for f32/f64). */
  vElement(field: RegisterField, bits: 8 | 16 | 32 | 64): Value;
  /** Writes the low element and zeroes the rest of the register. */
  setVElement(field: RegisterField, bits: 8 | 16 | 32 | 64, value: Value): void;
  fpcr(): Value;
  fpsr(): Value;
  setFpcr(value: Value): void;
  setFpsr(value: Value): void;
  /** Runs a runtime function with FPCR as its first operand, then accumulates the exception flags that `functions/` reports into FPSR. */
  fp(name: RuntimeFunctionName, ...operands: Operand[]): Value;
}
