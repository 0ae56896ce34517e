import type { GuestSymbol } from './symbols.ts';

/** What is read of an ELF file (ELF-64, little-endian; System V gABI chapters "Sections" and "Symbol Table"). */
const header = { class: 4, data: 5, machine: 18, sectionOffset: 40, sectionEntrySize: 58, sectionCount: 60 } as const;
const section = { type: 4, offset: 24, size: 32, link: 40, entrySize: 56 } as const;
const symbol = { name: 0, info: 4, sectionIndex: 6, value: 8, size: 16 } as const;

const EM_AARCH64 = 183;
const SHT_SYMTAB = 2;
const SHT_DYNSYM = 11;
const SHN_UNDEF = 0;
const SHN_ABS = 0xfff1;
/** STT_NOTYPE, STT_OBJECT, STT_FUNC, STT_GNU_IFUNC. */
const kinds: ReadonlySet<number> = new Set([0, 1, 2, 10]);

export const isElf = (bytes: Uint8Array): boolean =>
  bytes.length >= 4 && bytes[0] === 0x7f && bytes[1] === 0x45 && bytes[2] === 0x4c && bytes[3] === 0x46;

/** Symbols of an arm64 ELF file: `.symtab`, or `.dynsym` where it is stripped. Throws with a message for the person where it is no such file. */
export function parseElfSymbols(bytes: Uint8Array): GuestSymbol[] {
  if (!isElf(bytes)) throw new Error('no ELF file');
  if (bytes.length < 64) throw new Error('the ELF header is cut off');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint8(header.class) !== 2 || view.getUint8(header.data) !== 1) throw new Error('not a 64-bit little-endian ELF file');
  const machine = view.getUint16(header.machine, true);
  if (machine !== EM_AARCH64) throw new Error(`ELF file for another machine (e_machine ${machine}, arm64 is ${EM_AARCH64})`);

  const u64 = (at: number): number => Number(view.getBigUint64(at, true));
  const tableAt = u64(header.sectionOffset);
  const entrySize = view.getUint16(header.sectionEntrySize, true);
  const count = view.getUint16(header.sectionCount, true);
  if (count > 0 && (entrySize < 64 || tableAt + count * entrySize > bytes.length)) throw new Error('the section headers are cut off');
  const sections = Array.from({ length: count }, (_, i) => {
    const at = tableAt + i * entrySize;
    return {
      type: view.getUint32(at + section.type, true),
      offset: u64(at + section.offset),
      size: u64(at + section.size),
      link: view.getUint32(at + section.link, true),
      entrySize: u64(at + section.entrySize),
    };
  });
  const table = sections.find((s) => s.type === SHT_SYMTAB) ?? sections.find((s) => s.type === SHT_DYNSYM);
  if (!table) throw new Error('the file has no symbol table (stripped)');
  const strings = sections[table.link];
  if (!strings || strings.offset + strings.size > bytes.length || table.offset + table.size > bytes.length || table.entrySize < 24) {
    throw new Error('the symbol table is cut off');
  }

  const decoder = new TextDecoder();
  const stringAt = (offset: number): string => {
    const start = strings.offset + offset;
    if (offset >= strings.size) return '';
    const end = bytes.indexOf(0, start);
    return decoder.decode(bytes.subarray(start, end < 0 ? strings.offset + strings.size : end));
  };
  const symbols: GuestSymbol[] = [];
  for (let at = table.offset; at + 24 <= table.offset + table.size; at += table.entrySize) {
    const index = view.getUint16(at + symbol.sectionIndex, true);
    if (index === SHN_UNDEF || index === SHN_ABS || !kinds.has(view.getUint8(at + symbol.info) & 15)) continue;
    const name = stringAt(view.getUint32(at + symbol.name, true));
    if (name === '' || name.startsWith('$')) continue;
    symbols.push({ name, address: view.getBigUint64(at + symbol.value, true), size: u64(at + symbol.size) });
  }
  return symbols;
}
