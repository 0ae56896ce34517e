import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { refillFunctions } from '../../../emulator/translate/interpreter/refills.ts';
import { access, CONTEXT_TLB_BYTES, DECODED_PAGE_BYTES, slotAddress, slots } from '../../../emulator/translate/layout.ts';
import { ModuleWriter } from '../../../emulator/translate/wasm/module.ts';
import { EL0T, EL1H, RAM, type SeenFault, Situation, type SituationOptions } from '../../memory/situation.ts';
import { AF, ap, attrIndex, DBM, GP, INNER_SHAREABLE, NG, PXN, UXN } from '../../memory/tables.ts';

type Refills = { access(low: number, high: number, flags: number): number; fetch(low: number, high: number): number };

/** The refills bound to a memory, with imports that count how often they are asked. */
function bind(memory: WebAssembly.Memory, slowPath: Refills): Refills {
  const module = new ModuleWriter({ module: 'machine', name: 'memory', shared: false, maximumPages: 0 });
  const imports = {
    access: module.import('machine', 'access', { parameters: ['i32', 'i32', 'i32'], results: ['i32'] }),
    fetch: module.import('machine', 'fetch', { parameters: ['i32', 'i32'], results: ['i32'] }),
  };
  const refills = refillFunctions(module, imports);
  module.export('access', refills.access);
  module.export('fetch', refills.fetch);
  const machine = { memory, ...slowPath } as unknown as WebAssembly.ModuleImports;
  return new WebAssembly.Instance(new WebAssembly.Module(module.finish()), { machine }).exports as unknown as Refills;
}

/** A situation whose slow path is asked through the refills, or directly. */
class Guest extends Situation {
  slow = 0;
  private readonly refills: Refills;
  private fault: SeenFault | undefined;

  constructor(options: SituationOptions, withRefills: boolean) {
    super(options);
    this.mmu.attachSink({ fault: (fault) => (this.fault = this.see(fault)) });
    const { physical } = this;
    const { codePages } = physical;
    this.mmu.attachCode({
      hasBreakpoint: () => false,
      recordsOf: (hostPage) => {
        codePages[hostPage >>> 12] ||= ++this.pagesOfCode;
        return physical.codeStart + (codePages[hostPage >>> 12]! - 1) * DECODED_PAGE_BYTES;
      },
      holdsCode: (hostPage) => codePages[hostPage >>> 12] !== 0,
      written: () => {},
    });
    const direct: Refills = {
      access: (low, high, flags) => {
        this.slow++;
        return this.mmu.access(low, high, flags);
      },
      fetch: (low, high) => {
        this.slow++;
        return this.mmu.fetch(low, high);
      },
    };
    this.refills = withRefills ? bind(physical.memory, direct) : direct;
  }

  private pagesOfCode = 0;

  private ask(how: () => number): string {
    this.fault = undefined;
    for (const slot of [slots.dataTlb, slots.fetchTlb, slots.unprivilegedTlb])
      this.physical.words[slotAddress(slot) >> 2] = this.registers.low(slot);
    const result = how();
    return result === 0 ? JSON.stringify(this.fault, (_, v) => (typeof v === 'bigint' ? String(v) : v)) : String(result);
  }

  does(va: bigint, flags: number): string {
    return this.ask(() => this.refills.access(Number(BigInt.asIntN(32, va)), Number(BigInt.asIntN(32, va >> 32n)), flags));
  }

  fetches(va: bigint): string {
    return this.ask(() => this.refills.fetch(Number(BigInt.asIntN(32, va)), Number(BigInt.asIntN(32, va >> 32n))));
  }

  /** Everything that generated code looks up. */
  get tlbs(): Uint8Array {
    const { physical } = this;
    return physical.bytes.subarray(physical.tlbStart, physical.tlbStart + physical.contexts * CONTEXT_TLB_BYTES);
  }
}

