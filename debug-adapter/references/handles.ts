/** Numbers that stand for things while the machine stands still. A number is never used twice, so a stale one is recognised. */
export class Handles<T> {
  private readonly values = new Map<number, T>();
  private next = 1;

  create(value: T): number {
    this.values.set(this.next, value);
    return this.next++;
  }

  get(handle: number): T | undefined {
    return this.values.get(handle);
  }

  /** Forgets everything: the machine moved on. */
  clear(): void {
    this.values.clear();
  }
}
