/** A kind of console line that QEMU's machine and this one print differently, and why that must be. */
export interface Difference {
  readonly lines: RegExp;
  readonly why: string;
  /** Both print it, the same text apart from what `lines` captures, but when depends on timing: order is not compared. */
  readonly moves?: boolean;
}

/** Everything that may differ between the consoles of a Linux guest on QEMU (`-M virt,gic-version=3,its=off`) and here. */
export const differences: readonly Difference[] = [
  { lines: /^pci|^PCI: |^pci_bus|Memory resource size exceeds|^vgaarb/, why: 'QEMU’s board has a PCI host bridge, this one has none' },
  { lines: /^hw perfevents/, why: 'no performance monitors: KVM without KVM_ARM_VCPU_PMU_V3' },
  {
    lines: /^cacheinfo: Unable to detect cache hierarchy/,
    why: 'KVM shows the fewest caches that are true of CTR_EL0, and the device tree names none',
  },
  { lines: /^psci: PSCIv\d+\.\d+ detected/, why: 'KVM offers PSCI 1.3, QEMU’s own is 1.1' },
  { lines: /^GICv3: GICv3 features: /, why: 'KVM’s redistributors have GICR_CTLR.IR, which Linux calls DirectLPI' },
  { lines: /^psci: SMC Calling Convention/, why: 'KVM implements SMCCC 1.1, QEMU’s own PSCI does not have SMCCC_VERSION' },
  { lines: /^smccc: |^arm-smccc|^SMCCC: |^ptp_kvm|^kvm-guest: /, why: 'KVM’s own hypercalls (vendor hypervisor service, TRNG)' },
  { lines: /^random: |trng/i, why: 'seeds differ, and KVM offers the TRNG firmware interface' },
  { lines: /^ITS: No ITS/, why: 'QEMU’s distributor announces LPIs even without ITS, KVM’s does not' },
  { lines: /^NUMA: NODE_DATA|^Memory: |^NODE_DATA|^DMA: /, why: 'the smaller device tree leaves more memory to the guest' },
  { lines: /setting system clock/, why: 'the clock starts at a fixed date' },
  { lines: /^audit: type=2000/, why: 'carries a time', moves: true },
  { lines: /deferred pages initialised in/, why: 'carries a time' },
  { lines: /32-bit EL[01] Support|setend/, why: 'AArch32 is not implemented, so the ID registers do not offer it' },
  { lines: /^sched_clock: .* bits at|^Calibrating delay|^raid6|^xor: /, why: 'measured speeds' },
  { lines: /^Trying to unpack rootfs|^Freeing initrd memory/, why: 'an asynchronous task: when depends on timing', moves: true },
  { lines: /^virtio[-_]|fw_cfg|^cfi_flash/, why: 'QEMU’s board has virtio transports, flash and fw_cfg, this one has none' },
];

/**
 * Linux on QEMU remarks when the host left it waiting: its time is the host's. Here time is counted in instructions, so these lines never appear, and
 * are only taken away on QEMU's side.
 */
const hostStalls = /^hrtimer: interrupt took|^sched: RT throttling|^workqueue: .* hogged CPU/;

const stamp = /^\[ *\d+\.\d+\] ?/;

/** A console without time stamps and without the lines that may differ; lines that may move are at the end, sorted. `hostTime`: it is QEMU's. */
export function comparable(console: string, { hostTime = false } = {}): string[] {
  const kept: string[] = [];
  const moved: string[] = [];
  for (const raw of console.replaceAll('\r', '').split('\n')) {
    const line = raw.replace(stamp, '');
    if (hostTime && hostStalls.test(line)) continue;
    const difference = differences.find((d) => d.lines.test(line));
    if (!difference) kept.push(line);
    else if (difference.moves) moved.push(line.replace(/\(\d+\.\d+:/, '('));
  }
  return [...kept, ...moved.sort()];
}
