import { timerIrq } from '../../kvm/timer.ts';
import type { Vcpu } from '../../kvm/vcpu.ts';
import type { VgicIrq } from '../../kvm/vgic/irq.ts';
import type { Vgic, VgicCpu } from '../../kvm/vgic/vgic.ts';
import type { SavedInterrupt } from './format.ts';
import { type PlainState, plainState, restorePlainState } from './plain-state.ts';

const stateOf = (irq: VgicIrq<VgicCpu>): PlainState => {
  const { intid: _, ...state } = plainState(irq);
  return state;
};

/** Every interrupt. Between runs no list register is ahead of them. */
export function saveInterrupts(vgic: Vgic): SavedInterrupt[] {
  return [
    ...vgic.cpus.flatMap((cpu) => cpu.privateIrqs.map((irq) => ({ intid: irq.intid, cpu: cpu.index, state: stateOf(irq) }))),
    ...vgic.spis.map((irq) => ({ intid: irq.intid, state: stateOf(irq) })),
  ];
}

/** After the registers of the vCPUs: their timers drive their lines from then on. */
export function restoreInterrupts(vgic: Vgic, enabled: boolean, saved: readonly SavedInterrupt[], vcpus: readonly Vcpu[]): void {
  for (const { intid, cpu, state } of saved) {
    const irq = vgic.irq(cpu === undefined ? undefined : vgic.cpus[cpu], intid);
    if (!irq) throw new Error(`the interrupt controller has no interrupt ${intid}`);
    restorePlainState(irq, state);
    if (cpu === undefined) irq.target = vgic.cpuByAffinity(irq.route & 0xff_ffff);
  }
  for (const vcpu of vcpus) {
    vcpu.vgic.forgetRegisters();
    for (const intid of Object.values(timerIrq)) vgic.irq(vcpu.vgic, intid)!.lineLevel = false;
    vcpu.timers.reset();
    vcpu.timers.sync();
  }
  vgic.setEnabled(enabled);
  for (const { intid, cpu } of saved) vgic.queue(vgic.irq(cpu === undefined ? undefined : vgic.cpus[cpu], intid)!);
}
