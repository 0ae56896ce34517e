/**
 * A device tree in memory and its flattened form (Devicetree Specification, chapter 5: DTB version 17).
 * Properties keep the order they are given in: guests number what they find in that order.
 */
export interface FdtNode {
  /** Node name with its unit address, '' for the root. */
  readonly name: string;
  readonly properties: readonly FdtProperty[];
  readonly children: readonly FdtNode[];
}

export interface FdtProperty {
  readonly name: string;
  readonly value: Uint8Array;
}

export const node = (name: string, properties: readonly FdtProperty[], children: readonly FdtNode[] = []): FdtNode => ({
  name,
  properties,
  children,
});

/** A property that is true by being there. */
export const flag = (name: string): FdtProperty => ({ name, value: new Uint8Array(0) });

/** A property of 32-bit cells. */
export function cells(name: string, ...values: number[]): FdtProperty {
  const value = new Uint8Array(values.length * 4);
  const view = new DataView(value.buffer);
  for (const [i, v] of values.entries()) view.setUint32(i * 4, v >>> 0);
  return { name, value };
}

/** A property of 64-bit values, two cells each: addresses and sizes under #address-cells = #size-cells = 2. */
export const wideCells = (name: string, ...values: number[]): FdtProperty =>
  cells(name, ...values.flatMap((v) => [Math.floor(v / 2 ** 32), v % 2 ** 32]));

/** A property that is a list of strings. */
export const strings = (name: string, ...values: string[]): FdtProperty => ({
  name,
  value: new TextEncoder().encode(values.map((v) => `${v}\0`).join('')),
});

/** A property of raw bytes. */
export const bytes = (name: string, value: Uint8Array): FdtProperty => ({ name, value });

const MAGIC = 0xd00dfeed;
const token = { beginNode: 1, endNode: 2, property: 3, end: 9 } as const;
const HEADER_BYTES = 40;
/** One all-zero entry ends the memory reservation block; this machine reserves nothing. */
const RESERVATION_BYTES = 16;

const align4 = (n: number): number => (n + 3) & ~3;

/** Flattens a tree. `bootCpu` is the physical id (the `reg` value) of the CPU that boots. */
export function flatten(root: FdtNode, bootCpu = 0): Uint8Array {
  const names = new StringBlock();
  const structure: number[] = [];
  const word = (v: number): void => void structure.push(v >>> 24, (v >>> 16) & 255, (v >>> 8) & 255, v & 255);
  const raw = (value: Uint8Array): void => {
    for (const b of value) structure.push(b);
    while (structure.length % 4 !== 0) structure.push(0);
  };
  const emit = (n: FdtNode): void => {
    word(token.beginNode);
    raw(new TextEncoder().encode(`${n.name}\0`));
    for (const property of n.properties) {
      word(token.property);
      word(property.value.length);
      word(names.offsetOf(property.name));
      raw(property.value);
    }
    for (const child of n.children) emit(child);
    word(token.endNode);
  };
  emit(root);
  word(token.end);

  const structureAt = HEADER_BYTES + RESERVATION_BYTES;
  const stringsAt = structureAt + structure.length;
  const total = align4(stringsAt + names.length);
  const blob = new Uint8Array(total);
  const header = new DataView(blob.buffer);
  const fields = [MAGIC, total, structureAt, stringsAt, HEADER_BYTES, 17, 16, bootCpu, names.length, structure.length];
  for (const [i, v] of fields.entries()) header.setUint32(i * 4, v);
  blob.set(structure, structureAt);
  blob.set(names.bytes(), stringsAt);
  return blob;
}

/** The strings block: every property name once. */
class StringBlock {
  private readonly offsets = new Map<string, number>();
  private text = '';

  get length(): number {
    return this.text.length;
  }

  offsetOf(name: string): number {
    let offset = this.offsets.get(name);
    if (offset === undefined) {
      offset = this.text.length;
      this.offsets.set(name, offset);
      this.text += `${name}\0`;
    }
    return offset;
  }

  bytes(): Uint8Array {
    return new TextEncoder().encode(this.text);
  }
}
