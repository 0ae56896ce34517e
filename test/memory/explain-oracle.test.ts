/** What is shown of a translation is what the machine does: random tables of every granule, with both stages, faults included. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeType, shareabilities, stage1Attributes } from '../../emulator/memory/attributes.ts';
import type { Explanation } from '../../emulator/memory/explain.ts';
import { type MappedRun, type TableMap, tableMap } from '../../emulator/memory/table-map.ts';
import type { WalkStep } from '../../emulator/memory/walk-steps.ts';
import { operations, processors, Random } from './oracle/cases.ts';
import { EXCEPTION, OurAnswers } from './oracle/ours.ts';

type Processor = keyof typeof processors;

const CASES = 80;
const KINDS = ['read', 'write', 'fetch'] as const;

/** What an AT operation tries, for those that go through both stages. */
const access = (operation: string): { readonly kind: 'read' | 'write'; readonly el: 0 | 1 } => ({
  kind: operation.endsWith('W') ? 'write' : 'read',
  el: operation.includes('E0') ? 0 : 1,
});

const bits = (value: bigint, high: number, low: number): bigint => (value >> BigInt(low)) & ((1n << BigInt(high - low + 1)) - 1n);

/** AT says the same: where it leads and with which attributes, or the fault status. */
function sameAsAt(e: Explanation, par: bigint, where: string): void {
  if (par === EXCEPTION) {
    assert.equal(e.fault?.type, 'external abort', where);
    return;
  }
  if ((par & 1n) !== 0n) {
    assert.equal(e.fault?.statusCode, Number(bits(par, 6, 1)), where);
    assert.equal(e.fault?.stage, (par & (1n << 9n)) === 0n ? 1 : 2, where);
    assert.equal(e.fault?.s1ptw, (par & (1n << 8n)) !== 0n, where);
    return;
  }
  assert.equal(e.fault, undefined, where);
  assert.equal(e.pa! & 0xffff_ffff_f000n, par & 0xffff_ffff_f000n, where);
  const attributes = stage1Attributes(Number(par >> 56n), Number(bits(par, 8, 7)));
  assert.equal(e.combined!.type, describeType(attributes), where);
  const { shareability } = e.combined!;
  assert.equal(shareability, shareabilities[Number(bits(par, 8, 7))], where);
}

/** The descriptors lie in memory where they are said to be, each in the table that the one before it names, at the index of the input. */
function stepsHold(e: Explanation, words: DataView, hostOf: (pa: number) => number, where: string): void {
  const last: (WalkStep | undefined)[] = [];
  for (const step of e.steps) {
    assert.equal(step.descriptor, words.getBigUint64(hostOf(Number(step.pa)), true), where);
    const before = last[step.stage];
    if (before?.input === step.input && before.level + 1 === step.level) {
      const entries = BigInt(before.covers / step.covers);
      assert.equal(before.kind, 'table', where);
      assert.equal(step.address, before.output! + 8n * ((step.input / BigInt(step.covers)) % entries), where);
    }
    last[step.stage] = step;
  }
  const ends = e.steps.filter(({ kind }) => kind === 'block' || kind === 'page');
  const final = ends.at(-1);
  if (e.pa !== undefined && final?.stage === 2) assert.equal(e.pa, final.output! + (final.input % BigInt(final.covers)), where);
  const first = ends.findLast(({ stage }) => stage === 1);
  if (e.ipa !== undefined && first) assert.equal(e.ipa, first.output! + (first.input % BigInt(first.covers)), where);
}

/** `EL1 rw-, EL0 r--` allows the access. */
const allows = (rights: string, kind: (typeof KINDS)[number], el: 0 | 1): boolean =>
  rights.split(', ')[1 - el]!.includes({ read: 'r', write: 'w', fetch: 'x' }[kind]);

const runAt = ({ runs }: TableMap, address: bigint): MappedRun | undefined =>
  runs.find(({ first, last }) => first <= address && address <= last);

