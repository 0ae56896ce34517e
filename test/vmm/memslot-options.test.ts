import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseMemslot } from '../../debug-adapter/cli/memslot-option.ts';
import { checkConfiguration } from '../../debug-adapter/launch/configuration.ts';
import { memoryTypeOf } from '../../emulator/kvm/stage2-attributes.ts';
import { LaunchError } from '../../emulator/vmm/loader/errors.ts';
import { checkMemslots, type MemslotOption } from '../../emulator/vmm/memslot-options.ts';
import type { VirtMachine } from '../../emulator/vmm/virt-machine.ts';
import { guest, runAll, withVectors, x } from './guest.ts';

const GPA = 0x1_0000_0000;
const slot: MemslotOption = { gpa: '0x100000000', size: '4M' };
/** Writes and reads the first word of the slot. */
const touches = withVectors('movz x9, #1, lsl #32\nmov w1, #0x1234\nstr w1, [x9]\nldr w19, [x9]');

const run = async (option: Partial<MemslotOption>, launch: object = {}): Promise<VirtMachine> => {
  const machine = await guest(touches, { memslots: [{ ...slot, ...option }], ...launch });
  assert.equal(runAll(machine).kind, 'power-off');
  return machine;
};
const mapped = (machine: VirtMachine): string => {
  const found = machine.vm.stage2.lookup(GPA)!;
  return `${found.bytes} ${memoryTypeOf(found.low, machine.vm.stage2.fwb)}`;
};
const supported = { host: { fwb: true, dic: true } };

describe('memory slots of a launch', () => {
  const rows: readonly [Partial<MemslotOption>, object, string][] = [
    [{}, {}, '2097152 normal'],
    [{ backing: 'file' }, {}, '4096 normal'],
    [{ backing: 'hugetlb-2M' }, {}, '2097152 normal'],
    [{ backing: 'guest_memfd' }, {}, '4096 normal'],
    [{ backing: 'pfnmap' }, {}, '2097152 device'],
    [{ backing: 'pfnmap', allowAnyUncached: true }, {}, '2097152 normalNc'],
    [{ backing: 'pfnmap', attributes: 'normal-nc' }, {}, '2097152 device'],
    [{ backing: 'pfnmap', attributes: 'cacheable' }, supported, '2097152 normal'],
    [{ backing: 'pfnmap', attributes: 'cacheable' }, { pfnmapPolicy: 'fallback-to-device' }, '2097152 device'],
    [{ backing: 'pfnmap', mapMemory: true }, {}, '2097152 normal'],
    [{ backing: 'mixedmap' }, {}, '2097152 device'],
    [{ backing: 'mixedmap' }, { pfnmapPolicy: 'fallback-to-device' }, '4096 device'],
    [{ dirtyLog: true }, {}, '4096 normal'],
  ];
  for (const [option, launch, expected] of rows) {
    test(`${JSON.stringify(option)} with ${JSON.stringify(launch)}: ${expected}`, async () => {
      const machine = await run(option, launch);
      assert.equal(mapped(machine), expected);
      assert.equal(x(machine, 19), 0x1234n);
    });
  }

  test('hugetlbfs with 1 GiB pages gives 1 GiB blocks', async () => {
    const machine = await run({ backing: 'hugetlb-1G', size: '1G' });
    assert.equal(mapped(machine), `${2 ** 30} normal`);
  });

  test('a slot that KVM refuses ends the launch with the errno and the rule', async () => {
    const refused = guest(touches, { memslots: [slot, { ...slot, gpa: '0x200000000', backing: 'pfnmap', attributes: 'cacheable' }] });
    await assert.rejects(refused, (error: Error) => {
      assert.ok(error instanceof LaunchError);
      assert.match(error.message, /memslots\[1\].*pfnmap.*ipa:0x200000000.*-EINVAL|-EINVAL/s);
      assert.match(error.message, /FEAT_S2FWB/);
      return true;
    });
    await assert.rejects(guest(touches, { memslots: [{ ...slot, gpa: 0x4000_0000 }] }), /EEXIST/);
    await assert.rejects(guest(touches, { memslots: [{ ...slot, gpa: '0x10000000000' }] }), /EFAULT/);
    await assert.rejects(guest(touches, { memslots: [{ ...slot, backing: 'guest_memfd', readonly: true }] }), /EINVAL/);
  });

  test('a reset clears the memory, and the same run follows', async () => {
    for (const backing of ['anonymous', 'guest_memfd'] as const) {
      const machine = await run({ backing });
      const { instructions } = machine.silicon.clock;
      machine.reset();
      assert.equal(machine.hostAddress(GPA) < 0 || machine.silicon.memory.words[machine.hostAddress(GPA) >>> 2] === 0, true);
      runAll(machine);
      assert.equal(machine.silicon.clock.instructions, instructions);
    }
  });

  const wrong: readonly [unknown, RegExp][] = [
    [{}, /"memslots" is a list/],
    [[1], /memslots\[0\].*object/],
    [[{ gpa: 0, size: '1M', colour: 1 }], /memslots\[0\]\.colour/],
    [[{ gpa: 'there', size: '1M' }], /memslots\[0\]\.gpa/],
    [[{ gpa: -4096, size: '1M' }], /memslots\[0\]\.gpa/],
    [[{ gpa: '0x100000001', size: '1M' }], /memslots\[0\]\.gpa.*4 KiB/],
    [[{ gpa: 0, size: 0 }], /memslots\[0\]\.size/],
    [[{ gpa: 0 }], /memslots\[0\]\.size/],
    [[{ gpa: 0, size: '9G' }], /at most/],
    [[{ gpa: 0, size: '1M', backing: 'tape' }], /memslots\[0\]\.backing/],
    [[{ gpa: 0, size: '1M', attributes: 'device' }], /memslots\[0\]\.attributes/],
    [[{ gpa: 0, size: '1M', backing: 'pfnmap', attributes: 'wet' }], /memslots\[0\]\.attributes/],
    [[{ gpa: 0, size: '1M', readonly: 1 }], /memslots\[0\]\.readonly/],
  ];
  for (const [given, message] of wrong) {
    test(`absurd: ${JSON.stringify(given)}`, () => {
      assert.throws(() => checkMemslots(given), message);
      assert.throws(() => checkConfiguration({ program: 'a.S', memslots: given }), /memslots/);
    });
  }

  test('a launch configuration passes them on', () => {
    const given = { program: 'a.S', memslots: [{ gpa: '0x100000000', size: 4096, backing: 'pfnmap' }], pfnmapPolicy: 'fallback-to-device' };
    const { memslots, pfnmapPolicy } = checkConfiguration(given);
    assert.deepEqual({ memslots, pfnmapPolicy }, { memslots: given.memslots, pfnmapPolicy: given.pfnmapPolicy });
    assert.throws(() => checkConfiguration({ program: 'a.S', pfnmapPolicy: 'shrug' }), /pfnmapPolicy/);
  });

  test('--memslot says the same', () => {
    assert.deepEqual(parseMemslot('gpa=0x100000000,size=2M,backing=pfnmap,attributes=cacheable,readonly=on'), {
      ...{ gpa: '0x100000000', size: '2M', backing: 'pfnmap', attributes: 'cacheable', readonly: true },
    });
    assert.throws(() => parseMemslot('gpa'), /--memslot/);
  });
});
