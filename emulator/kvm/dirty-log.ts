import { KvmError } from './errno.ts';
import type { Memslot } from './memslots.ts';
import { PAGE_BYTES } from './stage2-geometry.ts';

/** Options of KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2: the log is cleared by KVM_CLEAR_DIRTY_LOG only; all bits are set when logging begins. */
export const manualDirtyLog = { PROTECT_ENABLE: 1, INITIALLY_SET: 2 } as const;

/**
 * Options that KVM_ENABLE_CAP of KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2 can set.
 * @throws KvmError EINVAL for an unknown one, or INITIALLY_SET alone.
 */
export function checkManualDirtyLog(options: number): number {
  const allowed = manualDirtyLog.PROTECT_ENABLE | (options & manualDirtyLog.PROTECT_ENABLE ? manualDirtyLog.INITIALLY_SET : 0);
  if (options & ~allowed) throw new KvmError('EINVAL', 'KVM_ENABLE_CAP of KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2');
  return options;
}

/** `struct kvm_clear_dirty_log` without its slot. */
export interface DirtyLogPart {
  /** A multiple of 64. */
  readonly firstPage: number;
  readonly numPages: number;
  /** One bit a page from `firstPage` on; asked for once the range is known to be right. */
  readonly bitmap: Uint8Array | (() => Uint8Array);
}

type LoggedSlot = Memslot & { readonly dirty: Uint8Array };
/** Protects the pages of a range, for their next write to be logged. */
type Protect = (gpa: number, size: number) => void;

/** The log of a slot as user space gets it; without `PROTECT_ENABLE` the slot's own is clear then. */
export function takeDirtyLog(slot: LoggedSlot, manual: number, protect: Protect): Uint8Array {
  const log = slot.dirty.slice();
  if (manual & manualDirtyLog.PROTECT_ENABLE) return log;
  for (let word = 0; word < log.length; word += 8) protectWord(slot, word, log.subarray(word, word + 8), protect);
  slot.dirty.fill(0);
  return log;
}

/** Clears bits of a slot's log, and protects the pages whose bits really were set. */
export function clearDirtyLog(slot: LoggedSlot, { firstPage, numPages, bitmap }: DirtyLogPart, protect: Protect): void {
  const pages = slot.memorySize / PAGE_BYTES;
  const rest = pages - firstPage;
  if (rest < 0 || numPages > rest || (numPages < rest && numPages % 64 !== 0))
    throw new KvmError('EINVAL', `KVM_CLEAR_DIRTY_LOG of slot ${slot.slot}`);
  const bytes = Math.ceil(numPages / 64) * 8;
  const wanted = typeof bitmap === 'function' ? bitmap() : bitmap;
  for (let offset = 0; offset < bytes; offset += 8) {
    const word = firstPage / 8 + offset;
    const cleared = new Uint8Array(8);
    for (let n = 0; n < 8; n++) {
      cleared[n] = (wanted[offset + n] ?? 0) & slot.dirty[word + n]!;
      slot.dirty[word + n]! &= ~cleared[n]!;
    }
    protectWord(slot, word, cleared, protect);
  }
}

/** From the first to the last page of a word of the log (`kvm_arch_mmu_enable_log_dirty_pt_masked`): those between lose the right to write, too. */
function protectWord(slot: LoggedSlot, word: number, bits: Uint8Array, protect: Protect): void {
  let first = -1;
  let last = -1;
  for (let page = 0; page < 64; page++) {
    if (((bits[page >> 3]! >> (page & 7)) & 1) === 0) continue;
    if (first < 0) first = page;
    last = page;
  }
  if (first < 0) return;
  protect(slot.guestPhysAddr + (word * 8 + first) * PAGE_BYTES, (last - first + 1) * PAGE_BYTES);
}