function compare(cpu: Processor): Map<string, number> {
  const ours = new OurAnswers(processors[cpu]);
  const { mmu, physical, registers } = ours;
  const words = new DataView(physical.memory.buffer);
  const seen = new Map<string, number>();
  const count = (what: string): void => {
    seen.set(what, (seen.get(what) ?? 0) + 1);
  };
  for (let seed = 500_000; seed < 500_000 + CASES; seed++) {
    const queries = ours.load(seed);
    const random = new Random(seed);
    const space = mmu.spaceOf(registers);
    const map = (tables: 'TTBR0_EL1' | 'TTBR1_EL1' | 'VTTBR_EL2') => tableMap(mmu.translation, physical, space, { tables });
    const [lower, upper, second] = [map('TTBR0_EL1'), map('TTBR1_EL1'), map('VTTBR_EL2')];
    for (const { next } of [lower, upper, second]) assert.equal(next, undefined);
    for (const { va, operation } of queries) {
      const name = operations[operation]!;
      const where = `case ${seed}, AT ${name} of 0x${va.toString(16)}`;
      const e = mmu.explain(registers, 'va', va, access(name));
      stepsHold(e, words, (pa) => physical.hostOf(pa), where);
      // AT sets no dirty state: what that takes is compared where there is none.
      const dirty = access(name).kind === 'write' && processors[cpu].dirtyStateUpdate;
      if (name.startsWith('S12') && !dirty) sameAsAt(e, mmu.translateAddress(registers, name, va) ?? EXCEPTION, where);
      count(e.fault ? `${e.fault.type} ${e.fault.stage}` : 'translates');
      assert.doesNotMatch(
        JSON.stringify(e, (_, value) => (typeof value === 'bigint' ? `${value}` : value)),
        /undefined|NaN/,
      );

      // Each right that is shown is one that an access has, and the other way round.
      if (e.rights !== undefined) {
        for (const kind of KINDS) {
          for (const el of [0, 1] as const) {
            const { fault } = mmu.explain(registers, 'va', va, { kind, el });
            if (fault === undefined) assert.ok(allows(e.rights, kind, el), `${where}: ${kind} at EL${el}, ${e.rights}`);
            else if (fault.type === 'permission' && !fault.s1ptw && !/PTW/.test(fault.rule))
              assert.ok(!allows(e.rights, kind, el), `${where}: ${fault.text}, ${e.rights}`);
          }
        }
      }

      // The maps have it, in the same words.
      const canonical = (va >> 55n) & 1n ? va | (0xffn << 56n) : va & ~(0xffn << 56n);
      const stage1 = (va >> 55n) & 1n ? upper : lower;
      if (stage1.regime.enabled && canonical === va) {
        // E0PD closes a range to EL0 alone.
        const { stage1: found, ipa, fault } = mmu.explain(registers, 'va', va, { kind: 'read', el: 1 });
        const run = runAt(stage1, va);
        assert.equal(run !== undefined && run.fault === undefined, found !== undefined, where);
        if (found) {
          count('in a map of stage 1');
          assert.equal(run!.rights, found.rights, where);
          assert.equal(run!.level, found.level, where);
          assert.equal(run!.type, found.type, where);
          if (!run!.scattered) assert.equal(run!.output! + (va - run!.first), ipa, where);
        }
        if (run?.fault !== undefined && fault?.stage === 1) {
          count('a fault in a map');
          assert.ok(run.fault.startsWith(fault.text), `${where}: ${run.fault}, ${fault.text}`);
        }
      }
      if (second.regime.enabled && e.ipa !== undefined) {
        const ipa = random.chance(80) ? e.ipa : e.ipa ^ (1n << BigInt(12 + random.below(20)));
        const alone = mmu.explain(registers, 'ipa', ipa, { kind: 'read', el: 1 });
        const run = runAt(second, ipa);
        assert.equal(run !== undefined && run.fault === undefined, alone.stage2 !== undefined, `${where}, ipa 0x${ipa.toString(16)}`);
        if (alone.stage2) {
          count('in a map of stage 2');
          assert.deepEqual(
            [run!.rights, run!.type, run!.shareability],
            [alone.stage2.rights, alone.stage2.type, alone.stage2.shareability],
            where,
          );
          if (!run!.scattered) assert.equal(run!.output! + (ipa - run!.first), alone.pa, where);
        }
      }
    }
  }
  return seen;
}

describe('translations as they are shown', () => {
  for (const cpu of Object.keys(processors) as Processor[]) {
    it(`${cpu}: AT, the memory, accesses and the maps agree`, () => {
      const seen = compare(cpu);
      // The cases must reach what they are for.
      for (const what of [
        'translates',
        'translation 1',
        'permission 1',
        'access flag 1',
        'translation 2',
        'permission 2',
        'in a map of stage 1',
        'in a map of stage 2',
        'a fault in a map',
      ])
        assert.ok((seen.get(what) ?? 0) > 10, `${what}: ${[...seen].join(' ')}`);
    });
  }
});
