import { decideUserMemory } from '../../kvm/guest-abort-memory.ts';
import { isReadonly } from '../../kvm/memslots.ts';
import { levelShift, PAGE_BYTES } from '../../kvm/stage2-geometry.ts';
import type { Vm } from '../../kvm/vm.ts';
import type { ExplainedAccess, ExplainedFault } from '../../memory/explain.ts';
import { sizeName } from '../../memory/granule.ts';

/** What KVM does about a fault of stage 2, in words; `maps`: the access succeeds afterwards. */
export interface Resolution {
  readonly text: string;
  readonly maps: boolean;
}

const answered: ReadonlySet<string> = new Set(['translation', 'permission', 'access flag']);
const external = 'the guest gets a synchronous external abort';
const hex = (n: number): string => `0x${n.toString(16)}`;

/** The answer of `kvm_handle_guest_abort`, without giving it. Undefined: the fault is not one of stage 2 that KVM answers. */
export function stage2Resolution(vm: Vm, fault: ExplainedFault, access: ExplainedAccess): Resolution | undefined {
  const { type, s1ptw, level } = fault;
  if (fault.stage !== 2 || fault.ipa === undefined || !answered.has(type)) return undefined;
  const ipa = Number(fault.ipa);
  const no = (text: string): Resolution => ({ text, maps: false });
  if (type === 'translation') {
    if (ipa >= 2 ** vm.physicalAddressBits) return no('no physical address of this machine: the guest gets an address size fault');
    if (ipa >= 2 ** vm.ipaBits) return no(`beyond the VM's ${vm.ipaBits}-bit guest physical addresses: ${external}`);
  }
  const execute = access.kind === 'fetch' && !s1ptw;
  const write = s1ptw ? type === 'permission' : access.kind === 'write';
  const slot = vm.memslots.find(ipa);
  if (!slot || (write && isReadonly(slot))) {
    const why = slot ? `memory slot ${slot.slot} is read-only` : `no memory slot has ipa:${hex(ipa)}`;
    if (execute || s1ptw) return no(`${why}: ${external}`);
    return no(`${why}: ${vm.kernelDevice(ipa) ? 'KVM emulates the interrupt controller there' : 'KVM_EXIT_MMIO to user space'}`);
  }
  const from = `memory slot ${slot.slot}`;
  if (type === 'access flag') return { text: `sets the Access flag: ${from} has ipa:${hex(ipa)}`, maps: true };
  if (slot.gmem) {
    if (!slot.gmem.file) return no(`the guest_memfd of ${from} is closed: KVM_EXIT_MEMORY_FAULT`);
    return { text: `maps a page of the guest_memfd of ${from}`, maps: true };
  }
  const granule = type === 'permission' ? 2 ** levelShift(level) : 0;
  const outcome = decideUserMemory(vm, slot, { page: ipa - (ipa % PAGE_BYTES), write, execute, granule });
  switch (outcome.kind) {
    case 'fail':
      return no(`KVM_RUN fails with -${outcome.errno}: ${outcome.reason}`);
    case 'memory error':
      return no('the page has a memory error: SIGBUS for user space, and the fault again');
    case 'unsupported access':
      return no('the memory takes no such exclusive or atomic access: the guest gets a data abort');
    case 'external abort':
      return no(`${outcome.rule}: ${external}`);
    case 'map': {
      const { start, size, protection, rule } = outcome;
      const rights = `r${protection.write ? 'w' : '-'}${protection.execute ? 'x' : '-'}`;
      return { text: `maps ${sizeName(size)} from ipa:${hex(start)} at this fault (${from}), ${rights}; ${rule}`, maps: true };
    }
  }
}
