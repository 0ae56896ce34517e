import type { Clock } from '../cpu/clock.ts';
import type { GuestProcessor } from '../kvm/guest-processor.ts';
import type { HostFeatures } from '../kvm/vm.ts';
import type { PhysicalMemory } from '../memory/physical-memory.ts';

/** The hardware a machine is built on: one memory, one clock, and a processor for every vCPU. */
export interface Silicon {
  readonly memory: PhysicalMemory;
  readonly clock: Clock;
  readonly features: HostFeatures;
  /** `compatible` of this CPU in a device tree. */
  readonly compatible: string;
  readonly processors: readonly GuestProcessor[];
  /** TLBI of an IPA range in every TLB, and of everything derived from it. */
  invalidateIpa(ipa: number, size: number): void;
  /** Host memory was written from outside the guest: predecoded code of it is dropped. */
  written(host: number, bytes: number): void;
}

export interface SiliconConfiguration {
  readonly cpu: string;
  readonly cpus: number;
  /** Bytes of host DRAM. */
  readonly dramBytes: number;
}
