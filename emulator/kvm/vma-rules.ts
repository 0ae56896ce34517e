import type { Errno } from './errno.ts';
import type { Stage2MemoryType } from './stage2-attributes.ts';
import { isCacheableVma, type Vma } from './vma.ts';

/**
 * What KVM does with memory that user space maps cacheable and the kernel has no address for: `error` refuses it where the host cannot do without cache maintenance (Linux 6.17 on),
 * `fallback-to-device` maps any memory without a `struct page` uncached (before).
 */
export const pfnmapPolicies = ['error', 'fallback-to-device'] as const;
export type PfnmapPolicy = (typeof pfnmapPolicies)[number];

/** What the rules ask about the host and the VM. */
export interface VmaRulesHost {
  readonly policy: PfnmapPolicy;
  /** FEAT_S2FWB. */
  readonly fwb: boolean;
  /** CTR_EL0.DIC. */
  readonly dic: boolean;
  /** KVM_CAP_ARM_MTE is enabled for the VM. */
  readonly mte: boolean;
}

/** KVM_CAP_ARM_CACHEABLE_PFNMAP_SUPPORTED: without a kernel address nothing can be cleaned or invalidated, so that neither may be needed. */
export const supportsCacheablePfnmap = ({ policy, fwb, dic }: VmaRulesHost): boolean => policy === 'error' && fwb && dic;

/** A check that failed. `rule` says why, for people. */
export interface Refusal {
  readonly errno: Errno;
  readonly rule: string;
}

const missing = ({ fwb, dic }: VmaRulesHost): string =>
  [!fwb && 'FEAT_S2FWB', !dic && 'CTR_EL0.DIC'].filter((name) => name !== false).join(' and ');

const noSupport = (vma: Vma, host: VmaRulesHost): string =>
  `${vma.name} is mapped cacheable (${vma.pageProt}), the kernel has no address to maintain its caches by, and the host lacks ${missing(host)}`;

/** What forbids a VMA behind a memslot that is created, moved or given other flags (`kvm_arch_prepare_memory_region`). */
export function slotRefusal(vma: Vma, logsDirtyPages: boolean, host: VmaRulesHost): Refusal | undefined {
  if (host.mte && !vma.mteAllowed)
    return { errno: 'EINVAL', rule: `${vma.name} has no room for the tags of a VM with MTE (VM_MTE_ALLOWED is clear)` };
  if (vma.flags !== 'VM_PFNMAP') return undefined;
  if (logsDirtyPages) return { errno: 'EINVAL', rule: `dirty pages of VM_PFNMAP memory (${vma.name}) are not logged` };
  if (host.policy === 'error' && isCacheableVma(vma) && !supportsCacheablePfnmap(host))
    return { errno: 'EINVAL', rule: noSupport(vma, host) };
  return undefined;
}

/** What a fault makes of a VMA. */
export interface MemoryFate {
  readonly type: Stage2MemoryType;
  /** The frames are handled as a device's: pages are writable while dirty pages are logged. */
  readonly device: boolean;
  readonly rule: string;
}

/** Memory type at stage 2 of the frames behind a VMA, or why there is no mapping (`user_mem_abort`). */
export function fateOf(vma: Vma, host: VmaRulesHost): MemoryFate | Refusal {
  if (vma.mapMemory) return { type: 'normal', device: false, rule: `${vma.name} is the kernel's own memory: Normal Write-Back` };
  if (host.policy === 'error') {
    if (vma.flags === 'none') return { type: 'normal', device: false, rule: `${vma.name} has pages of its own: Normal Write-Back` };
    if (isCacheableVma(vma)) {
      if (!supportsCacheablePfnmap(host)) return { errno: 'EFAULT', rule: noSupport(vma, host) };
      return {
        type: 'normal',
        device: true,
        rule: `${vma.name} is ${vma.flags} and mapped cacheable, the host has FWB and DIC: Normal Write-Back`,
      };
    }
  }
  const fallback = isCacheableVma(vma) ? ', and what user space maps is not asked' : '';
  if (vma.allowAnyUncached)
    return {
      type: 'normalNc',
      device: true,
      rule: `${vma.name} has no kernel mapping and allows any uncached access${fallback}: Normal Non-cacheable`,
    };
  return { type: 'device', device: true, rule: `${vma.name} has no kernel mapping${fallback}: Device-nGnRE` };
}

export const isRefusal = (fate: MemoryFate | Refusal): fate is Refusal => 'errno' in fate;