/** A small generator of numbers, the same at every run. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const PAGES = 24;
const VA = 0x12_3456_7000n;
const HIGH = 0xffff_8000_1234_5000n;
const PAN = 1 << 22;
/** As KVM has them. */
const KVM = { granule: 12, iaBits: 40, startLevel: 1 } as const;
const UAO = 1 << 23;

function attributes(next: (below: number) => number): bigint {
  let bits = INNER_SHAREABLE | ap(next(3) ? 1 : next(4)) | attrIndex(next(12) === 0 ? next(4) : 0);
  if (next(16) > 0) bits |= AF;
  for (const flag of [NG, PXN, UXN, GP, DBM]) if (next(3) === 0) bits |= flag;
  return bits;
}

/** The same random life of two guests, one of which asks the slow path each time. */
function live(options: SituationOptions, seed: number): { readonly asked: number; readonly slow: number } {
  const [plain, refilled] = [new Guest(options, false), new Guest(options, true)];
  const both = (what: (guest: Guest) => void): void => {
    what(plain);
    what(refilled);
  };
  const next = numbers(seed);
  // Every fourth page shares its data TLB entry with another: 1024 pages apart.
  const addresses = Array.from({ length: PAGES }, (_, n) =>
    [VA, HIGH].map((base) => base + BigInt((n >> 1) * 4096 + (n & 1) * 4096 * 1024)),
  );
  for (const [n, places] of addresses.entries())
    for (const va of places) {
      const bits = attributes(next);
      both((g) => (va < 0x8000_0000_0000n ? g.lower : g.upper).map(va, g.ram(BigInt(0x10_0000 + (n % 16) * 4096)), bits));
    }
  // APTable, PXNTable, UXNTable where they are; blocks of 2 MiB and 1 GiB beside the pages.
  for (const [place, level] of [
    [VA + (1n << 22n), 2],
    [HIGH + (1n << 22n), 2],
    [VA + (1n << 40n), 1],
  ] as const) {
    if (plain.lower.geometry.granule !== 12) continue;
    const [bits, tableBits] = [attributes(next), BigInt(next(32)) << 59n];
    const block = place & ~((1n << BigInt(plain.lower.shift(level))) - 1n);
    const ram = level === 2 ? (g: Guest): bigint => g.ram(0x20_0000n) : (g: Guest): bigint => g.ram(0n) & ~0x3fff_ffffn;
    both((g) => (block < 0x8000_0000_0000n ? g.lower : g.upper).map(block, ram(g), bits, level, tableBits));
    addresses.push([block + 0x3000n, block + 0x10_5000n]);
  }
  let asked = 0;
  for (let step = 0; step < 4000; step++) {
    const what = next(100);
    const place = addresses[next(addresses.length)]![next(2)]! + BigInt(next(4096));
    const va = next(40) === 0 ? place ^ (1n << BigInt(32 + next(32))) : place;
    if (what < 3) {
      const [mode, pstate] = [next(2) ? EL0T : EL1H, (next(2) ? PAN : 0) | (next(4) ? 0 : UAO)];
      both((g) => g.at(mode, mode === EL0T ? 0 : pstate));
    } else if (what < 5) {
      const asid = BigInt(next(3)) << 48n;
      both((g) => g.set('TTBR0_EL1', g.lower.root | asid));
    } else if (what < 8) {
      const operation = ['VMALLE1', 'ASIDE1', 'VAE1IS', 'VAAE1'][next(4)]!;
      const xt = BigInt.asUintN(44, place >> 12n);
      both((g) => g.mmu.invalidate(operation, Number(BigInt.asIntN(32, xt)), Number(xt >> 32n)));
    } else if (what < 10) {
      const [bits, ram] = [attributes(next), BigInt(0x10_0000 + next(16) * 4096)];
      // A block becomes a table of pages.
      const size = 1n << BigInt(plain.lower.geometry.granule);
      both((g) => (place < 0x8000_0000_0000n ? g.lower : g.upper).map(place & ~(size - 1n), g.ram(ram & ~(size - 1n)), bits));
    } else {
      const size = 1 << next(5);
      const kind = [0, access.write, access.write | access.read][next(3)]!;
      const extra = (next(5) === 0 ? access.unprivileged : 0) | (next(6) === 0 ? access.aligned : 0);
      const address = next(4) === 0 ? va : va & ~BigInt(size - 1);
      // Few pages become code: stores to those are looked at one by one.
      const executed = addresses[next(3)]![next(2)]! + BigInt(next(1024) * 4);
      const results = [plain, refilled].map((g) =>
        what < 15 ? g.fetches(executed) : g.does(address, size | kind | extra | (size << access.alignShift)),
      );
      asked++;
      assert.equal(results[1], results[0], `step ${step}`);
    }
    if (step % 16 === 0) {
      assert.deepEqual(Buffer.compare(plain.tlbs, refilled.tlbs), 0, `TLBs at step ${step}`);
      assert.deepEqual(
        Buffer.compare(
          Buffer.from(plain.physical.pageWriters.buffer, plain.physical.pageWriters.byteOffset, 1 << 14),
          Buffer.from(refilled.physical.pageWriters.buffer, refilled.physical.pageWriters.byteOffset, 1 << 14),
        ),
        0,
      );
    }
  }
  return { asked, slow: refilled.slow };
}

