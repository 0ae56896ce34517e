import { type CacheMaintenance, CountedMaintenance } from './cache-maintenance.ts';
import { Memslots } from './memslots.ts';
import { Stage2 } from './stage2.ts';
import { IPA_BITS } from './stage2-geometry.ts';
import type { TableMemory } from './stage2-tables.ts';
import { UserMappings } from './vma.ts';
import type { PfnmapPolicy, VmaRulesHost } from './vma-rules.ts';

/** What the memory of a VM is made of. */
export interface VmMemoryConfiguration {
  readonly host: TableMemory;
  readonly features: { readonly fwb: boolean; readonly coherentInstructionCache: boolean };
  /** Stage 2 changed: its translations go from every TLB (TLBI IPAS2E1IS and what follows it). */
  readonly invalidate: () => void;
  /** IPA size of the VM, bits (KVM_CREATE_VM); left out: 40. */
  readonly ipaBits?: number;
  /** What user space has mapped; left out: all of its memory is anonymous. */
  readonly mappings?: UserMappings;
  /** User address of host address 0; left out: they are the same. */
  readonly userBase?: number;
  /** Cacheable memory without a `struct page` on a host that cannot do without cache maintenance. */
  readonly pfnmapPolicy?: PfnmapPolicy;
  /** Learns of the cache maintenance that the host does for the guest. */
  readonly maintenance?: CacheMaintenance;
}

/** Guest memory of a VM: the slots, the stage-2 tables that show them, and what the host does to its caches meanwhile. */
export class VmMemory {
  /** KVM_CAP_ARM_EAGER_SPLIT_CHUNK_SIZE: blocks are split into pages when logging begins, so many bytes at a time; 0: at the first write. */
  eagerSplitChunkSize = 0;
  readonly ipaBits: number;
  readonly mappings: UserMappings;
  readonly rules: VmaRulesHost;
  readonly maintenance: CountedMaintenance;
  readonly stage2: Stage2;
  readonly memslots: Memslots;

  constructor({ host, features, invalidate, userBase = 0, ...configuration }: VmMemoryConfiguration) {
    this.ipaBits = configuration.ipaBits ?? IPA_BITS;
    this.mappings = configuration.mappings ?? new UserMappings();
    const { fwb, coherentInstructionCache: dic } = features;
    this.rules = { policy: configuration.pfnmapPolicy ?? 'error', fwb, dic, mte: false };
    this.maintenance = new CountedMaintenance(configuration.maintenance);
    const { ipaBits, mappings, rules, maintenance } = this;
    this.stage2 = new Stage2(host, {
      ...{ fwb, ipaBits, invalidate },
      // With FWB the guest accesses memory by what stage 2 says: no line can be stale.
      maintenance: {
        cleanInvalidate: (pa, bytes) => fwb || maintenance.cleanInvalidate(pa, bytes),
        invalidateInstructions: (pa, bytes) => maintenance.invalidateInstructions(pa, bytes),
      },
    });
    this.memslots = new Memslots(ipaBits, (gpa, size) => this.stage2.unmap(gpa, size), {
      ...{ mappings, rules },
      hostOf: (address) => address - userBase,
      writeProtect: (gpa, size) => this.stage2.writeProtect(gpa, size),
      split: (gpa, size) => {
        if (this.eagerSplitChunkSize > 0) this.stage2.split(gpa, size);
      },
    });
  }

  /** It is mapped again as the guest touches it (`stage2_unmap_vm`). */
  unmapAll(): void {
    for (const { guestPhysAddr, memorySize } of this.memslots.all()) this.stage2.unmap(guestPhysAddr, memorySize);
  }

  /** All of it that is mapped is cleaned and invalidated to the Point of Coherency (`stage2_flush_vm`). */
  flushCaches(): void {
    this.maintenance.wholeVm++;
    for (const { pa, bytes } of this.stage2.leaves()) this.maintenance.cleanInvalidate(pa, bytes);
  }
}
