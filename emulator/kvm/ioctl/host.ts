import type { Clock } from '../../cpu/clock.ts';
import type { Processor } from '../../cpu/processor.ts';
import type { Apei } from '../apei.ts';
import type { KernelProfile } from '../kernel-profile.ts';
import type { TableMemory } from '../stage2-tables.ts';
import type { HostFeatures } from '../vm.ts';
import type { UserMappings } from '../vma.ts';
import type { PfnmapPolicy } from '../vma-rules.ts';

/** The computer that KVM runs on, and the process that opens /dev/kvm. */
export interface KvmHost {
  readonly clock: Clock;
  readonly features: HostFeatures;
  readonly kernel: KernelProfile;
  readonly apei?: Apei;
  /** Host memory, for tables and pages of guest_memfds. */
  readonly memory: TableMemory;
  /** What the process has mapped: user addresses of memory slots. */
  readonly mappings: UserMappings;
  /** User address of host address 0. */
  readonly userBase: number;
  readonly pfnmapPolicy?: PfnmapPolicy;
  /** Unix time at power-on, seconds, and what the entropy of guests comes from. */
  readonly epoch: number;
  readonly seed: number;
  /** Stage 2 of some VM changed: its translations go from every TLB. */
  invalidate(): void;
  /** Host memory comes back. */
  release(address: number, bytes: number): void;
  /** A processor for a new vCPU; undefined: none is left. */
  takeProcessor(): Processor | undefined;
  returnProcessor(processor: Processor): void;
}
