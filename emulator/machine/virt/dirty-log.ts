import { memslotFlag } from '../../kvm/memslots.ts';
import { PAGE_BYTES } from '../../kvm/stage2-geometry.ts';
import type { Vm } from '../../kvm/vm.ts';
import type { DirtyLogAction } from '../intervention.ts';

/** Ranges that are named one by one. */
const MOST_RANGES = 32;

/**
 * Reads the dirty log of a memory slot as KVM_GET_DIRTY_LOG does, or switches logging on or off by KVM_SET_USER_MEMORY_REGION; what came of it.
 * @throws Error for a slot that is not there or not logged; KvmError where KVM refuses it.
 */
export function dirtyLog({ memslots }: Vm, id: number, action: DirtyLogAction): string {
  const slot = memslots.byId(id);
  if (!slot) {
    const known = memslots.all().map((one) => one.slot);
    throw new Error(`there is no memory slot ${id}: the VM has ${known.join(', ')}`);
  }
  if (action !== 'read') {
    const { LOG_DIRTY_PAGES } = memslotFlag;
    const flags = action === 'on' ? slot.flags | LOG_DIRTY_PAGES : slot.flags & ~LOG_DIRTY_PAGES;
    memslots.set({ ...slot, flags });
    return action === 'on'
      ? `the pages of slot ${id} are logged: its mappings are write-protected, and written in single pages`
      : `the pages of slot ${id} are logged no longer`;
  }
  if (!slot.dirty) throw new Error(`slot ${id} is not logged: "dirtylog ${id} on" begins that`);
  const ranges = dirtyRanges(memslots.getDirtyLog(id));
  const pages = ranges.reduce((sum, { count }) => sum + count, 0);
  const lines = ranges
    .slice(0, MOST_RANGES)
    .map(({ first, count }) => `  ipa:0x${(slot.guestPhysAddr + first * PAGE_BYTES).toString(16)}, ${count} page${count === 1 ? '' : 's'}`);
  const left = ranges.length - lines.length;
  const more = left > 0 ? [`  and ${left} more ranges`] : [];
  return [
    `slot ${id}: ${pages} page${pages === 1 ? '' : 's'} written since the log was last read; it is clear now`,
    ...lines,
    ...more,
  ].join('\n');
}

/** Runs of bits that are set. */
function dirtyRanges(log: Uint8Array): { readonly first: number; readonly count: number }[] {
  const ranges: { first: number; count: number }[] = [];
  for (let page = 0; page < log.length * 8; page++) {
    if (((log[page >> 3]! >> (page & 7)) & 1) === 0) continue;
    const last = ranges.at(-1);
    if (last && last.first + last.count === page) last.count++;
    else ranges.push({ first: page, count: 1 });
  }
  return ranges;
}
