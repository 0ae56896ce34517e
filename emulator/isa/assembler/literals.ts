import type { Section } from './section.ts';

/** A literal pool of one section: what `ldr x0, =expression` loads from. */
export class LiteralPool {
  private entries: { readonly text: string; readonly size: 4 | 8 }[] = [];
  /** Address of each entry of the pools in the order they were laid out, found in the first pass. */
  private addresses: bigint[] = [];
  private placed = 0;

  /** Number of the literal, to ask for its address later. The same expression in one pool is one literal. */
  add(text: string, size: 4 | 8): number {
    const same = this.entries.findIndex((e) => e.text === text && e.size === size);
    if (same >= 0) return this.placed + same;
    this.entries.push({ text, size });
    return this.placed + this.entries.length - 1;
  }

  /** Address of a literal; undefined before the pool has been laid out once. */
  address(number: number): bigint | undefined {
    return this.addresses[number];
  }

  /** Lays the waiting literals out at the end of the section. `value` gives an expression's value. */
  flush(section: Section, value: (text: string) => bigint): void {
    if (this.entries.length === 0) return;
    for (const size of [4, 8] as const) {
      for (const [index, entry] of this.entries.entries()) {
        if (entry.size !== size) continue;
        section.reserve(-section.size & (size - 1));
        this.addresses[this.placed + index] = section.here;
        section.appendInteger(value(entry.text), size);
      }
    }
    this.placed += this.entries.length;
    this.entries = [];
  }

  nextPass(): void {
    this.entries = [];
    this.placed = 0;
  }
}
