import { memslotFlag } from '../kvm/memslots.ts';
import { BLOCK_BYTES, LARGE_BLOCK_BYTES, PAGE_BYTES } from '../kvm/stage2-geometry.ts';
import type { Vma } from '../kvm/vma.ts';
import { type PfnmapPolicy, pfnmapPolicies } from '../kvm/vma-rules.ts';
import { formatSize, LaunchError } from './loader/errors.ts';

/** What user space has behind a memory slot: what it is, and the VMA that shows it. */
const backings = {
  anonymous: { flags: 'none', pageSize: BLOCK_BYTES, mapMemory: true, mteAllowed: true },
  file: { flags: 'none', pageSize: PAGE_BYTES, mapMemory: true, mteAllowed: false },
  'hugetlb-2M': { flags: 'none', pageSize: BLOCK_BYTES, mapMemory: true, mteAllowed: true },
  'hugetlb-1G': { flags: 'none', pageSize: LARGE_BLOCK_BYTES, mapMemory: true, mteAllowed: true },
  guest_memfd: { flags: 'none', pageSize: PAGE_BYTES, mapMemory: true, mteAllowed: false },
  pfnmap: { flags: 'VM_PFNMAP', pageSize: LARGE_BLOCK_BYTES, mapMemory: false, mteAllowed: false },
  mixedmap: { flags: 'VM_MIXEDMAP', pageSize: BLOCK_BYTES, mapMemory: false, mteAllowed: false },
} as const satisfies Readonly<Record<string, Partial<Vma>>>;

export type Backing = keyof typeof backings;
export const backingNames = Object.keys(backings) as Backing[];

/** `vm_page_prot` of VM_PFNMAP and VM_MIXEDMAP memory. */
const attributes = {
  cacheable: 'MT_NORMAL',
  'normal-nc': 'MT_NORMAL_NC',
  device: 'MT_DEVICE_nGnRE',
} as const;
export const attributeNames = Object.keys(attributes) as (keyof typeof attributes)[];

/** A memory slot beside RAM, as a launch asks for it. */
export interface MemslotOption {
  /** Guest physical address. */
  readonly gpa: string | number;
  readonly size: string | number;
  readonly backing?: Backing;
  /** How user space maps it: pfnmap and mixedmap only; left out: `device`. */
  readonly attributes?: keyof typeof attributes;
  /** VM_ALLOW_ANY_UNCACHED. */
  readonly allowAnyUncached?: boolean;
  /** VM_MTE_ALLOWED. */
  readonly mte?: boolean;
  /** The frames are in the kernel's linear map (`pfn_is_map_memory`). */
  readonly mapMemory?: boolean;
  readonly readonly?: boolean;
  readonly dirtyLog?: boolean;
}

/** The same with its numbers read, and what it does not say filled in. */
export interface MemslotPlan {
  readonly gpa: number;
  readonly size: number;
  readonly backing: Backing;
  readonly flags: number;
  /** Without its place. */
  readonly vma: Omit<Vma, 'start' | 'end'>;
}

const switches = ['allowAnyUncached', 'mte', 'mapMemory', 'readonly', 'dirtyLog'] as const;
const members: ReadonlySet<string> = new Set(['gpa', 'size', 'backing', 'attributes', ...switches]);
const units: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };
/** Host memory that all slots beside RAM may have. */
const MOST_BYTES = 2 * 2 ** 30;

/**
 * Checks the memory slots of a launch. What KVM itself refuses is left to it.
 * @throws LaunchError that names the field at fault.
 */
export function checkMemslots(given: unknown): readonly MemslotPlan[] {
  if (!Array.isArray(given)) throw new LaunchError(`"memslots" is a list, not ${JSON.stringify(given)}.`);
  const plans = given.map((option: unknown, n) => checkMemslot(option, `memslots[${n}]`));
  const bytes = plans.reduce((sum, { size }) => sum + size, 0);
  if (bytes > MOST_BYTES)
    throw new LaunchError(`"memslots" have ${formatSize(bytes)} of memory: ${formatSize(MOST_BYTES)} at most are possible.`);
  return plans;
}

