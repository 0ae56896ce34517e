import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { LaunchConfiguration } from '../../../emulator/vmm/launch.ts';
import type { VirtMachine } from '../../../emulator/vmm/virt-machine.ts';
import { guest, runAll, withVectors, x } from '../guest.ts';
import { type AliasOptions, aliases, mmuOff, ranWithAliases } from './aliases.ts';

type Launch = Partial<LaunchConfiguration>;
const fwb: Launch = { host: { fwb: true } };

/** x20 to x23 at the end; x20 is ESR_EL1 where an exception was taken. */
async function results(body: string, launch: Launch = {}, options: AliasOptions = {}, prepare?: (machine: VirtMachine) => void) {
  const machine = await ranWithAliases(body, launch, options, prepare);
  return [20, 21, 22, 23].map((n) => Number(x(machine, n)));
}

describe('memory types that do not agree', () => {
  const stored = 'movz x1, #0x11\nstr x1, [x9]\n';
  for (const [name, base] of [
    ['Non-cacheable', 'x10'],
    ['Device', 'x11'],
  ] as const) {
    test(`a ${name} alias reads what memory has until DC CVAC`, async () => {
      const body = `${stored}ldr x20, [${base}]\ndc cvac, x9\ndsb sy\nldr x21, [${base}]\nldr x22, [x9]`;
      assert.deepEqual(await results(body), [0, 0x11, 0x11, 0]);
    });
    test(`a cacheable read finds the old line after a write through a ${name} alias, until DC CIVAC`, async () => {
      const body = `ldr x20, [x9]\nmovz x1, #0x22\nstr x1, [${base}]\ndsb sy\nldr x21, [x9]\ndc civac, x9\ndsb sy\nldr x22, [x9]\nldr x23, [${base}]`;
      assert.deepEqual(await results(body), [0, 0, 0x22, 0x22]);
    });
  }
  test('DC CVAC after a write past the cache puts the dirty line over it', async () => {
    const body = `${stored}movz x1, #0x22\nstr x1, [x10, #8]\ndc cvac, x9\ndsb sy\nldr x20, [x10]\nldr x21, [x10, #8]`;
    assert.deepEqual(await results(body), [0x11, 0, 0, 0]);
  });
  test('DC IVAC cleans too under KVM: stage 2 is on', async () => {
    assert.deepEqual(await results(`${stored}dc ivac, x9\ndsb sy\nldr x20, [x9]\nldr x21, [x10]`), [0x11, 0x11, 0, 0]);
  });
  test('DC CVAU and DC CVAC do the same: the Point of Unification is memory', async () => {
    assert.deepEqual(await results(`${stored}dc cvau, x9\ndsb sy\nldr x20, [x10]`), [0x11, 0, 0, 0]);
  });
  test('DC ZVA zeroes the line in the cache', async () => {
    const body = `${stored}dc cvac, x9\ndsb sy\ndc zva, x9\nldr x20, [x9]\nldr x21, [x10]\ndc cvac, x9\nldr x22, [x10]`;
    assert.deepEqual(await results(body), [0, 0x11, 0, 0]);
  });
  test('DC through any alias maintains the line', async () => {
    assert.deepEqual(await results(`${stored}dc cvac, x11\ndsb sy\nldr x20, [x10]`), [0x11, 0, 0, 0]);
  });
  test('DC CISW is trapped: KVM cleans and invalidates all of the guest', async () => {
    const machine = await ranWithAliases(`${stored}dc cisw, xzr\ndsb sy\nldr x20, [x10]\nldr x21, [x9]`);
    assert.deepEqual([x(machine, 20), x(machine, 21)], [0x11n, 0x11n]);
    assert.equal(machine.vm.maintenance.wholeVm >= 1, true);
  });
  test('an exclusive pair, a pair, an atomic over the end of a line', async () => {
    const body = `movz x1, #1\n1: ldxr x2, [x9]\nstxr w4, x1, [x9]\ncbnz w4, 1b\nstp x1, x1, [x9, #56]
        ldr x20, [x10]\nldr x21, [x10, #64]\nadd x5, x9, #64\ndc cvac, x5\ndc cvac, x9\ndsb sy\nldr x22, [x10]\nldr x23, [x10, #64]`;
    assert.deepEqual(await results(body), [0, 0, 1, 1]);
  });
});

