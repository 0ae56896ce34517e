import { readFileSync } from 'node:fs';
import { FLAT_LOAD_ADDRESS } from '../../../emulator/vmm/loader/kernel.ts';
import { comparableInstructions, Random, wordsOf } from '../../oracle/generate.ts';

/** Where the parts of the guest are, from its start. Everything but the program's own data is one page each or more. */
const place = { words: 0x2000, states: 0x3000, stacks: 0x4000, level1: 0x8000, body: 0x10000, data: 0x20000 } as const;
const BODY_PAGES = 3;
const DATA_PAGES = 16;
const SLOTS = BODY_PAGES * 1024;
/** Second address of the program, where it can be written. */
const ALIAS = 0x8000_0000;

export interface RandomGuest {
  readonly seed: number;
  readonly cpus: number;
  readonly mmu: boolean;
}

const isMemory = /load|store|memory|atomic|compare and swap|prefetch/i;
const isBranch = /branch/i;

/** Words of instructions by what they may do, the same for every guest. */
let pools: { readonly plain: readonly number[]; readonly any: readonly number[] } | undefined;
function wordPools() {
  if (pools) return pools;
  const plain: number[] = [];
  const any: number[] = [];
  for (const instruction of comparableInstructions()) {
    const words = wordsOf(instruction, 4, 1);
    any.push(...words);
    if (!isMemory.test(instruction.group) && !isBranch.test(instruction.group)) plain.push(...words);
  }
  pools = { plain, any };
  return pools;
}

/** Lines of one random program of exactly `SLOTS` instructions, each with a label s0, s1, … */
class Program {
  readonly lines: string[] = [];

  constructor(
    private readonly random: Random,
    private readonly alias: number,
  ) {}

  emit(line: string): void {
    this.lines.push(`s${this.lines.length}: ${line}`);
  }

  private readonly x = (): string => `x${this.random.below(31)}`;
  private readonly w = (): string => `w${this.random.below(31)}`;
  private readonly q = (): string => `q${this.random.below(32)}`;
  private readonly condition = (): string =>
    this.random.pick(['eq', 'ne', 'hs', 'lo', 'mi', 'pl', 'vs', 'vc', 'hi', 'ls', 'ge', 'lt', 'gt', 'le']);

  /** Mostly near. */
  private label(): string {
    const far = this.random.oneIn(8);
    const at = far ? this.random.below(SLOTS) : this.lines.length - 30 + this.random.below(60);
    return `s${Math.min(SLOTS - 1, Math.max(0, at))}`;
  }

  plain(): void {
    this.emit(`.inst ${this.random.pick(wordPools().plain)}`);
  }

  memory(): void {
    const { random } = this;
    const base = this.x();
    const offset = random.oneIn(4) ? random.below(DATA_PAGES * 4096 - 64) : random.below(DATA_PAGES * 512 - 8) * 8;
    this.emit(`adr ${base}, data + ${offset}`);
    const near = random.below(16) * 16;
    this.emit(
      random.pick([
        () => `ldr ${this.x()}, [${base}, #${near}]`,
        () => `str ${this.x()}, [${base}, #${near}]`,
        () => `ldr ${this.w()}, [${base}], #${random.below(64)}`,
        () => `strh ${this.w()}, [${base}, #${random.below(64)}]!`,
        () => `ldrsb ${this.x()}, [${base}, #${random.below(64)}]`,
        () => `strb ${this.w()}, [${base}]`,
        () => `ldp ${this.x()}, xzr, [${base}, #${near}]`,
        () => `stp ${this.x()}, ${this.x()}, [${base}, #${near}]`,
        () => `ldr ${this.q()}, [${base}, #${near}]`,
        () => `str ${this.q()}, [${base}, #${near}]`,
        () => `stp ${this.q()}, ${this.q()}, [${base}, #${near}]`,
        () => `ldxr ${this.x()}, [${base}]`,
        () => `stxr wzr, ${this.x()}, [${base}]`,
        () => `ldar ${this.w()}, [${base}]`,
        () => `stlr ${this.w()}, [${base}]`,
        () => `ldtr ${this.x()}, [${base}]`,
        () => `sttr ${this.w()}, [${base}]`,
        () => `dc zva, ${base}`,
        () => `ld1 {v${random.below(32)}.16b}, [${base}], #16`,
        () => `st2 {v4.4s, v5.4s}, [${base}]`,
        () => `prfm pldl1keep, [${base}]`,
      ])(),
    );
  }

