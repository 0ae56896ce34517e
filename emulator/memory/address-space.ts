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
/** Tables whose numbers are remembered; beyond, all start anew. */
const MOST_TABLES = 16384;

/**
 * Gives out the numbers that tag TLB entries. Invalidation by ASID gives its spaces new numbers: nothing has to be searched.
 * Spaces are told apart by their tables too, not by ASID and VMID alone, so vCPUs that use one ASID for different tables do not meet.
 */
export class SpaceNumbers {
  private readonly globals = new Map<string, number>();
  private readonly byAsid = new Map<number, Map<string, number>>();
  private next = 0;

  /** Numbers an address space. False: the numbers have run out; call `restart` and flush everything first. */
  number(space: AddressSpace): boolean {
    if (this.next > LAST_SPACE - 4 || this.globals.size > MOST_TABLES) return false;
    const { configuration, asid } = space;
    const lower = `${configuration.id}:0:${space.ttbr0High & 0xffff}:${space.ttbr0Low}`;
    const upper = `${configuration.id}:1:${space.ttbr1High & 0xffff}:${space.ttbr1Low}`;
    let locals = this.byAsid.get(asid);
    if (locals === undefined) {
      locals = new Map();
      this.byAsid.set(asid, locals);
    }
    space.lowerGlobal = this.of(this.globals, lower);
    space.lowerLocal = this.of(locals, lower);
    space.upperGlobal = this.of(this.globals, upper);
    space.upperLocal = this.of(locals, upper);
    return true;
  }

  /** Entries of this ASID match no more: its spaces must be numbered again. */
  retire(asid: number): void {
    this.byAsid.delete(asid);
  }

  restart(): void {
    this.globals.clear();
    this.byAsid.clear();
    this.next = 0;
  }

  private of(numbers: Map<string, number>, key: string): number {
    let number = numbers.get(key);
    if (number === undefined) {
      number = ++this.next;
      numbers.set(key, number);
    }
    return number;
  }
}
