import type { Processor } from '../cpu/processor.ts';
import type { Apei } from '../kvm/apei.ts';
import type { KvmHost } from '../kvm/ioctl/host.ts';
import { type KernelProfile, merged } from '../kvm/kernel-profile.ts';
import { UserMappings } from '../kvm/vma.ts';
import type { PfnmapPolicy } from '../kvm/vma-rules.ts';
import { HOST_DRAM_BASE } from '../memory/physical-memory.ts';
import type { Silicon } from './silicon.ts';

export interface KvmHostOptions {
  readonly kernel?: KernelProfile;
  readonly apei?: Apei;
  readonly pfnmapPolicy?: PfnmapPolicy;
  /** The process's mappings; left out: all of the host's memory, anonymous, at its own address. */
  readonly mappings?: UserMappings;
  /** User address of host address 0; left out: 0. */
  readonly userBase?: number;
  readonly epoch?: number;
  readonly seed?: number;
}

/** Silicon as the host of a KVM whose calls a program makes (`KvmFiles`). */
export function kvmHost(silicon: Silicon, options: KvmHostOptions = {}): KvmHost {
  const free: Processor[] = [...silicon.processors];
  const { kernel = merged, mappings = new UserMappings(), userBase = 0, epoch = 0, seed = 1, apei, pfnmapPolicy } = options;
  return {
    ...{ clock: silicon.clock, features: silicon.features, kernel, mappings, userBase, epoch, seed },
    ...(apei ? { apei } : {}),
    ...(pfnmapPolicy ? { pfnmapPolicy } : {}),
    memory: {
      memory: silicon.memory.memory,
      physicalBase: HOST_DRAM_BASE,
      allocate: (bytes, alignment) => silicon.memory.allocate(bytes, alignment),
    },
    invalidate: () => silicon.invalidateStage2(),
    release: (address, bytes) => {
      silicon.written(address, bytes);
      silicon.memory.free(address, bytes);
    },
    takeProcessor: () => free.shift(),
    returnProcessor: (processor) => {
      free.push(processor);
    },
  };
}
