import type { Vgic, VgicCpu } from './vgic.ts';

/**
 * Sends software-generated interrupts: the value written to ICC_SGI1R_EL1, ICC_ASGI1R_EL1 (`group1` false) or ICC_SGI0R_EL1
 * (GIC architecture, ICC_SGI1R_EL1: Aff3 55:48, RS 47:44, IRM 40, Aff2 39:32, INTID 27:24, Aff1 23:16, TargetList 15:0).
 */
export function sendSgi(vgic: Vgic, sender: VgicCpu, value: bigint, group1: boolean): void {
  const low = Number(value & 0xffff_ffffn);
  const high = Number((value >> 32n) & 0xffff_ffffn);
  const intid = (low >>> 24) & 15;
  const broadcast = (high & (1 << 8)) !== 0;
  if (broadcast) {
    for (const cpu of vgic.cpus) if (cpu !== sender) raise(vgic, cpu, intid, group1);
    return;
  }
  const cluster = (((low >>> 16) & 0xff) << 8) | ((high & 0xff) << 16);
  const aff3 = (high >>> 16) & 0xff;
  const range = ((high >>> 12) & 15) * 16;
  if (aff3 !== 0) return;
  for (let bit = 0; bit < 16; bit++) {
    if (!(low & (1 << bit))) continue;
    const cpu = vgic.cpuByAffinity(cluster | (range + bit));
    if (cpu) raise(vgic, cpu, intid, group1);
  }
}

/** A Group 0 request raises Group 0 SGIs only; a Group 1 request raises either. */
function raise(vgic: Vgic, cpu: VgicCpu, intid: number, group1: boolean): void {
  const irq = cpu.privateIrqs[intid]!;
  if (irq.group === 1 && !group1) return;
  irq.pendingLatch = true;
  vgic.queue(irq);
}