  branch(): void {
    const { random } = this;
    this.emit(
      random.pick([
        () => `b.${this.condition()} ${this.label()}`,
        () => `b.${this.condition()} ${this.label()}`,
        () => `cbz ${this.w()}, ${this.label()}`,
        () => `cbnz ${this.x()}, ${this.label()}`,
        () => `tbz ${this.x()}, #${random.below(64)}, ${this.label()}`,
        () => `tbnz ${this.w()}, #${random.below(32)}, ${this.label()}`,
        () => `b ${this.label()}`,
        () => `bl ${this.label()}`,
        () => 'ret',
      ])(),
    );
  }

  indirect(): void {
    const target = this.x();
    this.emit(`adr ${target}, ${this.label()}`);
    this.emit(`${this.random.pick(['br', 'blr', 'ret'])} ${target}`);
  }

  /** Around something a few times: what is hot. */
  loop(): void {
    const { random } = this;
    const counter = 20 + random.below(8);
    this.emit(`movz w${counter}, #${1 + random.below(60)}`);
    const head = this.lines.length;
    for (let n = 2 + random.below(8); n > 0; n--) random.pick([() => this.plain(), () => this.memory()])();
    this.emit(`sub w${counter}, w${counter}, #1`);
    this.emit(`cbnz w${counter}, s${head}`);
  }

  /** A loop of a few parts that is entered in any of them and goes on from each to any other, in a loop that comes around to it in other ways. */
  knot(): void {
    const { random } = this;
    this.emit(`movz w28, #${1 + random.below(30)}`);
    const again = this.lines.length;
    this.emit(`movz w27, #${1 + random.below(12)}`);
    const waysIn = 1 + random.below(3);
    const least = random.oneIn(2) ? 2 : 12;
    const lengths = Array.from({ length: 2 + random.below(4) }, () => least + random.below(3));
    const starts = lengths.map((_, n) => again + 1 + waysIn + lengths.slice(0, n).reduce((sum, length) => sum + length + 3, 0));
    const end = starts.at(-1)! + lengths.at(-1)! + 3;
    const goTo = (at: number): string =>
      random.pick([
        () => `tbz w${27 + random.below(2)}, #${random.below(3)}, s${at}`,
        () => `tbnz w${27 + random.below(2)}, #${random.below(3)}, s${at}`,
        () => `b.${this.condition()} s${at}`,
        () => `cbnz ${this.w()}, s${at}`,
      ])();
    for (let n = 0; n < waysIn; n++) this.emit(goTo(random.pick(starts)));
    for (const length of lengths) {
      const isMemory = random.oneIn(2);
      if (isMemory) this.memory();
      for (let n = isMemory ? 2 : 0; n < length; n++) this.plain();
      this.emit('subs w27, w27, #1');
      this.emit(`b.ls s${end}`);
      this.emit(goTo(random.pick(starts)));
    }
    this.emit('sub w28, w28, #1');
    this.emit(`cbnz w28, s${again}`);
  }

  /** Another instruction in the place of one that may be anywhere, this loop included. */
  rewrite(): void {
    const { random } = this;
    const word = random.pick(wordPools().any);
    const near = Math.min(SLOTS - 1, Math.max(0, this.lines.length - 8 + random.below(24)));
    const target = this.alias + (random.oneIn(3) ? random.below(SLOTS) : near) * 4;
    const [value, base] = [`${20 + random.below(4)}`, this.x()];
    this.emit(`movz w${value}, #${word & 0xffff}`);
    this.emit(`movk w${value}, #${word >>> 16}, lsl #16`);
    this.emit(`movz ${base}, #${target & 0xffff}`);
    this.emit(`movk ${base}, #${target >>> 16}, lsl #16`);
    this.emit(`str w${value}, [${base}]`);
    if (random.oneIn(3)) this.emit(`ic ivau, ${base}`);
  }

  system(): void {
    this.emit(
      this.random.pick([
        () => `mrs ${this.x()}, cntvct_el0`,
        () => `mrs ${this.x()}, nzcv`,
        () => `msr nzcv, ${this.x()}`,
        () => `mrs ${this.x()}, tpidr_el0`,
        () => `msr tpidr_el0, ${this.x()}`,
        () => `mrs ${this.x()}, fpsr`,
        () => 'msr fpcr, xzr',
        () => `mrs ${this.x()}, elr_el1`,
        () => `mrs ${this.x()}, midr_el1`,
        () => `mrs ${this.x()}, currentel`,
        () => `svc #${this.random.below(100)}`,
        () => 'brk #1',
        () => 'isb',
        () => 'dmb ish',
        () => 'dsb sy',
        () => 'nop',
        () => 'yield',
        () => 'wfe',
        () => 'wfi',
        () => 'sev',
        () => 'clrex',
        () => 'udf #0',
        () => `dc cvau, ${this.x()}`,
        () => `.inst ${this.random.pick(wordPools().any)}`,
      ])(),
    );
  }
}

