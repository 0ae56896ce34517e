/** `.if` … `.else` … `.endif`: which statements count. */
export class Conditionals {
  private readonly open: { taken: boolean; active: boolean; readonly line: number; sawElse: boolean }[] = [];

  /** False inside a branch that is not taken. */
  get active(): boolean {
    return this.open.every((c) => c.active);
  }

  /** Line of an `.if` without `.endif`. */
  get unfinished(): number | undefined {
    return this.open.at(-1)?.line;
  }

  /**
   * Handles a conditional directive. Returns false where `name` is none.
   * @throws Error when the directives do not nest.
   */
  handle(name: string, rest: string, line: number, value: (text: string) => bigint, defined: (name: string) => boolean): boolean {
    const test: Readonly<Record<string, () => boolean>> = {
      '.if': () => value(rest) !== 0n,
      '.ifdef': () => defined(rest.trim()),
      '.ifndef': () => !defined(rest.trim()),
      '.ifnb': () => rest.trim() !== '',
      '.ifb': () => rest.trim() === '',
    };
    if (name in test) {
      const holds = this.active && test[name]!();
      this.open.push({ taken: holds, active: holds, line, sawElse: false });
      return true;
    }
    if (name !== '.else' && name !== '.elseif' && name !== '.endif') return false;
    const current = this.open.at(-1);
    if (!current) throw new Error(`${name} without .if`);
    if (name === '.endif') {
      this.open.pop();
      return true;
    }
    if (current.sawElse) throw new Error(`${name} after .else`);
    current.sawElse = name === '.else';
    const outer = this.open.slice(0, -1).every((c) => c.active);
    current.active = outer && !current.taken && (name === '.else' || value(rest) !== 0n);
    current.taken ||= current.active;
    return true;
  }
}
