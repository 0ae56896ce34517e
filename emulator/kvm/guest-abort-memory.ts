import { type Errno, KvmError } from './errno.ts';
import { memoryFault, memoryFaultAt } from './exits/memory-fault.ts';
import type { GuestMemfdBinding } from './guest-memfd.ts';
import { injectExclusiveOrAtomicAbort, injectExternalAbort } from './inject.ts';
import { isReadonly, type Memslot } from './memslots.ts';
import type { Stage2Protection } from './stage2-attributes.ts';
import { BLOCK_BYTES, LARGE_BLOCK_BYTES, PAGE_BYTES } from './stage2-geometry.ts';
import type { HandlerResult, Vcpu } from './vcpu.ts';
import type { Vm } from './vm.ts';
import type { Vma } from './vma.ts';
import { fateOf, isRefusal, type MemoryFate } from './vma-rules.ts';

/** A stage-2 fault in a memory slot. */
export interface MemoryFault {
  /** Guest physical address of the page. */
  readonly page: number;
  readonly write: boolean;
  readonly execute: boolean;
  /** Permission fault: bytes that the leaf covers that refused; otherwise 0. */
  readonly granule: number;
  /** An exclusive or atomic access that memory with these attributes does not take. */
  readonly unsupported?: boolean;
}

const hex = (address: number): string => `0x${address.toString(16)}`;

/** What comes of a fault on user space's memory. */
export type MemoryFaultOutcome =
  | { readonly kind: 'map'; readonly start: number; readonly size: number; readonly protection: Stage2Protection; readonly rule: string }
  /** KVM_RUN fails. */
  | { readonly kind: 'fail'; readonly errno: Errno; readonly reason: string }
  /** The page has a memory error: SIGBUS for user space's thread. */
  | { readonly kind: 'memory error'; readonly address: number }
  /** The guest gets a synchronous external abort. */
  | { readonly kind: 'external abort'; readonly rule: string }
  /** The guest gets a data abort for an exclusive or atomic access. */
  | { readonly kind: 'unsupported access' };

/**
 * Decides what becomes of a fault on user space's memory (`user_mem_abort`): mapped as large as slot, VMA and alignment permit, in pages while they are logged. Readable always; writable where the
 * slot and the VMA are, and while pages are logged for a write only; executable for a fetch, or up front where instruction caches need no maintenance (CTR_EL0.DIC).
 */
export function decideUserMemory(vm: Vm, slot: Memslot, { page, write, execute, granule, unsupported }: MemoryFault): MemoryFaultOutcome {
  const fail = (errno: Errno, reason: string): MemoryFaultOutcome => ({ kind: 'fail', errno, reason });
  if (granule && !write && !execute) return fail('EFAULT', `stage 2 does not permit reading ${hex(page)}, and always should`);
  const address = slot.userspaceAddr + (page - slot.guestPhysAddr);
  const vma = vm.mappings.at(address);
  if (!vma) return fail('EFAULT', `user space has unmapped the memory behind the guest physical address ${hex(page)}`);
  if (vm.mappings.poisoned(address)) return { kind: 'memory error', address };
  if (write && !vma.writable) return fail('EFAULT', `user space may not write the memory behind the guest physical address ${hex(page)}`);
  const fate = fateOf(vma, vm.vmaRules);
  if (isRefusal(fate)) return fail(fate.errno, `no mapping for the guest physical address ${hex(page)}: ${fate.rule}`);
  const cacheable = fate.type === 'normal';
  if (execute && !cacheable) return { kind: 'external abort', rule: `${fate.rule}, from which nothing executes` };
  if (unsupported) return { kind: 'unsupported access' };
  const size = mappingSize(vm, slot, vma, fate, page, address);
  if (!granule && cacheable && vm.vmaRules.mte && !vma.mteAllowed)
    return fail('EFAULT', `${vma.name} at the guest physical address ${hex(page)} has no room for tags`);
  const logging = slot.dirty !== undefined;
  const protection: Stage2Protection = {
    write: vma.writable && !isReadonly(slot) && (!logging || fate.device || write),
    execute: cacheable && (execute || vm.instructionCachesCoherent),
    type: fate.type,
  };
  return { kind: 'map', start: Math.floor(page / size) * size, size, protection, rule: fate.rule };
}

