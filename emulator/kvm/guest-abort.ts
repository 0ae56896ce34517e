import { KvmError } from './errno.ts';
import { armLdst64b, armNisv, armNisvAt } from './exits/arm-nisv.ts';
import { memoryFault, memoryFaultAt } from './exits/memory-fault.ts';
import type { GuestMemfdBinding } from './guest-memfd.ts';
import { injectExternalAbort, injectSError, injectSizeFault } from './inject.ts';
import { isReadonly, type Memslot } from './memslots.ts';
import { completeLoad, decodeAccess, exitMmio, storeData } from './mmio.ts';
import { BLOCK_BYTES, IPA_BITS, PAGE_BYTES, Stage2 } from './stage2.ts';
import { abort, exceptionClass, FSC_TYPE, faultType, isExternalAbort } from './syndrome.ts';
import type { HandlerResult, Vcpu } from './vcpu.ts';
import { register } from './vcpu-registers.ts';

/** Faulting guest physical address, page-aligned: HPFAR_EL2.FIPA holds IPA[55:12] from bit 4. */
export const faultIpaPage = (vcpu: Vcpu): number =>
  ((vcpu.state.systemHigh(register.HPFAR_EL2) & 0xffff) * 2 ** 32 + ((vcpu.state.systemLow(register.HPFAR_EL2) & ~0xf) >>> 0)) * 2 ** 8;

const faultIpa = (vcpu: Vcpu): number => faultIpaPage(vcpu) + (vcpu.state.systemLow(register.FAR_EL2) & 0xfff);

/**
 * Stage-2 faults and external aborts from the guest (`kvm_handle_guest_abort`): maps memory, emulates devices in the kernel, leaves the others to user space,
 * or hands the fault back to the guest.
 */
export function handleGuestAbort(vcpu: Vcpu, esr: number): HandlerResult {
  const instruction = esr >>> 26 === exceptionClass.IABT_LOW;
  const fsc = esr & abort.FSC;
  if (isExternalAbort(fsc)) {
    // No APEI in this host: nobody claims the error, and without KVM_CAP_ARM_SEA_TO_USER the guest gets an asynchronous SError.
    injectSError(vcpu);
    return 'resume';
  }
  const type = fsc & FSC_TYPE;
  const page = faultIpaPage(vcpu);
  if (type === faultType.TRANSLATION) {
    if (page >= 2 ** vcpu.vm.physicalAddressBits) {
      injectSizeFault(vcpu, instruction);
      return 'resume';
    }
    if (page >= 2 ** IPA_BITS) {
      injectExternalAbort(vcpu, instruction);
      return 'resume';
    }
  } else if (type !== faultType.PERMISSION && type !== faultType.ACCESS) {
    return vcpu.fail('EFAULT', `stage-2 fault status 0x${fsc.toString(16)} is none that KVM handles`);
  }
  const write = isWriteFault(esr, instruction, type);
  const slot = vcpu.vm.memslots.find(page);
  if (!slot || (write && isReadonly(slot))) return outsideMemory(vcpu, esr, instruction);
  if (slot.gmem) return mapGuestMemfdPage(vcpu, slot.gmem, page, instruction);
  mapGuestPage(vcpu, slot, page, write, instruction);
  return 'resume';
}

/** `kvm_is_write_fault`: a permission fault of a table walk is the hardware wanting to update a descriptor. */
function isWriteFault(esr: number, instruction: boolean, type: number): boolean {
  if (esr & abort.S1PTW) return type === faultType.PERMISSION;
  return !instruction && (esr & abort.WNR) !== 0;
}

/**
 * Maps what faulted (`user_mem_abort`): a 2 MiB block where the slot and the backing memory allow it, else a page. Readable always, writable unless the slot is read-only or
 * its pages are being logged, executable once the guest executes there (CTR_EL0.DIC = 0: the instruction cache is invalidated then) or up front where DIC = 1.
 */
function mapGuestPage(vcpu: Vcpu, slot: Memslot, page: number, write: boolean, execute: boolean): void {
  const { stage2, memslots } = vcpu.vm;
  const logging = slot.dirty !== undefined;
  const block = !logging && fitsBlock(slot, page);
  const size = block ? BLOCK_BYTES : PAGE_BYTES;
  const ipa = Math.floor(page / size) * size;
  const was = stage2.lookup(page);
  if (was && was.bytes > size) stage2.unmap(ipa, size);
  const executable = execute || vcpu.vm.instructionCachesCoherent || (was !== undefined && Stage2.executable(was));
  const writable = !isReadonly(slot) && (!logging || write);
  const pa = vcpu.vm.physicalAddress(slot.userspaceAddr + (ipa - slot.guestPhysAddr));
  const changed = stage2.map(ipa, pa, size, { write: writable, execute: executable, type: 'normal' });
  if (changed || was) vcpu.vm.flushStage2();
  if (write) memslots.markDirty(slot, page);
}

