interface Definition {
  /** Number of the statement that defines it, for `1b` and `1f`. */
  readonly serial: number;
  readonly value: bigint;
}

/** The symbols of a program, local labels (`1:`) included. */
export class Symbols {
  private readonly values = new Map<string, bigint>();
  private readonly labels = new Set<string>();
  private readonly definedAt = new Map<string, number>();
  private readonly local = new Map<string, Definition[]>();
  readonly globals = new Set<string>();

  /** Defines a label. Returns the line of an earlier definition of the same name, if there is one. */
  defineLabel(name: string, value: bigint, serial: number, line: number): number | undefined {
    if (/^\d+$/.test(name)) {
      const list = this.local.get(name) ?? [];
      const at = list.findIndex((d) => d.serial === serial);
      if (at >= 0) list[at] = { serial, value };
      else list.push({ serial, value });
      this.local.set(name, list);
      return undefined;
    }
    const earlier = this.definedAt.get(name);
    if (earlier !== undefined) return earlier;
    this.definedAt.set(name, line);
    this.values.set(name, value);
    this.labels.add(name);
    return undefined;
  }

  /** `.set`: may be given again. */
  assign(name: string, value: bigint): void {
    this.values.set(name, value);
  }

  /** Value as seen from statement `serial`; undefined where it has none (yet). */
  valueOf(name: string, serial: number): bigint | undefined {
    const local = /^(\d+)([bf])$/.exec(name);
    if (!local) return this.values.get(name);
    const list = this.local.get(local[1]!) ?? [];
    if (local[2] === 'f') return list.find((d) => d.serial > serial)?.value;
    return list.findLast((d) => d.serial <= serial)?.value;
  }

  /** Labels may be defined anew in the next pass; their values of this pass stay until then. */
  nextPass(): void {
    this.definedAt.clear();
  }

  /** Labels with their values. */
  *all(): Iterable<[string, bigint]> {
    for (const name of this.labels) yield [name, this.values.get(name)!];
  }
}
