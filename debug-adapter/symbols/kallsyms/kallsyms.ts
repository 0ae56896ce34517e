import type { GuestSymbol } from '../symbols.ts';
import { BLOCK } from './address-vote.ts';
import { isLinkAddress, linkAddress } from './link-address.ts';
import { expandNames, findNames } from './names.ts';
import { findOffsets, type Offsets } from './offsets.ts';
import { findTokens } from './tokens.ts';

/** A symbol as /proc/kallsyms prints it. */
export interface KernelSymbol extends GuestSymbol {
  /** `T`, `t`, `D` …: nm's letter. */
  readonly type: string;
}

/** What a kernel's tables say. */
export interface Kallsyms {
  /** Link address of the image's first byte, `_text`: only kernels with CONFIG_KALLSYMS_ALL name it. */
  readonly start: bigint;
  /** Ascending by address. */
  readonly symbols: readonly KernelSymbol[];
}

/** Names of the entry point (arch/arm64/kernel/head.S), which the Image begins with a branch to: `stext` before 5.8. */
const entryPoints: ReadonlySet<string> = new Set(['primary_entry', 'stext']);
const functionTypes: ReadonlySet<string> = new Set(['T', 't', 'W', 'w']);

/**
 * The symbols that an arm64 Linux Image has of itself (CONFIG_KALLSYMS), at link addresses. Undefined: it has none. Nothing in the image says
 * where the tables are: each is found by what it must look like beside the one before, and every entry has to fit.
 * @throws with what does not fit, for the person.
 */
export function parseKallsyms(file: Uint8Array): Kallsyms | undefined {
  if (file.length < 64) return undefined;
  // Tables are read as words.
  const image = file.byteOffset % 4 === 0 ? file : file.slice();
  const tokens = findTokens(image);
  if (!tokens) return undefined;
  const names = findNames(image, tokens);
  if (!names) throw new Error('there is a table of tokens, but no names before it that agree with their markers');
  const found = findOffsets(image, names, tokens);
  if (!found) throw new Error(`there are ${names.count} names, but no table of ascending addresses for them`);
  const expanded = expandNames(image, names, tokens);
  const start = imageOffset(image, expanded.names, found);
  const link = linkOf(image, expanded.types, found, start);
  if (link === undefined) throw new Error('neither relocations nor pointers tell which address the image is linked at');
  const base = link + BigInt(start);
  const symbols = expanded.names.map((name, i) => ({ name, type: expanded.types[i]!, address: base + BigInt(found.offsets[i]!), size: 0 }));
  return { start: link, symbols };
}

/** The address the image is linked at: the relative base says it, where it is filled in. */
function linkOf(image: Uint8Array, types: string, { offsets, relativeBase }: Offsets, start: number): bigint | undefined {
  if (relativeBase !== 0n) {
    const link = relativeBase - BigInt(start);
    return isLinkAddress(image, link) ? link : undefined;
  }
  const functions = new Set<number>();
  for (let i = 0; i < types.length; i++) if (functionTypes.has(types[i]!)) functions.add(offsets[i]! + start);
  return linkAddress(image, functions);
}

/** What the offsets are counted from, in bytes from the start of the image: the header branches to a symbol with a known name. */
function imageOffset(image: Uint8Array, names: readonly string[], { from, offsets }: Offsets): number {
  const entry = names.findIndex((name) => entryPoints.has(name));
  const target = entryTarget(image);
  if (entry < 0 || target === undefined) throw new Error('the entry point, from which the addresses are told, has no symbol');
  const start = target - offsets[entry]!;
  const stext = names.indexOf('_stext');
  if ((from === 'image' && start !== 0) || stext < 0 || !isTextStart(offsets[stext]! + start))
    throw new Error('the entry point is not where its symbol is');
  return start;
}

/** `_stext` comes after the head of the image, at a page. */
const isTextStart = (offset: number): boolean => offset >= 0 && offset < BLOCK && offset % 4096 === 0;

/** Where the branch in the first or second word of the Image goes (an image with an EFI stub begins with "MZ"). */
function entryTarget(image: Uint8Array): number | undefined {
  const header = new DataView(image.buffer, image.byteOffset);
  for (const at of [0, 4]) {
    const word = header.getUint32(at, true);
    if (word >>> 26 === 0b000101) return at + ((word << 6) >> 4);
  }
  return undefined;
}
