/** Small arm64 Images with kallsyms tables as kernel builds lay them out, for what no distribution's kernel shows. */

/** By kernel: where the tables are and what the words of the addresses are. */
export type KallsymsLayout = '6.1' | '6.12' | '7.2';
/** How the address that the image is linked at shows. */
export type Linking = 'relocations' | 'pointers';

export interface BuiltImage {
  readonly bytes: Uint8Array;
  readonly symbols: readonly { readonly name: string; readonly type: string; readonly address: bigint }[];
  /** Where the tables are. */
  readonly tables: { readonly start: number; readonly end: number };
}

export interface ImageOptions {
  readonly layout: KallsymsLayout;
  readonly linking: Linking;
  readonly functions?: number;
  readonly kallsyms?: boolean;
  readonly textOffset?: number;
}

export const LINK_ADDRESS = 0xffff_8000_8020_0000n;
const TEXT = 0x1_0000;
const FUNCTION = 0x44;
const TABLES = 0x14_0000;
const RELOCATIONS = 0x1b_0000;
const POINTERS = 0x1f_0000;
const SIZE = 0x20_0000;
const TOKEN = 'some_function_';

/** What is in the image, ascending: one name is longer than 127 tokens. */
function symbolsOf(functions: number): { name: string; type: string; offset: number }[] {
  const symbols = [
    { name: '_stext', type: 'T', offset: TEXT },
    { name: 'primary_entry', type: 'T', offset: TEXT },
  ];
  for (let i = 0; i < functions; i++) {
    const name = i === 500 ? `_RNv${'x'.repeat(400)}` : `${TOKEN}${i}`;
    symbols.push({ name, type: 'tTdW'[i % 4]!, offset: TEXT + 0x1000 + i * FUNCTION });
  }
  return symbols;
}

class Writer {
  at = 0;
  constructor(readonly bytes: Buffer) {}
  seek(at: number): this {
    this.at = at;
    return this;
  }
  u16 = (value: number): number => (this.at = this.bytes.writeUInt16LE(value, this.at));
  u32 = (value: number): number => (this.at = this.bytes.writeUInt32LE(value >>> 0, this.at));
  u64 = (value: bigint): number => (this.at = this.bytes.writeBigUInt64LE(BigInt.asUintN(64, value), this.at));
  raw = (...values: number[]): void => {
    for (const value of values) this.bytes[this.at++] = value;
  };
  align = (to: number): void => {
    this.at = Math.ceil(this.at / to) * to;
  };
}

export function buildImage({ layout, linking, functions = 3000, kallsyms = true, textOffset = 0 }: ImageOptions): BuiltImage {
  const symbols = symbolsOf(functions);
  const link = LINK_ADDRESS + BigInt(textOffset);
  const bytes = Buffer.alloc(SIZE);
  // Code that is no zeros, no address and no digits.
  bytes.fill(Buffer.from('1f2003d5', 'hex'), TEXT, TABLES);
  const out = new Writer(bytes);
  out.u32(0xfa405a4d);
  out.u32(0x1400_0000 | ((TEXT - 4) >> 2));
  out.u64(BigInt(textOffset));
  out.u64(BigInt(SIZE));
  out.u64(10n);
  bytes.write('ARM\x64', 56, 'latin1');
  out.seek(TABLES);
  const relativeBaseAt = kallsyms ? writeTables(out, symbols, layout, linking === 'relocations' ? 0n : link + BigInt(TEXT)) : undefined;
  const end = out.at;
  if (linking === 'relocations') {
    out.seek(RELOCATIONS);
    const relocation = (place: number, to: number): void => {
      out.u64(link + BigInt(place));
      out.u64(0x403n);
      out.u64(link + BigInt(to));
    };
    if (relativeBaseAt !== undefined) relocation(relativeBaseAt, TEXT);
    for (let i = 0; i < 300; i++) relocation(POINTERS + i * 8, symbols[i * 3]!.offset);
  } else {
    out.seek(POINTERS);
    for (let i = 0; i < 300; i++) out.u64(link + BigInt(symbols[i * 3]!.offset));
  }
  const named = symbols.map(({ name, type, offset }) => ({ name, type, address: link + BigInt(offset) }));
  return { bytes, symbols: named, tables: { start: TABLES, end } };
}

/** Where kallsyms_relative_base is. */
function writeTables(
  out: Writer,
  symbols: readonly { name: string; type: string; offset: number }[],
  layout: KallsymsLayout,
  relativeBase: bigint,
): number | undefined {
  const alignment = layout === '7.2' ? 4 : 8;
  const label = (): void => out.align(alignment);
  let relativeBaseAt: number | undefined;
  const offsets = (): void => {
    label();
    for (const { offset } of symbols) out.u32(layout === '7.2' ? offset - out.at : offset - TEXT);
    if (layout === '7.2') return;
    label();
    relativeBaseAt = out.at;
    out.u64(relativeBase);
  };
  const sequence = (): void => {
    label();
    for (let i = 0; i < symbols.length; i++) out.raw(0, i >> 8, i & 255);
  };
  if (layout === '6.1') offsets();
  label();
  out.u32(symbols.length);
  label();
  const markers: number[] = [];
  const names = out.at;
  symbols.forEach(({ name, type }, i) => {
    if (i % 256 === 0) markers.push(out.at - names);
    const tokens = [...Buffer.from((type + name).replace(TOKEN, '\x80'), 'latin1')];
    if (tokens.length > 127) out.raw((tokens.length & 127) | 128, tokens.length >> 7);
    else out.raw(tokens.length);
    out.raw(...tokens);
  });
  label();
  for (const marker of markers) out.u32(marker);
  if (layout === '6.1') sequence();
  label();
  const table = out.at;
  const index: number[] = [];
  for (let token = 0; token < 256; token++) {
    index.push(out.at - table);
    const text = token === 0x80 ? TOKEN : token > 32 && token < 127 ? String.fromCharCode(token) : '';
    out.raw(...Buffer.from(text), 0);
  }
  label();
  for (const start of index) out.u16(start);
  if (layout !== '6.1') {
    offsets();
    sequence();
  }
  return relativeBaseAt;
}
