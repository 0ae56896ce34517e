import { KvmError } from '../kvm/errno.ts';
import { fallocateMode, type GuestMemfd, guestMemfdFlag } from '../kvm/guest-memfd.ts';
import { memslotFlag } from '../kvm/memslots.ts';
import type { Vm } from '../kvm/vm.ts';
import { LaunchError } from './loader/errors.ts';
import { type MemslotPlan, memslotAlignment } from './memslot-options.ts';
import type { Silicon } from './silicon.ts';

/** The memory of the slots beside RAM. */
export class GuestMemory {
  private readonly ranges: { readonly host: number; readonly bytes: number }[] = [];
  private readonly files: GuestMemfd[] = [];

  /**
   * Maps the memory, and shows it to the guest: slots from 1 on.
   * @throws LaunchError when KVM refuses a slot: what it returned, and by which rule.
   */
  constructor(
    private readonly silicon: Silicon,
    vm: Vm,
    plans: readonly MemslotPlan[],
  ) {
    for (const [n, plan] of plans.entries()) {
      try {
        this.add(vm, n + 1, plan);
      } catch (error) {
        if (!(error instanceof KvmError)) throw error;
        throw new LaunchError(`"memslots[${n}]" (${plan.backing} memory at ipa:0x${plan.gpa.toString(16)}): ${error.message}.`);
      }
    }
  }

  /** Back to zeros. */
  reset(): void {
    const { memory } = this.silicon;
    for (const { host, bytes } of this.ranges) {
      memory.bytes.fill(0, host, host + bytes);
      this.silicon.written(host, bytes);
    }
    for (const file of this.files) file.fallocate(fallocateMode.KEEP_SIZE | fallocateMode.PUNCH_HOLE, 0, file.size);
  }

  private add(vm: Vm, slot: number, plan: MemslotPlan): void {
    const { gpa: guestPhysAddr, size: memorySize, flags } = plan;
    const region = { slot, flags, guestPhysAddr, memorySize };
    if (flags & memslotFlag.GUEST_MEMFD) {
      const guestMemfd = vm.createGuestMemfd(memorySize, guestMemfdFlag.MMAP | guestMemfdFlag.INIT_SHARED);
      this.files.push(guestMemfd);
      vm.memslots.set2({ ...region, userspaceAddr: 0, guestMemfd, guestMemfdOffset: 0 });
      return;
    }
    const host = this.silicon.memory.allocate(memorySize, memslotAlignment(plan));
    this.ranges.push({ host, bytes: memorySize });
    vm.mappings.map({ ...plan.vma, start: host, end: host + memorySize });
    vm.memslots.set({ ...region, userspaceAddr: host });
  }
}
