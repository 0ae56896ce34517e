import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HOST_DRAM_BASE, PhysicalMemory } from '../../emulator/memory/physical-memory.ts';
import { EL1H, RAM, Situation } from './situation.ts';
import { AF, ap, attrIndex, DBM, type Geometry, INNER_SHAREABLE, memAttr, s2ap } from './tables.ts';

const NORMAL = AF | INNER_SHAREABLE;
const VA = 0x12_3456_7000n;
const A = 0x10_0000n;
const KVM: Geometry = { granule: 12, iaBits: 40, startLevel: 1 };
const RES1 = 0xa00n;

describe('AT and PAR_EL1', () => {
  const at = (s: Situation, operation: string, va: bigint): bigint | undefined => s.mmu.translateAddress(s.registers, operation, va);

  it('S1E1R gives the IPA and the attributes of stage 1', () => {
    const s = new Situation({ stage2: KVM });
    s.lower.map(VA, RAM + A, NORMAL);
    assert.equal(at(s, 'S1E1R', VA + 0x123n), (0xffn << 56n) | (RAM + A) | (3n << 7n) | RES1);
    s.lower.map(VA, RAM + A, NORMAL | attrIndex(1));
    assert.equal(at(s, 'S1E1R', VA), (RAM + A) | (2n << 7n) | RES1);
    // Stage 1 only: an IPA that stage 2 does not map is no fault.
    s.lower.map(VA, 0x90_0000_0000n, NORMAL);
    assert.equal(at(s, 'S1E1R', VA), (0xffn << 56n) | 0x90_0000_0000n | (3n << 7n) | RES1);
  });

  it('S12E1R gives the physical address and combined attributes', () => {
    const s = new Situation({ stage2: KVM });
    s.lower.map(VA, RAM + A, NORMAL);
    s.second!.map(RAM + A, s.pa(RAM + A), AF | memAttr(5) | s2ap(3));
    assert.equal(at(s, 'S12E1R', VA), (0x44n << 56n) | s.pa(RAM + A) | (2n << 7n) | RES1);
    s.second!.write(s.second!.slot(RAM + A, 3), 0n);
    s.mmu.invalidateAll();
    // F, FST translation level 3, S.
    assert.equal(at(s, 'S12E1R', VA), 1n | (7n << 1n) | (1n << 9n) | (1n << 11n));
  });

  for (const [name, bits, operation, par] of [
    ['invalid', undefined, 'S1E1R', 0b000111n],
    ['read-only', NORMAL | ap(2), 'S1E1W', 0b001111n],
    ['no EL0 access', NORMAL, 'S1E0R', 0b001111n],
    ['EL0 read-only', NORMAL | ap(3), 'S1E0W', 0b001111n],
    ['Access flag', NORMAL & ~AF, 'S1E1R', 0b001011n],
  ] as const) {
    it(`fault: ${name}, ${operation}`, () => {
      const s = new Situation();
      if (bits === undefined) s.lower.slot(VA, 3);
      else s.lower.map(VA, s.ram(A), bits);
      assert.equal(at(s, operation, VA), 1n | (par << 1n) | (1n << 11n));
    });
  }

  it('PAN counts for S1E1RP and S1E1WP only', () => {
    const s = new Situation();
    s.lower.map(VA, s.ram(A), NORMAL | ap(1));
    s.at(EL1H, 1 << 22);
    assert.equal(at(s, 'S1E1R', VA)! & 1n, 0n);
    assert.equal(at(s, 'S1E1RP', VA), 1n | (0b001111n << 1n) | (1n << 11n));
    assert.equal(at(s.at(EL1H), 'S1E1RP', VA)! & 1n, 0n);
  });

  it('sets the Access flag with HA, never the dirty state', () => {
    const s = new Situation({ tcr: (1n << 39n) | (1n << 40n) });
    const slot = s.lower.map(VA, s.ram(A), (NORMAL & ~AF) | ap(2) | DBM);
    assert.equal(at(s, 'S1E1W', VA)! & 1n, 0n);
    assert.equal(s.lower.read(slot) & AF, AF);
    assert.equal(s.lower.read(slot) & ap(2), ap(2));
    // What AT found must not let a store through unrecorded.
    s.write(VA);
    assert.equal(s.lower.read(slot) & ap(2), 0n);
  });

  it('from EL1 a stage 2 fault on the walk, and an external abort, are exceptions', () => {
    const s = new Situation({ stage2: KVM });
    s.set('TTBR0_EL1', 0x90_0000_0000n);
    assert.equal(at(s, 'S1E1R', VA), undefined);
    assert.equal(s.mmu.fault.s1ptw, true);
    assert.equal(s.mmu.fault.access, 'address translation');
    const flat = new Situation();
    flat.set('TTBR0_EL1', 0x5000_0000n);
    assert.equal(at(flat, 'S1E1R', VA), undefined);
    assert.equal(flat.mmu.fault.statusCode, 0b010100);
  });

  it('stage 1 off', () => {
    const s = new Situation();
    s.set('SCTLR_EL1', 0n);
    assert.equal(at(s, 'S1E1R', 0x1234_5678n), 0x1234_5000n | (2n << 7n) | RES1);
    assert.equal(at(s, 'S1E1R', 1n << 50n), 1n | (1n << 11n));
  });
});

