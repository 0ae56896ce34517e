import { slots } from '../translate/layout.ts';
import { type Core, countInstruction, readPstate, type TakenException, type Vector, vector, writePstate } from './core.ts';
import { levelOf, PSTATE } from './pstate.ts';
import { HCR, R, SCTLR } from './registers.ts';
import { EC, syndrome } from './syndrome.ts';

/** Registers an exception writes besides ELR and SPSR. */
export interface Syndrome {
  readonly esr: bigint;
  readonly far?: bigint;
  /** HPFAR_EL2, for stage 2 faults. */
  readonly hpfar?: bigint;
}

/** Offset of the vectors an exception uses, by where it comes from (Arm ARM, table of vector offsets). */
const source = { currentSp0: 0x000, currentSpx: 0x200, lowerAarch64: 0x400 } as const;

/**
 * PSTATE after an exception entry to `target` (AArch64.TakeException): all masked, SPSel = 1, and the bits that features add.
 * @param old PSTATE before, SPSR layout.
 * @param sctlr SCTLR of the target level: low and high word.
 */
export function pstateAtEntry(
  old: number,
  target: 1 | 2,
  sctlr: { readonly low: number; readonly high: number },
  features: Core['features'],
): number {
  let value = (old & (PSTATE.NZCV | PSTATE.PAN | PSTATE.DIT)) | PSTATE.DAIF | (target << PSTATE.elShift) | PSTATE.SP;
  if (target === 1 && features.pan && (sctlr.low & SCTLR.SPAN) === 0) value |= PSTATE.PAN;
  if (features.ssbs && sctlr.high & SCTLR.high.DSSBS) value |= PSTATE.SSBS;
  if (features.mte) value |= PSTATE.TCO;
  return value >>> 0;
}

/**
 * Takes an exception to EL1: ESR_EL1, FAR_EL1 (where given), ELR_EL1, SPSR_EL1, PSTATE and PC as AArch64.TakeException sets them.
 * @param elr Preferred return address.
 */
export function enterEl1(core: Core, kind: Vector, values: Partial<Syndrome>, elr: bigint): void {
  const spsr = performEntry(core, kind, values, elr);
  if (!core.onException) return;
  const { esr = 0n, far = 0n } = values;
  if (announceException(core, { targetEl: 1, vector: kind, esr, far, elr, spsr: BigInt(spsr) })) core.stopAtVector = true;
}

/** Tells the observer of exceptions, if there is one; true: it wants the processor to stop. */
export const announceException = (core: Core, taken: TakenException): boolean => core.onException?.(taken) ?? false;

/** The entry itself, which nobody is told of. Returns SPSR_EL1. */
export function performEntry(core: Core, kind: Vector, { esr, far }: Partial<Syndrome>, elr: bigint): number {
  const { state } = core;
  if (core.lastException === core.clock.instructions) countInstruction(core);
  core.lastException = core.clock.instructions;
  core.steppedWord = undefined;
  const old = readPstate(state);
  state.setSystemWords(R.SPSR_EL1, old, 0);
  state.setSystem(R.ELR_EL1, elr);
  if (esr !== undefined) state.setSystem(R.ESR_EL1, esr);
  if (far !== undefined) state.setSystem(R.FAR_EL1, far);
  const from = levelOf(old) < 1 ? source.lowerAarch64 : old & PSTATE.SP ? source.currentSpx : source.currentSp0;
  const sctlr = { low: state.systemLow(R.SCTLR_EL1), high: state.systemHigh(R.SCTLR_EL1) };
  writePstate(state, pstateAtEntry(old, 1, sctlr, core.features));
  state.set(slots.pc, branchAddress(core, (state.system(R.VBAR_EL1) & ~0x7ffn) | BigInt(from + kind)));
  return old;
}

/**
 * Takes an exception to EL2, where KVM is: the syndrome registers are set, and the guest's PC (the preferred return address) and PSTATE stay where they are
 * for KVM to find, as its entry code would have saved them. Running the processor again is KVM's ERET.
 */
export function enterEl2(core: Core, kind: Vector, { esr, far, hpfar }: Partial<Syndrome>, elr: bigint): void {
  const { state } = core;
  state.setSystemWords(R.SPSR_EL2, readPstate(state), 0);
  state.setSystem(R.ELR_EL2, elr);
  if (esr !== undefined) state.setSystem(R.ESR_EL2, esr);
  if (far !== undefined) state.setSystem(R.FAR_EL2, far);
  if (hpfar !== undefined) state.setSystem(R.HPFAR_EL2, hpfar);
  state.set(slots.pc, elr);
  core.hypervisorVector = kind;
}

/** Whether exceptions from EL0 that would go to EL1 go to EL2 (HCR_EL2.TGE). */
export function routedToEl2(core: Core): boolean {
  return core.state.low(slots.el) === 0 && (core.state.systemLow(R.HCR_EL2) & HCR.TGE) !== 0;
}

/** A synchronous exception at the current instruction, to EL1 or (HCR_EL2.TGE, from EL0) EL2. */
export function takeSynchronous(core: Core, ec: number, iss: number, far?: bigint, elr = core.state.get(slots.pc)): void {
  const values = { esr: syndrome(ec, iss), ...(far === undefined ? {} : { far }) };
  if (routedToEl2(core)) enterEl2(core, vector.synchronous, values, elr);
  else enterEl1(core, vector.synchronous, values, elr);
}

/** The instruction is UNDEFINED. */
export function takeUndefined(core: Core): void {
  takeSynchronous(core, EC.unknown, 0);
}

/** A configured trap to EL2 at the current instruction. */
export function trapToEl2(core: Core, ec: number, iss: number): void {
  enterEl2(core, vector.synchronous, { esr: syndrome(ec, iss) }, core.state.get(slots.pc));
}

/**
 * Address an indirect branch, exception entry or return leaves in PC: the tag goes where instruction addresses ignore it (AArch64.BranchAddr, EL1&0 regime).
 */
export function branchAddress(core: Core, target: bigint): bigint {
  const high = core.state.systemHigh(R.TCR_EL1);
  const upper = (target >> 55n) & 1n;
  const tbi = high & (upper ? 1 << 6 : 1 << 5);
  const tbid = core.features.pauth ? high & (upper ? 1 << 20 : 1 << 19) : 0;
  if (!tbi || tbid) return target;
  return upper ? target | (0xffn << 56n) : target & ((1n << 56n) - 1n);
}