describe('stage 1 off', () => {
  test('after a cacheable write, a read with the MMU off gets what memory has', async () => {
    assert.deepEqual(await results(`movz x1, #0x11\nstr x1, [x9]\n${mmuOff}\nldr x20, [x9]`), [0, 0, 0, 0]);
  });
  test('with DC CVAC before, it gets the write', async () => {
    assert.deepEqual(await results(`movz x1, #0x11\nstr x1, [x9]\ndc cvac, x9\ndsb sy\n${mmuOff}\nldr x20, [x9]`), [0x11, 0, 0, 0]);
  });
  test('what was written with the MMU off is not seen in a line that is in the cache', async () => {
    const body = `ldr x20, [x9]\n${mmuOff}\nmovz x1, #0x22\nstr x1, [x9]\nldr x21, [x9]\nmrs x2, sctlr_el1\nmovz x4, #0x1005\norr x2, x2, x4\nmsr sctlr_el1, x2\nisb\nldr x22, [x9]`;
    assert.deepEqual(await results(body), [0, 0x22, 0, 0]);
  });
  test('stage2 §5: the image that user space wrote through its cache is in memory when the guest starts without one', async () => {
    const machine = await guest(withVectors('adr x9, word\nldr x19, [x9]\nb past\n.balign 8\nword: .quad 0x1234\npast:'), {
      cacheModel: true,
    });
    assert.equal(runAll(machine).kind, 'power-off');
    assert.equal(x(machine, 19), 0x1234n);
    assert.equal(machine.vm.maintenance.cleaned > 0, true);
  });
});

describe('stage2 §4: HCR_EL2.FWB makes RAM Write-Back whatever stage 1 says', () => {
  test('Non-cacheable and Device aliases read the cacheable write, with no maintenance', async () => {
    const body = 'movz x1, #0x11\nstr x1, [x9]\nldr x20, [x10]\nldr x21, [x11]\nmovz x1, #0x22\nstr x1, [x10]\nldr x22, [x9]';
    assert.deepEqual(await results(body, fwb), [0x11, 0x11, 0x22, 0]);
  });
  test('so does a read with the MMU off', async () => {
    assert.deepEqual(await results(`movz x1, #0x11\nstr x1, [x9]\n${mmuOff}\nldr x20, [x9]`, fwb), [0x11, 0, 0, 0]);
  });
  test('stage2 §5: no data cache maintenance by KVM', async () => {
    assert.equal((await ranWithAliases('nop', fwb)).vm.maintenance.cleaned, 0);
  });
});

describe('stage2 §6: memory that user space wrote through its cache, and how the guest sees it', () => {
  const slot = { gpa: '0x100000000', size: '2M' };
  const pfnmap = { ...slot, backing: 'pfnmap', attributes: 'cacheable' } as const;
  const read = withVectors('movz x9, #1, lsl #32\nldr x19, [x9]');
  /** The first word of the slot, after user space has written 0x77 there. */
  const seen = async (launch: Launch): Promise<bigint> => {
    const machine = await guest(read, { cacheModel: true, ...launch });
    machine.silicon.memory.words[machine.hostAddress(0x1_0000_0000) >>> 2] = 0x77;
    assert.equal(runAll(machine).kind, 'power-off');
    return x(machine, 19);
  };
  test('the fallback to device memory leaves the lines in the cache: the guest reads stale contents', async () => {
    assert.equal(await seen({ memslots: [pfnmap], pfnmapPolicy: 'fallback-to-device' }), 0n);
  });
  test('with FEAT_S2FWB and CTR_EL0.DIC the mapping is cacheable, and current', async () => {
    assert.equal(await seen({ memslots: [pfnmap], host: { fwb: true, dic: true } }), 0x77n);
  });
  test('memory of the linear map is cleaned when it is mapped on a host without FWB', async () => {
    assert.equal(await seen({ memslots: [slot] }), 0x77n);
  });
  test('VM_ALLOW_ANY_UNCACHED memory is Normal Non-cacheable, and not cleaned either', async () => {
    assert.equal(await seen({ memslots: [{ ...slot, backing: 'pfnmap', allowAnyUncached: true }] }), 0n);
  });
  test('without the model nothing is stale', async () => {
    assert.equal(await seen({ memslots: [pfnmap], pfnmapPolicy: 'fallback-to-device', cacheModel: false }), 0x77n);
  });
});