describe('DC and IC by VA', () => {
  it('need what they need and no more', () => {
    const s = new Situation();
    s.lower.map(VA, s.ram(A), (NORMAL & ~AF) | ap(2));
    const [low, high] = [Number(VA & 0xffff_ffffn), 0x12];
    assert.equal(s.mmu.maintain(low, high, 'nothing'), true);
    assert.equal(s.mmu.maintain(low, high, 'write'), false);
    assert.equal(s.mmu.fault.access, 'maintenance');
    assert.equal(s.mmu.maintain(low + 0x1000, high, 'nothing'), false);
    assert.equal(s.mmu.fault.type, 'translation');
    s.at(0);
    assert.equal(s.mmu.maintain(low, high, 'read'), false);
    assert.equal(s.mmu.fault.type, 'permission');
  });
});

describe('explain', () => {
  it('names every descriptor of a nested walk', () => {
    const s = new Situation({ stage2: KVM });
    const slot = s.lower.map(VA, RAM + A, NORMAL | ap(1));
    const e = s.mmu.explain(s.registers, 'va', VA + 0x18n, { kind: 'read', el: 1 });
    assert.equal(e.pa, s.pa(RAM + A) + 0x18n);
    assert.equal(e.ipa, RAM + A + 0x18n);
    // Four stage 1 levels, each through three of stage 2, and the output.
    assert.deepEqual(
      e.steps.map((step) => `${step.stage}.${step.level}${step.kind[0]}`),
      [0, 1, 2, 3].flatMap((level) => ['2.1t', '2.2t', '2.3p', `1.${level}${level === 3 ? 'p' : 't'}`]).concat(['2.1t', '2.2t', '2.3p']),
    );
    const last = e.steps.filter((step) => step.stage === 1).at(-1)!;
    assert.equal(last.address, RAM + BigInt(slot - s.ramHost));
    assert.equal(last.descriptor, s.lower.read(slot));
    assert.equal(e.rights, 'EL1 rw-, EL0 rwx');
    assert.equal(e.present, true);
    assert.match(e.combined!.typeRule, /both stages are Normal/);
  });

  it('says the fault of the access, and changes nothing', () => {
    const s = new Situation({ tcr: (1n << 39n) | (1n << 40n) });
    const slot = s.lower.map(VA, s.ram(A), (NORMAL & ~AF) | ap(2) | DBM);
    assert.equal(s.mmu.explain(s.registers, 'va', VA, { kind: 'write', el: 1 }).fault, undefined);
    assert.equal(s.lower.read(slot) & (AF | ap(3)), ap(2));
    const e = s.mmu.explain(s.registers, 'va', VA, { kind: 'read', el: 0 });
    assert.deepEqual(e.fault, {
      type: 'permission',
      text: 'stage 1 permission fault, level 3',
      rule: 'EL0 read is needed, stage 1 gives EL1 rwx, EL0 --x',
      statusCode: 0b001111,
      stage: 1,
      level: 3,
      s1ptw: false,
    });
    assert.equal(s.hits(VA, 'read'), false);
  });

  it('looks at the tables, not at what is cached', () => {
    const s = new Situation({ stage2: KVM });
    s.lower.map(VA, RAM + A, NORMAL);
    s.read(VA);
    s.second!.write(s.second!.slot(RAM + A, 3), 0n);
    assert.equal(s.mmu.explain(s.registers, 'va', VA, { kind: 'read', el: 1 }).fault!.text, 'stage 2 translation fault, level 3');
  });
});

