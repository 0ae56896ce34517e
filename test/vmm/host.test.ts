import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseHost } from '../../debug-adapter/cli/host-option.ts';
import { checkConfiguration } from '../../debug-adapter/launch/configuration.ts';
import { parseAddressRange } from '../../emulator/vmm/address-range.ts';
import { checkHost, kernelProfile } from '../../emulator/vmm/host.ts';
import { guest, powerOff, runAll, x } from './guest.ts';

const idle = `${powerOff}`;
const fact = (machine: { readonly hostFacts: readonly { name: string; value: string }[] }, name: string): string =>
  machine.hostFacts.find((f) => f.name === name)!.value;

describe('the host as the launch describes it', () => {
  test('left out: what the CPU model brings, kernel profile merged', async () => {
    const machine = await guest(idle);
    assert.match(fact(machine, 'kernelProfile'), /^merged$/);
    assert.equal(fact(machine, 'FEAT_RAS'), 'no');
    assert.equal(fact(machine, 'APEI'), 'declines memory errors');
    assert.equal(machine.vm.features.ras, false);
    assert.equal(machine.vm.kernel.name, 'merged');
  });

  test('FEAT_RAS, FEAT_S2FWB, DIC, IDC and the size of addresses can be chosen, whatever the CPU model', async () => {
    const host = { ras: true, fwb: true, dic: true, idc: true, ipaBits: 40 };
    const machine = await guest(`mrs x0, ctr_el0\n mrs x11, id_aa64pfr0_el1\n mrs x12, id_aa64mmfr0_el1\n mov x10, x0\n${powerOff}`, {
      host,
    });
    assert.equal(machine.vm.features.ras && machine.vm.features.fwb, true);
    assert.equal(machine.vm.physicalAddressBits, 40);
    runAll(machine);
    assert.equal((x(machine, 10) >> 28n) & 3n, 3n);
    assert.equal((x(machine, 11) >> 28n) & 15n, 1n);
    assert.equal(x(machine, 12) & 15n, 2n);
  });

  test('and taken away', async () => {
    const machine = await guest(idle, { cpu: 'max', host: { ras: false, fwb: false } });
    assert.equal(machine.vm.features.ras || machine.vm.features.fwb, false);
  });

  test('FEAT_DoubleFault2 brings FEAT_RAS and SCTLR2_EL1; the proposed kernel does not offer it', async () => {
    const read = `mov x1, #0x30\n msr S3_0_C1_C0_3, x1\n mrs x10, S3_0_C1_C0_3\n${powerOff}`;
    const machine = await guest(read, { host: { doubleFault2: true } });
    assert.equal(machine.vm.features.ras && machine.vm.features.doubleFault2, true);
    runAll(machine);
    assert.equal(x(machine, 10), 0x30n);
    const older = await guest(read, { host: { doubleFault2: true }, kernelProfile: 'proposed' });
    assert.equal(older.vm.features.doubleFault2, false);
    assert.equal(older.vm.features.ras, true);
  });

  for (const [given, names] of [
    [{ fwb: 'yes' }, /host\.fwb/],
    [{ ras: 1 }, /host\.ras/],
    [{ ipaBits: 39 }, /host\.ipaBits/],
    [{ pageSize: 5000 }, /host\.pageSize/],
    [{ apei: 'maybe' }, /host\.apei/],
    [{ apei: ['0x40000000'] }, /host\.apei/],
    [{ apei: ['va:0x1000+8'] }, /host\.apei.*virtual/],
    [{ ras: false, doubleFault2: true }, /host\.doubleFault2/],
    [{ fbw: true }, /host\.fbw/],
    [[], /"host"/],
  ] as const)
    test(`${JSON.stringify(given)} is refused with the field's name`, () => {
      assert.throws(() => checkHost(given), names);
      assert.throws(() => checkConfiguration({ kernel: 'Image', host: given }), names.source === '"host"' ? /"host"/ : names);
    });

  test('an unknown kernel profile is refused', () => {
    assert.throws(() => kernelProfile('newest'), /kernelProfile/);
    assert.throws(() => checkConfiguration({ kernel: 'Image', kernelProfile: 'newest' }), /kernelProfile/);
  });

  test('APEI ranges of what is no memory are refused', async () =>
    assert.rejects(guest(idle, { host: { apei: ['ipa:0x1000+0x1000'] } }), /host\.apei/));

  test('the configuration keeps what was described', () => {
    const { host, kernelProfile: name } = checkConfiguration({ kernel: 'Image', host: { ras: true }, kernelProfile: 'proposed' });
    assert.deepEqual(host, { ras: true });
    assert.equal(name, 'proposed');
    assert.equal(checkConfiguration({ kernel: 'Image' }).kernelProfile, 'merged');
  });

  test('--host of the program', () => {
    assert.deepEqual(parseHost('ras=on,fwb=off,ipaBits=40,apei=claims'), { ras: true, fwb: false, ipaBits: 40, apei: 'claims' });
    assert.deepEqual(parseHost('apei=ipa:0x40200000+0x1000,apei=pa:0x1000000000'), { apei: ['ipa:0x40200000+0x1000', 'pa:0x1000000000'] });
    assert.throws(() => parseHost('ras'), /--host/);
    assert.throws(() => parseHost('ras=perhaps'), /host\.ras/);
  });
});

describe('address ranges', () => {
  test('a space, an address, and bytes', () => {
    assert.deepEqual(parseAddressRange('ipa:0x40200000+0x1000', ''), { space: 'ipa', start: 0x4020_0000n, bytes: 4096 });
    assert.deepEqual(parseAddressRange('VA:0xffff800008000000', ''), { space: 'va', start: 0xffff_8000_0800_0000n, bytes: 1 });
  });
  for (const bad of ['0x1000', 'ipa:', 'ipa:0x1000+0', 'gpa:0x1000', 'va:0xffffffffffffffff+2', 'pa:0x1000000000000', 7])
    test(`${JSON.stringify(bad)} is no range`, () => assert.throws(() => parseAddressRange(bad, '"poison"'), /"poison"/));
});
