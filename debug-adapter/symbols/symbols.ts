/** A symbol at an address. */
export interface GuestSymbol {
  readonly name: string;
  readonly address: bigint;
  /** Bytes; 0: up to the next symbol. */
  readonly size: number;
}

/** Where an address is, in the person's words. */
export interface Located {
  readonly name: string;
  readonly offset: bigint;
}

/** Addresses from `start` to `end` are those of the same code `delta` further on. */
interface Alias {
  readonly start: bigint;
  readonly end: bigint;
  readonly delta: bigint;
}

/** A symbol without a size reaches at most this far: beyond, the address belongs to nothing. */
const REACH = 1n << 20n;

/** Symbols of the guest: address → name + offset, name → address. Several files may be added; addresses are those at run time. */
export class SymbolTable {
  private sorted: GuestSymbol[] = [];
  private readonly byName = new Map<string, GuestSymbol>();
  private dirty = false;
  /** Ranges where the same code appears at another address (before the MMU is on, or moved by KASLR): added to a run-time address gives the link address. */
  private move = { start: 0n, end: 0n, by: 0n };
  /** Counts changes of what `locate` says. */
  version = 0;
  private aliases: readonly Alias[] = [];

  /** @param symbols Their order does not matter; of several at one address the first added is shown. */
  add(symbols: Iterable<GuestSymbol>): void {
    for (const symbol of symbols) {
      this.sorted.push(symbol);
      if (!this.byName.has(symbol.name)) this.byName.set(symbol.name, symbol);
    }
    this.dirty = true;
    this.version++;
  }

  get size(): number {
    return this.sorted.length;
  }

  /** Replaces the aliases. */
  setAliases(aliases: readonly Alias[]): void {
    const same = ({ start, end, delta }: Alias, other: Alias | undefined): boolean =>
      start === other?.start && end === other.end && delta === other.delta;
    if (aliases.length === this.aliases.length && aliases.every((alias, i) => same(alias, this.aliases[i]))) return;
    this.aliases = [...aliases];
    this.version++;
  }

  find(name: string): GuestSymbol | undefined {
    return this.byName.get(name);
  }

  /** Where a symbol is at run time: moved by what `setMove` says. */
  runtimeAddress(name: string): bigint | undefined {
    const symbol = this.byName.get(name);
    if (!symbol) return undefined;
    const { start, end, by } = this.move;
    return symbol.address >= start && symbol.address < end ? BigInt.asUintN(64, symbol.address + by) : symbol.address;
  }

  get movedBy(): bigint {
    return this.move.by;
  }

  /** It has been found out whether the kernel image was moved. */
  get moveKnown(): boolean {
    return this.move.end > this.move.start;
  }

  /** Symbols linked in this range are `by` further on at run time (KASLR). */
  setMove(move: { readonly start: bigint; readonly end: bigint; readonly by: bigint }): void {
    this.move = move;
  }

  /** Names that begin with `prefix`, at most `limit`. */
  *startingWith(prefix: string, limit: number): Iterable<GuestSymbol> {
    for (const symbol of this.byName.values()) {
      if (!symbol.name.startsWith(prefix)) continue;
      yield symbol;
      if (--limit <= 0) return;
    }
  }

  locate(address: bigint): Located | undefined {
    return this.locateLinked(this.toLink(address));
  }

  /** Link-time address of a run-time address. */
  toLink(address: bigint): bigint {
    for (const { start, end, delta } of this.aliases) if (address >= start && address < end) return BigInt.asUintN(64, address + delta);
    return address;
  }

  private locateLinked(address: bigint): Located | undefined {
    this.sort();
    let low = 0;
    let high = this.sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.sorted[middle]!.address <= address) low = middle + 1;
      else high = middle;
    }
    let at = low - 1;
    if (at < 0) return undefined;
    while (at > 0 && this.sorted[at - 1]!.address === this.sorted[at]!.address) at--;
    const symbol = this.sorted[at]!;
    const offset = address - symbol.address;
    if (offset >= (symbol.size > 0 ? BigInt(symbol.size) : REACH)) return undefined;
    return { name: symbol.name, offset };
  }

  private sort(): void {
    if (!this.dirty) return;
    this.sorted.sort((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : 0));
    this.dirty = false;
  }
}

/** `name+0x10`, or just the name at its start. */
export function locationText({ name, offset }: Located): string {
  return offset === 0n ? name : `${name}+0x${offset.toString(16)}`;
}