describe('refills in generated code do what the slow path does', () => {
  const rows: Readonly<Record<string, SituationOptions>> = {
    'one stage': {},
    'two stages, as KVM has them': { stage2: KVM },
    '39 bits': { stage1: { granule: 12, iaBits: 39, startLevel: 1 }, stage2: KVM },
    'hardware keeps the dirty state': { stage2: KVM, tcr: 3n << 39n },
    'without hierarchical permissions': { stage2: KVM, tcr: 3n << 41n },
    'WXN, and PAN for what EL0 executes': { stage2: KVM, sctlr: (1n << 19n) | (1n << 57n) },
    'E0PD for one range': { stage2: KVM, tcr: 1n << 56n },
    'a small output size': { stage2: KVM, tcr: 5n << 32n },
    'alignment is checked, two stages': { stage2: KVM, sctlr: 2n },
    'stage 2 forces types': { stage2: KVM, hcr: 1n << 46n },
    'pages of 16 KiB': { stage1: { granule: 14, iaBits: 47, startLevel: 1 } },
    'alignment is checked': { sctlr: 2n },
    'top byte ignored': { tcr: 3n << 37n },
    'E0PD for both ranges': { tcr: 3n << 55n },
    'without BTI': { features: { bti: false } },
  };
  for (const [name, options] of Object.entries(rows))
    it(name, () => {
      const { asked, slow } = live(options, 1 + name.length);
      assert.ok(slow < asked, `${slow} of ${asked} took the slow path`);
    });

  it('what was entered before is not asked for again', () => {
    const guest = new Guest({}, true);
    for (const page of [0n, 1024n]) guest.lower.map(VA + page * 4096n, guest.ram(0x10_0000n + page), AF | INNER_SHAREABLE);
    for (let n = 0; n < 10; n++) for (const page of [0n, 1024n]) guest.does(VA + page * 4096n, 8 | (8 << access.alignShift));
    assert.equal(guest.slow, 2);
  });

  it('a walk that finds everything plain asks nobody', () => {
    const guest = new Guest({ stage2: KVM }, true);
    const read = (page: number): string => guest.does(VA + BigInt(page) * 4096n, 8 | (8 << access.alignShift));
    for (let page = 0; page < 64; page++) guest.lower.map(VA + BigInt(page) * 4096n, guest.ram(0x10_0000n), AF | INNER_SHAREABLE);
    read(0);
    const { slow } = guest;
    for (let page = 1; page < 64; page++) assert.equal(read(page), String(guest.hostOf(RAM + 0x10_0000n)));
    assert.equal(guest.slow, slow);
    guest.mmu.setWatches([{ id: 1, virtual: true, firstPage: 0, first: 0, lastPage: 0, last: 7, access: 3 }]);
    guest.mmu.invalidate('VMALLE1', 0, 0);
    read(1);
    assert.equal(guest.slow, slow + 1);
  });
});
