import type { RegimeConfiguration } from './configuration.ts';
import type { TranslationRegime } from './translation.ts';

/**
 * One setting of the translation registers, tables and ASID included. Each VA range has two numbers that tag TLB entries: one for its global
 * pages (they belong to the tables) and one for the others (they belong to the ASID too).
 */
export class AddressSpace implements TranslationRegime {
  lowerGlobal = 0;
  lowerLocal = 0;
  upperGlobal = 0;
  upperLocal = 0;
  stage2Space = 0;
  readonly asid: number;
  /** Of the last context switch to it: the oldest makes room. */
  used = 0;

  constructor(
    readonly configuration: RegimeConfiguration,
    readonly ttbr0Low: number,
    readonly ttbr0High: number,
    readonly ttbr1Low: number,
    readonly ttbr1High: number,
  ) {
    this.asid = ((configuration.asidOfUpper ? ttbr1High : ttbr0High) >>> 16) & configuration.asidMask;
  }

  is(configuration: RegimeConfiguration, ttbr0Low: number, ttbr0High: number, ttbr1Low: number, ttbr1High: number): boolean {
    return (
      this.ttbr0Low === ttbr0Low &&
      this.ttbr1Low === ttbr1Low &&
      this.ttbr0High === ttbr0High &&
      this.ttbr1High === ttbr1High &&
      this.configuration === configuration
    );
  }
}

/** Numbers above this are not given out: the tags of the main TLB have no room. */
const LAST_SPACE = (1 << 26) - 1;

/**
 * Gives out the numbers that tag TLB entries. Invalidation by ASID gives its spaces new numbers: nothing has to be searched.
 * Spaces are told apart by their tables too, not by ASID and VMID alone, so vCPUs that use one ASID for different tables do not meet.
 */
export class SpaceNumbers {
  private readonly byKey = new Map<string, number>();
  private next = 0;

  /** Numbers an address space. False: the numbers have run out; call `restart` and flush everything first. */
  number(space: AddressSpace): boolean {
    if (this.next > LAST_SPACE - 4 || this.byKey.size > 4096) return false;
    const { configuration, asid } = space;
    const lower = `${configuration.id}:0:${space.ttbr0High & 0xffff}:${space.ttbr0Low}`;
    const upper = `${configuration.id}:1:${space.ttbr1High & 0xffff}:${space.ttbr1Low}`;
    space.lowerGlobal = this.of(lower);
    space.lowerLocal = this.of(`${lower}:${asid}`);
    space.upperGlobal = this.of(upper);
    space.upperLocal = this.of(`${upper}:${asid}`);
    return true;
  }

  /** Entries of this ASID match no more: its spaces must be numbered again. */
  retire(asid: number): void {
    const suffix = `:${asid}`;
    for (const key of this.byKey.keys()) if (key.endsWith(suffix) && key.split(':').length === 5) this.byKey.delete(key);
  }

  restart(): void {
    this.byKey.clear();
    this.next = 0;
  }

  private of(key: string): number {
    let number = this.byKey.get(key);
    if (number === undefined) {
      number = ++this.next;
      this.byKey.set(key, number);
    }
    return number;
  }
}