/**
 * Maps a page of a guest_memfd (`gmem_abort`), never more than one. A page that cannot be had is KVM_EXIT_MEMORY_FAULT, and KVM_RUN fails: the file is closed (EFAULT), the
 * page has a memory error (EHWPOISON), the host has no memory (ENOMEM; `exit_reason` means nothing to user space then).
 */
function mapGuestMemfdPage(vcpu: Vcpu, { file, offset, guestPhysAddr }: GuestMemfdBinding, page: number, execute: boolean): HandlerResult {
  const { stage2, instructionCachesCoherent } = vcpu.vm;
  try {
    if (!file) throw new KvmError('EFAULT', 'the guest_memfd behind it is closed');
    const pa = vcpu.vm.physicalAddress(file.pageFor(offset + (page - guestPhysAddr)));
    const was = stage2.lookup(page);
    const executable = execute || instructionCachesCoherent || (was !== undefined && Stage2.executable(was));
    if (stage2.map(page, pa, PAGE_BYTES, { write: true, execute: executable, type: 'normal' })) vcpu.vm.flushStage2();
    return 'resume';
  } catch (error) {
    if (!(error instanceof KvmError)) throw error;
    const { run } = vcpu;
    run.begin(memoryFault.number);
    // Guest memory on arm64 is shared with user space: the PRIVATE flag stays clear.
    run.set(memoryFaultAt.gpa, 8, BigInt(page));
    run.set(memoryFaultAt.size, 8, BigInt(PAGE_BYTES));
    return vcpu.fail(
      error.errno,
      `no page for the guest physical address 0x${page.toString(16)}: ${error.reason}`,
      error.errno !== 'ENOMEM',
    );
  }
}

/** The 2 MiB around the page lie in the slot, and guest and host addresses agree modulo 2 MiB (`fault_supports_stage2_huge_mapping`). */
function fitsBlock(slot: Memslot, page: number): boolean {
  const start = Math.floor(page / BLOCK_BYTES) * BLOCK_BYTES;
  return (
    start >= slot.guestPhysAddr &&
    start + BLOCK_BYTES <= slot.guestPhysAddr + slot.memorySize &&
    (slot.guestPhysAddr - slot.userspaceAddr) % BLOCK_BYTES === 0
  );
}

/** No memory there (or a write to read-only memory): a device, or the guest's mistake. */
function outsideMemory(vcpu: Vcpu, esr: number, instruction: boolean): HandlerResult {
  if (instruction || esr & abort.S1PTW) {
    injectExternalAbort(vcpu, instruction);
    return 'resume';
  }
  if (esr & abort.CM) {
    vcpu.skipInstruction();
    return 'resume';
  }
  const ipa = faultIpa(vcpu);
  if (!(esr & abort.ISV)) return withoutSyndrome(vcpu, esr, ipa);
  const access = decodeAccess(esr);
  const device = vcpu.vm.kernelDevice(ipa);
  if (device) {
    if (access.write) device.write(ipa - device.base, access.length, storeData(vcpu, access));
    else completeLoad(vcpu, access, device.read(ipa - device.base, access.length));
    vcpu.count('mmio_exit_kernel');
    vcpu.skipInstruction();
    return 'resume';
  }
  exitMmio(vcpu, access, ipa);
  vcpu.pendingMmio = access;
  vcpu.count('mmio_exit_user');
  return 'exit';
}

const FSC_WITH_LST = new Set([0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x2a, 0x2b]);

function withoutSyndrome(vcpu: Vcpu, esr: number, ipa: number): HandlerResult {
  const { run } = vcpu;
  if (esr & abort.LST && FSC_WITH_LST.has(esr & abort.FSC) && vcpu.vm.offersLs64) {
    run.begin(armLdst64b.number);
    run.set(armNisvAt.esrIss, 8, BigInt(esr & 0x1ff_ffff & ~abort.FSC));
    run.set(armNisvAt.faultIpa, 8, BigInt(ipa));
    return 'exit';
  }
  if (!vcpu.vm.nisvToUser) return vcpu.fail('ENOSYS', `data abort without syndrome at IPA 0x${ipa.toString(16)}`);
  run.begin(armNisv.number);
  run.set(armNisvAt.esrIss, 8, BigInt(esr & (abort.CM | abort.WNR | abort.FSC)));
  run.set(armNisvAt.faultIpa, 8, BigInt(ipa));
  return 'exit';
}
