import { pfnmapPolicies } from '../../emulator/kvm/vma-rules.ts';
import { enableableCapabilities } from '../../emulator/vmm/capabilities.ts';
import { attributeNames, backingNames } from '../../emulator/vmm/memslot-options.ts';

import { faultProperties } from './fault-properties.ts';

/** JSON schema of one property of a launch configuration: what VS Code checks while typing, and what the adapter checks again at launch. */
export interface PropertySchema {
  readonly type: string | readonly string[];
  readonly description: string;
  readonly enum?: readonly (string | number)[];
  readonly enumDescriptions?: readonly string[];
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  /** Of each element of a list. */
  readonly items?: Partial<PropertySchema>;
  /** Of the members of an object; there are no others. */
  readonly properties?: Readonly<Record<string, PropertySchema>>;
  readonly additionalProperties?: false;
}

/** Launch configuration of type `kvm-arm64`. The manifest's `configurationAttributes` is this very table. */
export const launchProperties = {
  kernel: {
    type: 'string',
    description: 'arm64 kernel to boot: a raw Image (not Image.gz) or an ELF file. Either this or "program".',
  },
  program: {
    type: 'string',
    description: 'Assembly source (.S) of a small bare-metal guest, assembled at launch and loaded at 0x40080000. Either this or "kernel".',
  },
  initrd: { type: 'string', description: 'Initial RAM disk (cpio, possibly compressed as the kernel can unpack).' },
  append: { type: 'string', description: 'Kernel command line.', default: 'console=ttyAMA0' },
  memory: {
    type: ['string', 'integer'],
    description: 'Guest memory: a number with K, M or G (a bare number is MiB), up to 3G.',
    default: '512M',
  },
  cpus: { type: 'integer', description: 'Number of vCPUs.', default: 1, minimum: 1, maximum: 8 },
  cpu: {
    type: 'string',
    description: 'What the vCPUs offer to the guest.',
    enum: ['cortex-a57', 'neoverse-n1', 'max'],
    enumDescriptions: [
      'Arm Cortex-A57: Armv8.0 with CRC32',
      'Arm Neoverse N1: Armv8.2 with LSE atomics, RCpc, dot product',
      'Everything this machine implements',
    ],
    default: 'cortex-a57',
  },
  stopOnEntry: { type: 'boolean', description: 'Stop before the first instruction of the guest.', default: true },
  symbols: {
    type: ['string', 'array'],
    items: { type: 'string' },
    description:
      'Symbol files: vmlinux or another ELF file, or System.map. Without them the names come from the kallsyms tables in the Image. KASLR is found out by itself.',
  },
  console: {
    type: 'string',
    description: "Where the guest's console goes.",
    enum: ['integratedTerminal', 'internalConsole'],
    enumDescriptions: ['A terminal that also takes keystrokes', 'The Debug Console (output only)'],
    default: 'integratedTerminal',
  },
  kernelProfile: {
    type: 'string',
    description: 'Which kernel the host runs: the numbers and rules of memory errors differ.',
    enum: ['merged', 'proposed'],
    enumDescriptions: [
      'KVM_EXIT_ARM_SEA as merged into Linux (exit 41, capability 245)',
      'KVM_EXIT_ARM_SEA as first proposed (exit 40, capabilities 240 and 241, ext_iabt_pending)',
    ],
    default: 'merged',
  },
  host: {
    type: 'object',
    description: 'The host that runs KVM. What is left out is as the CPU model has it.',
    additionalProperties: false,
    properties: {
      fwb: { type: 'boolean', description: 'FEAT_S2FWB: stage 2 decides alone what is cacheable.' },
      dic: { type: 'boolean', description: 'CTR_EL0.DIC: instruction caches need no maintenance.' },
      idc: { type: 'boolean', description: 'CTR_EL0.IDC: data caches need no clean for instructions.' },
      ras: { type: 'boolean', description: 'FEAT_RAS: memory errors that guests consume come to KVM, and SErrors have a syndrome.' },
      doubleFault2: { type: 'boolean', description: 'FEAT_DoubleFault2: SCTLR2_EL1.EASE and NMEA. Needs ras.' },
      ipaBits: { type: 'integer', description: 'Bits of physical and intermediate physical addresses.', enum: [40, 42, 44, 48] },
      pageSize: { type: 'integer', description: "Bytes of the host kernel's pages.", enum: [4096], default: 4096 },
      apei: {
        type: ['string', 'array'],
        items: { type: 'string' },
        description:
          'What the host does with a memory error that a guest consumes: "declines" (KVM gets it), "claims" (the guest never learns of it), or a list of ranges that it claims, such as "ipa:0x40200000+0x1000".',
        default: 'declines',
      },
    },
  },
  memslots: {
    type: 'array',
    description: 'Memory beside RAM: a KVM memory slot each, and what user space has behind it. The device tree does not name it.',
    items: {
      type: 'object',
      additionalProperties: false,
      properties: {
        gpa: { type: ['string', 'integer'], description: 'Guest physical address, for example "0x100000000".' },
        size: { type: ['string', 'integer'], description: 'Bytes, or a number with K, M or G.' },
        backing: {
          type: 'string',
          description: 'What user space maps.',
          enum: backingNames,
          enumDescriptions: [
            'Anonymous memory with transparent huge pages',
            'Pages of a file',
            'hugetlbfs with 2 MiB pages',
            'hugetlbfs with 1 GiB pages',
            'A guest_memfd that user space can map',
            'VM_PFNMAP: frames of a device without a struct page',
            'VM_MIXEDMAP: frames of both kinds',
          ],
          default: 'anonymous',
        },
        attributes: {
          type: 'string',
          description: 'How user space maps pfnmap and mixedmap memory (vm_page_prot).',
          enum: attributeNames,
          default: 'device',
        },
        allowAnyUncached: { type: 'boolean', description: 'VM_ALLOW_ANY_UNCACHED: uncached memory is Normal Non-cacheable for the guest.' },
        mapMemory: { type: 'boolean', description: "The frames of pfnmap and mixedmap memory are in the kernel's linear map." },
        mte: { type: 'boolean', description: 'VM_MTE_ALLOWED: the memory can hold tags.' },
        readonly: { type: 'boolean', description: 'KVM_MEM_READONLY: a write is an MMIO exit.' },
        dirtyLog: { type: 'boolean', description: 'KVM_MEM_LOG_DIRTY_PAGES.' },
      },
    },
  },
  pfnmapPolicy: {
    type: 'string',
    description:
      'What KVM does with cacheable VM_PFNMAP memory on a host that cannot do without cache maintenance (FEAT_S2FWB and CTR_EL0.DIC).',
    enum: pfnmapPolicies,
    enumDescriptions: ['Refuses the slot, and a fault in it (Linux 6.17 on)', 'Maps it as device memory (before)'],
    default: 'error',
  },
  capabilities: {
    type: 'array',
    items: { type: 'string', enum: enableableCapabilities },
    description:
      'What user space enables of KVM. Without ARM_SEA_TO_USER a memory error is an SError for the guest; without ARM_NISV_TO_USER an access that has no syndrome ends KVM_RUN with -ENOSYS.',
    default: [...enableableCapabilities],
  },
  cacheModel: {
    type: 'boolean',
    description:
      'What the data cache holds is kept apart from what memory holds: a missing clean, a Non-cacheable alias or a mapping as device memory reads the stale bytes that hardware would. Slower, and takes twice the memory.',
    default: false,
  },
  realtime: {
    type: 'boolean',
    description:
      "The guest's counter follows the clock on the wall instead of its instructions. What it does then depends on this computer: two runs differ.",
    default: false,
  },
  ...faultProperties,
} as const satisfies Readonly<Record<string, PropertySchema>>;

/** Properties that editors put into every configuration; they are theirs. */
export const editorProperties: ReadonlySet<string> = new Set([
  'type',
  'name',
  'request',
  'noDebug',
  'debugServer',
  'preLaunchTask',
  'postDebugTask',
  'presentation',
  'internalConsoleOptions',
  'serverReadyAction',
  'suppressMultipleSessionWarning',
  'windows',
  'osx',
  'linux',
  'order',
]);