/** Does what `decideUserMemory` decides. */
export function mapUserMemory(vcpu: Vcpu, slot: Memslot, fault: MemoryFault): HandlerResult {
  const { vm } = vcpu;
  const outcome = decideUserMemory(vm, slot, fault);
  switch (outcome.kind) {
    case 'fail':
      return vcpu.fail(outcome.errno, outcome.reason);
    case 'memory error':
      return vcpu.signalMemoryError(outcome.address);
    case 'unsupported access':
      injectExclusiveOrAtomicAbort(vcpu);
      return 'resume';
    case 'external abort':
      injectExternalAbort(vcpu, true);
      return 'resume';
    case 'map': {
      const { start, size, protection } = outcome;
      const pa = vm.physicalAddress(slot.userspaceAddr + (start - slot.guestPhysAddr));
      const done = mapOrRelax(vcpu, fault.page, start, pa, size, protection, fault.granule);
      if (done === 'resume' && protection.write) vm.memslots.markDirty(slot, fault.page);
      return done;
    }
  }
}

/** What a leaf of the same size lacks is added to it; else a leaf is made. Without host memory for tables KVM_RUN fails with -ENOMEM. */
function mapOrRelax(
  vcpu: Vcpu,
  page: number,
  start: number,
  pa: number,
  size: number,
  protection: Stage2Protection,
  granule: number,
): HandlerResult {
  const { stage2 } = vcpu.vm;
  try {
    if (granule === size) stage2.relax(page, protection);
    else stage2.map(start, pa, size, protection);
    return 'resume';
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return vcpu.fail('ENOMEM', `the host has no memory for the stage-2 tables of ${hex(page)}`);
  }
}

/**
 * Pages while they are logged; else what user space maps with, where slot and alignment permit (`kvm_s2_resolve_vma_size`, `transparent_hugepage_adjust`): 1 GiB of hugetlbfs, 2 MiB of
 * anything. Kernels that fall back to device memory map a VM_PFNMAP device with 1 GiB too, and single frames of VM_MIXEDMAP in pages.
 */
function mappingSize(vm: Vm, slot: Memslot, vma: Vma, fate: MemoryFate, page: number, address: number): number {
  if (slot.dirty) return PAGE_BYTES;
  const older = vm.vmaRules.policy === 'fallback-to-device';
  if (older && fate.type !== 'normal' && vma.flags !== 'VM_PFNMAP') return PAGE_BYTES;
  const most = Math.min(vm.mappings.mappingSize(vma, address), vma.flags === 'none' || older ? LARGE_BLOCK_BYTES : BLOCK_BYTES);
  return [LARGE_BLOCK_BYTES, BLOCK_BYTES].find((bytes) => bytes <= most && fitsBlock(slot, page, bytes)) ?? PAGE_BYTES;
}

/** The block around the page lies in the slot, and guest and user addresses agree in what is below its size. */
function fitsBlock({ guestPhysAddr, memorySize, userspaceAddr }: Memslot, page: number, bytes: number): boolean {
  const start = Math.floor(page / bytes) * bytes;
  return start >= guestPhysAddr && start + bytes <= guestPhysAddr + memorySize && (guestPhysAddr - userspaceAddr) % bytes === 0;
}

/**
 * Maps a page of a guest_memfd (`gmem_abort`), never more than one. A page that cannot be had is KVM_EXIT_MEMORY_FAULT, and KVM_RUN fails: the file is closed (EFAULT), the
 * page has a memory error (EHWPOISON), the host has no memory (ENOMEM; `exit_reason` means nothing to user space then).
 */
export function mapGuestMemfdPage(vcpu: Vcpu, { file, offset, guestPhysAddr }: GuestMemfdBinding, fault: MemoryFault): HandlerResult {
  const { page, execute, granule } = fault;
  try {
    if (!file) throw new KvmError('EFAULT', 'the guest_memfd behind it is closed');
    const address = file.pageFor(offset + (page - guestPhysAddr));
    const protection = { write: true, execute: execute || vcpu.vm.instructionCachesCoherent, type: 'normal' } as const;
    return mapOrRelax(vcpu, page, page, vcpu.vm.physicalOfHost(address), PAGE_BYTES, protection, granule);
  } catch (error) {
    if (!(error instanceof KvmError)) throw error;
    const { run } = vcpu;
    run.begin(memoryFault.number);
    // Guest memory on arm64 is shared with user space: the PRIVATE flag stays clear.
    run.set(memoryFaultAt.flags, 8, 0n);
    run.set(memoryFaultAt.gpa, 8, BigInt(page));
    run.set(memoryFaultAt.size, 8, BigInt(PAGE_BYTES));
    return vcpu.fail(error.errno, `no page for the guest physical address ${hex(page)}: ${error.reason}`, error.errno !== 'ENOMEM');
  }
}
