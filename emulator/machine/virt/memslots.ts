import { type Memslot, memslotFlag } from '../../kvm/memslots.ts';
import type { Vm } from '../../kvm/vm.ts';
import type { MemslotView } from '../memory-views.ts';

const hex = (n: number): string => `0x${n.toString(16)}`;

const flagNames = Object.entries(memslotFlag).map(([name, bit]) => [`KVM_MEM_${name}`, bit] as const);

/** A memory slot, and why the guest sees of it what it sees. */
export function memslotView(slot: Memslot): MemslotView {
  const { guestPhysAddr, memorySize, userspaceAddr, flags, gmem, dirty } = slot;
  return {
    slot: slot.slot,
    guestPhysAddr: BigInt(guestPhysAddr),
    memorySize: BigInt(memorySize),
    userspaceAddr: BigInt(userspaceAddr),
    flags: flagNames.filter(([, bit]) => flags & bit).map(([name]) => name),
    backing: gmem ? `guest_memfd, from offset ${hex(gmem.offset)}${gmem.file ? '' : ' (closed)'}` : 'anonymous memory of user space',
    rules: [
      'memory of the kernel, with a struct page: Normal Write-Back',
      ...(flags & memslotFlag.READONLY ? ['read-only: a write is handled as MMIO'] : []),
      ...(dirty ? [`dirty pages are logged: single pages, writable once written; ${dirtyPages(dirty)} in the log`] : []),
    ],
  };
}

/** All of them, by guest physical address. */
export const memslotViews = (vm: Vm): MemslotView[] =>
  [...vm.memslots.all()].sort((a, b) => a.guestPhysAddr - b.guestPhysAddr).map(memslotView);

function dirtyPages(log: Uint8Array): number {
  let count = 0;
  for (const byte of log) for (let rest = byte; rest !== 0; rest &= rest - 1) count++;
  return count;
}
