import assert from 'node:assert/strict';
import { isReadonly } from '../../emulator/kvm/memslots.ts';
import { Stage2, type Stage2Leaf } from '../../emulator/kvm/stage2.ts';
import { memoryTypeOf } from '../../emulator/kvm/stage2-attributes.ts';
import { PAGE_BYTES } from '../../emulator/kvm/stage2-geometry.ts';
import type { Vm } from '../../emulator/kvm/vm.ts';
import { fateOf, isRefusal } from '../../emulator/kvm/vma-rules.ts';

const hex = (n: number): string => `0x${n.toString(16)}`;

/**
 * Stage-2 tables always match the memslots: whatever is mapped lies in one slot and shows its memory, with rights, size and type that slot, VMA and host permit. What is wrong, else undefined.
 */
export function stage2Mismatch(vm: Vm): string | undefined {
  for (const leaf of vm.stage2.leaves()) {
    const wrong = leafMismatch(vm, leaf);
    if (wrong) return `leaf of ${hex(leaf.bytes)} at ipa:${hex(leaf.ipa)} -> pa:${hex(leaf.pa)}: ${wrong}`;
  }
  return undefined;
}

export const assertStage2MatchesMemslots = (vm: Vm): void => assert.equal(stage2Mismatch(vm), undefined);

function leafMismatch(vm: Vm, leaf: Stage2Leaf): string | undefined {
  const { ipa, pa, bytes, low } = leaf;
  if (ipa % bytes || pa % bytes) return 'it is not aligned to its size';
  if (!(low & (1 << 6))) return 'it cannot be read';
  const slot = vm.memslots.find(ipa);
  if (!slot || ipa + bytes > slot.guestPhysAddr + slot.memorySize) return 'it is not inside one slot';
  const writable = Stage2.writable(leaf);
  if (slot.gmem) {
    if (bytes !== PAGE_BYTES) return 'guest_memfd is mapped in pages';
    const page = slot.gmem.file?.peek(slot.gmem.offset + (ipa - slot.guestPhysAddr)) ?? -1;
    if (page < 0) return 'the guest_memfd has no such page';
    return vm.physicalOfHost(page) === pa ? undefined : 'it shows another page than the guest_memfd has there';
  }
  const address = slot.userspaceAddr + (ipa - slot.guestPhysAddr);
  if (vm.physicalAddress(address) !== pa) return 'it shows other memory than the slot';
  const vma = vm.mappings.at(address);
  if (!vma || address + bytes > vma.end) return 'it is not inside one VMA';
  const fate = fateOf(vma, vm.vmaRules);
  if (isRefusal(fate)) return `its VMA is refused: ${fate.rule}`;
  if (memoryTypeOf(low, vm.stage2.fwb) !== fate.type) return `it is ${memoryTypeOf(low, vm.stage2.fwb)} and not ${fate.type}`;
  if (Stage2.executable(leaf) && fate.type !== 'normal') return 'memory that is not cacheable is executable';
  if (writable && (isReadonly(slot) || !vma.writable)) return 'it is writable, its slot or VMA is not';
  for (let at = address; at < address + bytes; at += PAGE_BYTES) if (vm.mappings.poisoned(at)) return 'a page of it has a memory error';
  if (slot.dirty && writable && !fate.device) {
    for (let at = ipa; at < ipa + bytes; at += PAGE_BYTES) {
      const page = (at - slot.guestPhysAddr) / PAGE_BYTES;
      if (!((slot.dirty[page >> 3]! >> (page & 7)) & 1)) return `page ${page} of its slot is writable and not in the dirty log`;
    }
  }
  return undefined;
}
