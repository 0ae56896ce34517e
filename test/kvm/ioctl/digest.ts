import { createHash } from 'node:crypto';
import { systemRegisters } from '../../../emulator/isa/registers/index.ts';
import { readOneReg, registerList } from '../../../emulator/kvm/one-reg/index.ts';
import type { Vcpu } from '../../../emulator/kvm/vcpu.ts';
import { userDistributor, userRedistributor } from '../../../emulator/kvm/vgic/user-registers.ts';
import type { Vm } from '../../../emulator/kvm/vm.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const text = (value: unknown): string =>
  JSON.stringify(value, (_, v: unknown) => (typeof v === 'bigint' ? v.toString(16) : v instanceof Uint8Array ? hex(v) : v));
/** The counters go by themselves; everything else stands still between calls. */
const counters = new Set([0x6030_0000_0013_df01n, 0x6030_0000_0013_df1an]);

function ofVcpu(vcpu: Vcpu): string {
  const { features, hasRun, mpState, pendingMmio, run, state, vgic, vm, affinity } = vcpu;
  const list = features === undefined ? [] : registerList(vcpu).filter((id) => !counters.has(id));
  const frame = userRedistributor(vm.vgic, vgic);
  return text({
    ...{ features, hasRun, mpState, pendingMmio, affinity, run: run.bytes },
    registers: list.map((id) => [id, readOneReg(vcpu, id)]),
    system: systemRegisters.map((_, slot) => state.system(slot)),
    redistributor: Array.from({ length: 0x420 }, (_, n) => frame.read(4 * n)),
    interrupts: vgic.privateIrqs.map(({ config, enabled, lineLevel, pendingLatch, active, priority, group }) => ({
      ...{ config, enabled, lineLevel, pendingLatch, active, priority, group },
    })),
  });
}

/** Everything that calls can change of a VM and that another call or its guests could tell, as one hash. */
export function digest(vm: Vm): string {
  const frame = userDistributor(vm.vgic, () => true);
  const { irqchip, memslots, stage2, timerIrqs, virtualOffset, physicalOffset, counterOffsetFixed, firmwareBitmaps, psciVersion } = vm;
  const whole = text({
    slots: memslots.all().map(({ gmem, ...slot }) => ({ ...slot, gmem: gmem && { offset: gmem.offset, size: gmem.size } })),
    leaves: [...stage2.leaves()],
    irqchip: irqchip && {
      ...{ base: irqchip.distributorBase, regions: irqchip.regions, placed: irqchip.redistributors, irqs: irqchip.irqCount },
      ...{ initialized: irqchip.initialized, mapped: irqchip.mapped },
    },
    distributor: Array.from({ length: 0x1c00 }, (_, n) => frame.read(4 * n)),
    ...{ timerIrqs, virtualOffset, physicalOffset, counterOffsetFixed, firmwareBitmaps, psciVersion },
    capabilities: [vm.nisvToUser, vm.seaToUser, vm.systemSuspend, vm.memory.eagerSplitChunkSize, memslots.manualDirtyLogProtect],
    ...{ features: vm.vcpuFeatures, hasRun: vm.hasRun, dead: vm.dead, filter: vm.smcccFilter },
  });
  const hash = createHash('sha256').update(whole);
  for (const vcpu of vm.vcpus) hash.update(ofVcpu(vcpu));
  return hash.digest('hex');
}