describe('the debugger reads and writes', () => {
  it('va, ipa and pa, without permissions, Access flag or effects', () => {
    const s = new Situation({ stage2: KVM });
    const slot = s.lower.map(VA, RAM + A, INNER_SHAREABLE | ap(2));
    const { debug } = s.mmu;
    const space = s.mmu.spaceOf(s.registers);
    assert.equal(debug.write(space, 'va', VA + 0xffen, Uint8Array.of(1, 2, 3, 4)), 2);
    assert.deepEqual([...debug.read(space, 'ipa', RAM + A + 0xffen, 2).bytes], [1, 2]);
    assert.deepEqual([...debug.read(space, 'pa', s.pa(RAM + A) + 0xffen, 2).bytes], [1, 2]);
    assert.equal(s.lower.read(slot) & AF, 0n);
    const { bytes, holes } = debug.read(space, 'va', VA + 0xffen, 4);
    assert.deepEqual([...bytes], [1, 2, 0, 0]);
    assert.deepEqual(holes, [{ offset: 2, length: 2, reason: 'stage 1 translation fault, level 3' }]);
  });

  it('a write tells the code cache', () => {
    const s = new Situation();
    s.lower.map(VA, s.ram(A), NORMAL);
    s.fetch(VA);
    s.mmu.debug.write(s.mmu.spaceOf(s.registers), 'va', VA + 4n, Uint8Array.of(1));
    assert.deepEqual(s.codeWritten, [s.hostOf(RAM + A) + 4]);
  });

  it('what is not there is a hole', () => {
    const s = new Situation();
    const { holes } = s.mmu.debug.read(s.mmu.spaceOf(s.registers), 'pa', 0xffn, 0x2000);
    assert.equal(holes.length, 3);
    assert.match(holes[0]!.reason, /nothing answers at pa:0xff/);
  });
});

describe('physical memory', () => {
  it('allocates aligned, zeroed pages and takes them back', () => {
    const physical = new PhysicalMemory({ dramBytes: 4 << 20, vcpus: 2, codeBytes: 0, contexts: 1 });
    const page = physical.allocate(4096);
    const tables = physical.allocate(8192, 8192);
    assert.equal(tables % 8192, 0);
    physical.bytes[page] = 1;
    physical.free(page, 4096);
    const again = physical.allocate(4096);
    assert.equal(physical.bytes[again], 0);
    assert.throws(() => physical.allocate(8 << 20), /host DRAM is used up/);
    assert.equal(physical.hostOf(physical.physical(tables)), tables);
    assert.equal(physical.hostOf(HOST_DRAM_BASE), -1);
    assert.equal(physical.hostOf(0), -1);
    assert.ok(physical.saveArea(1) > physical.saveArea(0));
  });

  it('more than a WebAssembly memory holds is refused', () => {
    assert.throws(() => new PhysicalMemory({ dramBytes: 5 * 1024 ** 3, vcpus: 1 }), /5120 MiB of memory do not fit/);
  });
});