describe('instruction fetches', () => {
  /** Runs code at x9 once, replaces its instruction (mov x20, #1 by mov x21, #2) through the cache, does `maintenance`, and runs it again. */
  const patched = (maintenance: string): string => `
        adr     x4, old
        ldp     w5, w6, [x4]
        stp     w5, w6, [x9]
        dc      cvau, x9
        dsb     sy
        ic      ivau, x9
        dsb     sy
        isb
        blr     x9
        ldr     w5, [x4, #8]
        str     w5, [x9]
        ${maintenance}
        blr     x9
        b       done
old:    mov     x20, #1
        ret
        mov     x21, #2
`;
  const icOnly = 'dsb sy\nic ivau, x9\ndsb sy\nisb';
  test('CTR_EL0.IDC = 0: without DC CVAU the old instruction runs', async () => {
    assert.deepEqual((await results(patched(icOnly))).slice(0, 2), [1, 0]);
  });
  test('CTR_EL0.IDC = 0: after DC CVAU and IC IVAU the new one', async () => {
    assert.deepEqual((await results(patched(`dc cvau, x9\n${icOnly}`))).slice(0, 2), [1, 2]);
  });
  test('CTR_EL0.IDC = 1: DC CVAU is not needed', async () => {
    assert.deepEqual((await results(patched(icOnly), { host: { idc: true } })).slice(0, 2), [1, 2]);
  });
  test('FEAT_S2FWB: nor there', async () => {
    assert.deepEqual((await results(patched(icOnly), fwb)).slice(0, 2), [1, 2]);
  });
  test('IDC = 1: code that was written past the cache over lines that are not in it is fetched after IC IVAU', async () => {
    const body = patched('nop').replace('str     w5, [x9]', `dc civac, x9\ndsb sy\nstr w5, [x10]\n${icOnly}`);
    assert.deepEqual((await results(body, { host: { idc: true } })).slice(0, 2), [1, 2]);
  });
  test('code that was written past the cache runs', async () => {
    const body = 'adr x4, old\nldp w5, w6, [x4]\nstp w5, w6, [x10]\ndsb sy\nisb\nblr x9\nb done\nold: mov x20, #1\nret';
    assert.deepEqual(await results(body), [1, 0, 0, 0]);
  });
});

describe('translation tables', () => {
  /** Makes the Non-cacheable alias of RAM a Device mapping of another gigabyte (index 3 becomes a copy of index 0), by a store through `alias` to the tables. */
  const remapped = (alias: number, maintenance: string): string => `
        adr     x4, tables
        movz    x5, #0x${(alias / 0x10000).toString(16)}, lsl #16
        add     x5, x4, x5
        ldr     x6, [x4, #24]           // the line is in the cache from here on
        str     xzr, [x5, #24]
        dsb     sy
        ${maintenance}
        tlbi    vmalle1
        dsb     sy
        isb
        ldr     x21, [x11]
        mov     x22, #1
`;
  const FAULT = 0x9600_0005;
  test('a cacheable walk sees the store in the cache', async () => {
    assert.deepEqual((await results(remapped(aliases.wb, ''))).slice(0, 1), [FAULT]);
  });
  test('a Non-cacheable walk does not, until DC CVAC', async () => {
    assert.deepEqual((await results(remapped(aliases.wb, ''), {}, { walksPastCache: true })).slice(0, 3), [0, 0, 1]);
    const cleaned = remapped(aliases.wb, 'add x6, x4, #24\ndc cvac, x6\ndsb sy');
    assert.deepEqual((await results(cleaned, {}, { walksPastCache: true })).slice(0, 1), [FAULT]);
  });
  test('a cacheable walk finds the old descriptor in the cache after a store past it', async () => {
    assert.deepEqual((await results(remapped(aliases.nc, ''))).slice(0, 3), [0, 0, 1]);
  });
  test('a Non-cacheable walk finds the new one', async () => {
    assert.deepEqual((await results(remapped(aliases.nc, ''), {}, { walksPastCache: true })).slice(0, 1), [FAULT]);
  });
});