function program(random: Random, alias: number): string {
  const made = new Program(random, alias);
  const kinds = [
    ...Array<() => void>(40).fill(() => made.plain()),
    ...Array<() => void>(15).fill(() => made.memory()),
    ...Array<() => void>(20).fill(() => made.branch()),
    ...Array<() => void>(5).fill(() => made.indirect()),
    ...Array<() => void>(8).fill(() => made.loop()),
    ...Array<() => void>(4).fill(() => made.knot()),
    ...Array<() => void>(2).fill(() => made.rewrite()),
    ...Array<() => void>(10).fill(() => made.system()),
  ];
  while (made.lines.length < SLOTS - 120) random.pick(kinds)();
  while (made.lines.length < SLOTS) made.emit('b body');
  return made.lines.join('\n');
}

/** Descriptor bits (Arm ARM D8.3). */
const bits = {
  page: 3n,
  normal: 1n << 2n,
  everyone: 1n << 6n,
  readOnly: 1n << 7n,
  shareable: 3n << 8n,
  access: 1n << 10n,
  never: 3n << 53n,
} as const;
const memory = bits.page | bits.normal | bits.shareable | bits.access;

/** Levels 1 to 3 for the guest's 2 MiB, a device block for what is below RAM, and the program's second address. */
function tables(base: number): string {
  const at = (offset: number): bigint => BigInt(base + offset);
  const entries: string[] = [];
  const table = (label: string, values: ReadonlyMap<number, bigint>): void => {
    entries.push('.balign 4096', `${label}:`);
    for (let n = 0; n < 512; n++) entries.push(`.quad ${values.get(n) ?? 0n}`);
  };
  const level = (n: number): bigint => at(place.level1 + n * 4096) | 3n;
  table(
    'level1',
    new Map([
      [0, 1n | bits.access | bits.never],
      [1, level(1)],
      [2, level(3)],
    ]),
  );
  table('level2', new Map([[0, level(2)]]));
  const pages = new Map<number, bigint>();
  const map = (offset: number, count: number, attributes: bigint): void => {
    for (let n = 0; n < count; n++) pages.set(((base + offset) >> 12) - 0x40000 + n, at(offset + n * 4096) | attributes);
  };
  map(0, 2, memory | bits.readOnly | (1n << 54n));
  map(place.words, 1, memory | bits.readOnly | bits.never);
  map(place.states, 14, memory | bits.never);
  map(place.body, BODY_PAGES, memory | bits.everyone | bits.readOnly);
  map(place.data, DATA_PAGES, memory | bits.everyone | bits.never);
  map(place.data + 4 * 4096, 1, memory | bits.everyone | bits.readOnly | bits.never);
  map(place.data + 5 * 4096, 1, memory | bits.never);
  map(place.data + 6 * 4096, 1, (memory | bits.everyone | bits.never) & ~1n);
  map(place.data + 7 * 4096, 1, (memory | bits.everyone | bits.never) & ~bits.access);
  table('level3', pages);
  const writable = new Map<number, bigint>();
  for (let n = 0; n < BODY_PAGES; n++) writable.set(n, at(place.body + n * 4096) | memory | bits.everyone | bits.never);
  table('alias2', new Map([[0, level(4)]]));
  table('alias3', writable);
  entries.push(`.equ data_entries, level3 + ${(((base + place.data) >> 12) - 0x40000) * 8}`);
  return entries.join('\n');
}

/** Assembly of a guest whose program is random: the same for the same seed. */
export function randomGuest({ seed, cpus, mmu }: RandomGuest): string {
  const random = new Random(seed, 17);
  const alias = mmu ? ALIAS : FLAT_LOAD_ADDRESS + place.body;
  const set = { SLOTS, CPUS: cpus, SEED: seed * 2654435761 + 1, MMU: mmu ? 1 : 0, ALIAS: alias };
  return [
    ...Object.entries(set).map(([name, value]) => `.equ ${name}, ${value}`),
    readFileSync(new URL('guests/random.S', import.meta.url), 'utf8'),
    `.org _start + ${place.words}`,
    'words:',
    ...Array.from({ length: 1024 }, () => `.word ${random.pick(wordPools().any)}`),
    `.org _start + ${place.states}`,
    'states: .space 1024',
    `.org _start + ${place.stacks}`,
    'stacks: .space 0x2800',
    `.org _start + ${place.level1}`,
    tables(FLAT_LOAD_ADDRESS),
    `.org _start + ${place.body}`,
    'body:',
    program(random, alias),
    `.org _start + ${place.data}`,
    'data:',
    ...Array.from({ length: DATA_PAGES * 128 }, () => `.quad ${random.doubleword()}, 0, ${random.below(100)}, ${random.doubleword()}`),
  ].join('\n');
}
