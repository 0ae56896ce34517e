import type { Frame, Guest } from '../session-state.ts';

/** Frames a walk gives up after: a loop in corrupt frame records must end. */
const deepest = 256;

/**
 * The call stack by frame records (AAPCS64: x29 points to the caller's x29 and the return address). A function that has not made its record yet, or is a leaf,
 * has its return address in x30 only.
 */
export async function walkStack(guest: Guest, vcpu: number, limit = deepest): Promise<Frame[]> {
  const { machine } = guest;
  const values = await machine.readRegisters(vcpu, ['pc', 'sp', 'x29', 'x30']);
  const [pc, sp, fp, lr] = values.map((v) => v.value) as [bigint, bigint, bigint, bigint];
  const frames: Frame[] = [{ vcpu, index: 0, pc, sp, fp }];
  const first = await readRecord(guest, vcpu, fp);
  const link = returnAddress(lr);
  if (link !== 0n && link !== first?.lr && recordIsMissing(guest, pc, link)) frames.push({ vcpu, index: 1, pc: link, sp, fp });

  let record = first;
  let at = fp;
  while (record && record.lr !== 0n && frames.length < Math.min(limit, deepest)) {
    frames.push({ vcpu, index: frames.length, pc: record.lr, sp: at + 16n, fp: record.fp });
    if (frames.length >= limit) break;
    // Records lie towards higher addresses; anything else ends the walk (or is another stack, which a debugger cannot tell from garbage).
    if (record.fp <= at && !(await otherStack(guest, vcpu, record.fp))) break;
    at = record.fp;
    record = await readRecord(guest, vcpu, at);
  }
  return frames.slice(0, limit);
}

/**
 * Whether x30 holds a return address that no record holds: in a leaf, and before the prologue or after the epilogue of others. After a call made by this very
 * function x30 points into it, which is no caller.
 */
function recordIsMissing({ symbols }: Guest, pc: bigint, link: bigint): boolean {
  const here = symbols.locate(pc);
  const there = symbols.locate(link - 4n);
  return here !== undefined && there !== undefined && there.name !== here.name;
}

/** Interrupt and overflow stacks lie anywhere: a record there is believed when it is readable and aligned. */
async function otherStack(guest: Guest, vcpu: number, fp: bigint): Promise<boolean> {
  return fp !== 0n && fp >> 48n === 0xffffn && (await readRecord(guest, vcpu, fp)) !== undefined;
}

async function readRecord({ machine }: Guest, vcpu: number, fp: bigint): Promise<{ readonly fp: bigint; readonly lr: bigint } | undefined> {
  if (fp === 0n || fp % 8n !== 0n) return undefined;
  const { bytes, holes } = await machine.readMemory(vcpu, 'va', fp, 16);
  if (holes.length > 0) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return { fp: view.getBigUint64(0, true), lr: returnAddress(view.getBigUint64(8, true)) };
}

/** A return address without pointer authentication code: bit 55 says which half of the address space it is of. */
export function returnAddress(value: bigint): bigint {
  const canonical = (value >> 55n) & 1n ? value | 0xffff_0000_0000_0000n : value & 0x0000_ffff_ffff_ffffn;
  return BigInt.asUintN(64, canonical);
}