function checkMemslot(given: unknown, where: string): MemslotPlan {
  const fail = (why: string): never => {
    throw new LaunchError(`"${where}${why}.`);
  };
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return fail(`" is an object, not ${JSON.stringify(given)}`);
  const option = given as Readonly<Record<string, unknown>>;
  for (const name of Object.keys(option))
    if (!members.has(name)) return fail(`.${name}" is not known: a slot has ${[...members].join(', ')}`);
  for (const name of switches)
    if (option[name] !== undefined && typeof option[name] !== 'boolean')
      return fail(`.${name}" is true or false, not ${JSON.stringify(option[name])}`);
  const pages = (name: 'gpa' | 'size'): number => {
    const value = readNumber(option[name]);
    if (value === undefined) return fail(`.${name}" is a number such as "0x100000000" or "2M", not ${JSON.stringify(option[name])}`);
    if (value % PAGE_BYTES !== 0) return fail(`.${name}" 0x${value.toString(16)} is not a whole number of 4 KiB pages`);
    return value;
  };
  const [gpa, size] = [pages('gpa'), pages('size')];
  if (size === 0) return fail('.size" is 0: a slot has at least a page');
  const { backing = 'anonymous', attributes: protection } = option;
  if (typeof backing !== 'string' || !Object.hasOwn(backings, backing))
    return fail(`.backing" is ${backingNames.join(', ')}, not ${JSON.stringify(backing)}`);
  const kind = backings[backing as Backing];
  if (protection !== undefined && !attributeNames.includes(protection as never))
    return fail(`.attributes" is ${attributeNames.join(', ')}, not ${JSON.stringify(protection)}`);
  if (kind.flags === 'none') {
    for (const name of ['attributes', 'allowAnyUncached', 'mapMemory'])
      if (option[name] !== undefined)
        return fail(`.${name}" is for pfnmap and mixedmap: ${backing} memory is the kernel's own and cacheable`);
  }
  const pageProt = kind.flags === 'none' ? 'MT_NORMAL' : attributes[(protection as keyof typeof attributes | undefined) ?? 'device'];
  const flag = (name: 'readonly' | 'dirtyLog', bit: number): number => (option[name] === true ? bit : 0);
  return {
    ...{ gpa, size, backing: backing as Backing },
    flags:
      flag('readonly', memslotFlag.READONLY) |
      flag('dirtyLog', memslotFlag.LOG_DIRTY_PAGES) |
      (backing === 'guest_memfd' ? memslotFlag.GUEST_MEMFD : 0),
    vma: {
      ...{ name: backing, flags: kind.flags, pageSize: kind.pageSize, pageProt, writable: true },
      ...{ allowAnyUncached: option['allowAnyUncached'] === true, mteAllowed: (option['mte'] as boolean | undefined) ?? kind.mteAllowed },
      mapMemory: (option['mapMemory'] as boolean | undefined) ?? kind.mapMemory,
    },
  };
}

/** Bytes: a number, or text with a unit. */
function readNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? value : undefined;
  if (typeof value !== 'string') return undefined;
  const match = /^(0x[0-9a-f]+|\d+)\s*([kmg]?)(?:i?b)?$/i.exec(value.trim());
  const number = match ? Number(match[1]) * units[match[2]!.toLowerCase()]! : Number.NaN;
  return Number.isSafeInteger(number) ? number : undefined;
}

/** @throws LaunchError for a name that is no policy. */
export function checkPfnmapPolicy(given: unknown): PfnmapPolicy {
  if (given === undefined) return 'error';
  if (!pfnmapPolicies.includes(given as PfnmapPolicy))
    throw new LaunchError(`"pfnmapPolicy" is ${pfnmapPolicies.join(' or ')}, not ${JSON.stringify(given)}.`);
  return given as PfnmapPolicy;
}

/** Alignment that lets the largest pages of a backing be used. */
const alignmentOf = ({ size, vma }: MemslotPlan): number =>
  [LARGE_BLOCK_BYTES, BLOCK_BYTES].find((bytes) => bytes <= vma.pageSize && bytes <= size) ?? PAGE_BYTES;

/** Host DRAM that the memory of these slots needs, its alignment included. */
export const memslotDramBytes = (plans: readonly MemslotPlan[]): number =>
  plans.reduce((sum, plan) => sum + plan.size + alignmentOf(plan) + Math.ceil(plan.size / BLOCK_BYTES) * PAGE_BYTES + 2 * PAGE_BYTES, 0);

export { alignmentOf as memslotAlignment };
