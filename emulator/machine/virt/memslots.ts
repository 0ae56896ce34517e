import { type Memslot, memslotFlag } from '../../kvm/memslots.ts';
import type { Vm } from '../../kvm/vm.ts';
import { isCacheableVma, type Vma } from '../../kvm/vma.ts';
import { fateOf, isRefusal, slotRefusal, supportsCacheablePfnmap } from '../../kvm/vma-rules.ts';
import { sizeName } from '../../memory/granule.ts';
import type { BackingView, MappedRun, MemslotView } from '../memory-views.ts';

const hex = (n: number): string => `0x${n.toString(16)}`;

const flagNames = Object.entries(memslotFlag).map(([name, bit]) => [`KVM_MEM_${name}`, bit] as const);

/** A memory slot, and why the guest sees of it what it sees. */
export function memslotView(vm: Vm, slot: Memslot): MemslotView {
  const { guestPhysAddr, memorySize, userspaceAddr, flags, dirty } = slot;
  return {
    slot: slot.slot,
    guestPhysAddr: BigInt(guestPhysAddr),
    memorySize: BigInt(memorySize),
    userspaceAddr: BigInt(userspaceAddr),
    flags: flagNames.filter(([, bit]) => flags & bit).map(([name]) => name),
    backings: backingsOf(vm, slot),
    rules: [
      ...(flags & memslotFlag.READONLY ? ['a write is handled as MMIO'] : []),
      ...(dirty ? [`mapped in single pages, writable once they are written; ${dirtyPages(dirty)} pages in the log`] : []),
    ],
  };
}

function backingsOf(vm: Vm, slot: Memslot): BackingView[] {
  const { gmem, guestPhysAddr, memorySize, userspaceAddr } = slot;
  const whole = { first: BigInt(guestPhysAddr), last: BigInt(guestPhysAddr + memorySize - 1) };
  if (gmem) {
    const file = gmem.file ? '' : ' (closed: KVM_EXIT_MEMORY_FAULT)';
    return [
      {
        ...whole,
        text: `guest_memfd, from offset ${hex(gmem.offset)}${file}`,
        rules: ['pages of a guest_memfd: Normal Write-Back, one by one'],
      },
    ];
  }
  const end = userspaceAddr + memorySize;
  const gpa = (address: number): bigint => BigInt(guestPhysAddr + (address - userspaceAddr));
  return vm.mappings
    .all()
    .filter((vma) => vma.start < end && userspaceAddr < vma.end)
    .map((vma) => ({
      first: gpa(Math.max(vma.start, userspaceAddr)),
      last: gpa(Math.min(vma.end, end)) - 1n,
      text: vmaText(vma),
      rules: vmaRules(vma, slot, vm),
    }));
}

function vmaText(vma: Vma): string {
  const { name, pageProt, flags, allowAnyUncached, mteAllowed, mapMemory, writable } = vma;
  return [
    name,
    ...(flags === 'none' ? [] : [flags]),
    `${pageProt} (${isCacheableVma(vma) ? 'cacheable' : 'not cacheable'})`,
    mapMemory ? 'in the linear map' : 'not in the linear map',
    ...(allowAnyUncached ? ['VM_ALLOW_ANY_UNCACHED'] : []),
    ...(mteAllowed ? [] : ['without VM_MTE_ALLOWED']),
    ...(writable ? [] : ['read-only']),
  ].join(', ');
}

/** What KVM's checks say of a VMA behind the slot: when the slot was made, and at each fault. */
function vmaRules(vma: Vma, { dirty }: Memslot, { vmaRules: host }: Vm): string[] {
  const refusal = slotRefusal(vma, dirty !== undefined, host);
  const fate = fateOf(vma, host);
  const support =
    vma.mapMemory || !isCacheableVma(vma)
      ? []
      : [
          `cacheable PFNMAP ${supportsCacheablePfnmap(host) ? '' : 'not '}supported: FWB ${host.fwb ? 1 : 0}, DIC ${host.dic ? 1 : 0}, policy ${host.policy}`,
        ];
  return [
    refusal ? `a slot would be refused now: -${refusal.errno}, ${refusal.rule}` : 'KVM_SET_USER_MEMORY_REGION: no check refuses it',
    ...support,
    isRefusal(fate) ? `at a fault: -${fate.errno}, ${fate.rule}` : `at a fault: ${fate.rule}`,
  ];
}

/** All of them, by guest physical address. @param mapped Leaves of stage 2 in a range. */
export const memslotViews = (vm: Vm, mapped: (from: bigint, to: bigint) => readonly MappedRun[]): MemslotView[] =>
  [...vm.memslots.all()]
    .sort((a, b) => a.guestPhysAddr - b.guestPhysAddr)
    .map((slot) => {
      const view = memslotView(vm, slot);
      const runs = mapped(view.guestPhysAddr, view.guestPhysAddr + view.memorySize);
      return { ...view, mapped: mappedText(runs) };
    });

/** `24 MiB in 12 × 2 MiB block, 8 KiB in 2 × 4 KiB page`. */
function mappedText(runs: readonly MappedRun[]): string {
  const counts = new Map<string, { entries: number; bytes: number }>();
  for (const { first, last, entry, entryBytes } of runs) {
    const count = counts.get(entry) ?? { entries: 0, bytes: 0 };
    counts.set(entry, count);
    count.bytes += Number(last - first) + 1;
    count.entries = count.bytes / entryBytes;
  }
  if (counts.size === 0) return 'nothing yet';
  return [...counts].map(([entry, { entries, bytes }]) => `${sizeName(bytes)} in ${entries} × ${entry}`).join(', ');
}

function dirtyPages(log: Uint8Array): number {
  let count = 0;
  for (const byte of log) for (let rest = byte; rest !== 0; rest &= rest - 1) count++;
  return count;
}
