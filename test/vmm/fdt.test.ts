import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { type DeviceTreeOptions, deviceTree, deviceTreeBlob } from '../../emulator/vmm/device-tree.ts';
import { cells, flag, flatten, node, strings, wideCells } from '../../emulator/vmm/fdt/writer.ts';

const word = (blob: Uint8Array, at: number): number => new DataView(blob.buffer).getUint32(at);

describe('flattened device tree', () => {
  const blob = flatten(node('', [cells('#address-cells', 2)], [node('child@1', [strings('compatible', 'a', 'b'), flag('ranges')])]));

  test('header: magic, total size, version 17, last compatible 16', () => {
    assert.equal(word(blob, 0), 0xd00dfeed);
    assert.equal(word(blob, 4), blob.length);
    assert.equal(word(blob, 20), 17);
    assert.equal(word(blob, 24), 16);
  });

  test('the reservation block is one empty entry', () => {
    assert.deepEqual([...blob.subarray(40, 56)], new Array(16).fill(0));
    assert.equal(word(blob, 16), 40);
  });

  test('structure: BEGIN_NODE of the root, its property by name offset, nested nodes, END', () => {
    const at = word(blob, 8);
    const expected = [1, 0, 3, 4, 0, 2, 1];
    assert.deepEqual(
      expected.map((_, i) => word(blob, at + i * 4)),
      expected,
    );
    assert.equal(new TextDecoder().decode(blob.subarray(at + 28, at + 35)), 'child@1');
    assert.equal(word(blob, at + word(blob, 36) - 4), 9);
  });

  test('a property name is stored once', () => {
    const twice = flatten(node('', [cells('reg', 1)], [node('a', [cells('reg', 2)])]));
    assert.equal(word(twice, 32), 4);
  });

  test('64-bit values are two cells, most significant first', () => {
    assert.deepEqual([...wideCells('reg', 0x1_0000_0002).value], [0, 0, 0, 1, 0, 0, 0, 2]);
  });
});

const options: DeviceTreeOptions = {
  memory: 512 * 2 ** 20,
  cpus: 2,
  cpuCompatible: 'arm,cortex-a57',
  bootArguments: 'console=ttyAMA0',
  initrd: { start: 0x48000000, end: 0x48100000 },
  kaslrSeed: new Uint8Array(8).fill(1),
  rngSeed: new Uint8Array(32).fill(2),
};

/** Nodes and properties as `dtc -O dts` prints them, one line each, in order. */
function source(blob: Uint8Array): string[] | undefined {
  const dtc = spawnSync('dtc', ['-I', 'dtb', '-O', 'dts', '-q'], { input: blob, encoding: 'utf8' });
  if (dtc.error) return undefined;
  assert.equal(dtc.status, 0, dtc.stderr);
  return dtc.stdout.split('\n').map((line) => line.trim());
}

describe('device tree of the board', () => {
  test('dtc reads it back', (t) => {
    const lines = source(deviceTreeBlob(options));
    if (!lines) return t.skip('needs dtc');
    for (const line of [
      'compatible = "linux,dummy-virt";',
      'bootargs = "console=ttyAMA0";',
      'linux,initrd-start = <0x00 0x48000000>;',
      'pl011@9000000 {',
      'stdout-path = "/pl011@9000000";',
      'reg = <0x00 0x8000000 0x00 0x10000 0x00 0x80a0000 0x00 0xf60000>;',
      'interrupts = <0x01 0x0d 0x04 0x01 0x0e 0x04 0x01 0x0b 0x04 0x01 0x0a 0x04>;',
      'compatible = "arm,psci-1.0", "arm,psci-0.2", "arm,psci";',
    ]) {
      // Older dtc prints lists of strings with \0 between them.
      const known = lines.map((l) => l.replaceAll('\\0', '", "'));
      assert.ok(known.includes(line), `${line}\n${lines.join('\n')}`);
    }
    return undefined;
  });

  test('every node that QEMU has too says the same', (t) => {
    const file = join(mkdtempSync(join(tmpdir(), 'dtb-')), 'virt.dtb');
    const machine = `virt,gic-version=3,its=off,dumpdtb=${file}`;
    const qemu = spawnSync('qemu-system-aarch64', ['-M', machine, '-cpu', 'cortex-a57', '-m', '512', '-smp', '2', '-display', 'none']);
    if (qemu.error || qemu.status !== 0) return t.skip('needs qemu-system-aarch64');
    const theirs = properties(readFileSync(file));
    const ours = properties(deviceTreeBlob({ ...options, initrd: undefined } as unknown as DeviceTreeOptions));
    if (!theirs || !ours) return t.skip('needs dtc');
    // Seeds and phandles are free to choose.
    const free = /phandle|-seed|bootargs|cpu-map|clocks|interrupt-parent|gpios/;
    for (const [path, value] of ours) {
      if (!free.test(path)) assert.equal(value, theirs.get(path), path);
    }
    return undefined;
  });

  test('one memory node covers all RAM', () => {
    const memory = deviceTree(options).children.find((n) => n.name === 'memory@40000000');
    assert.deepEqual([...memory!.properties[0]!.value], [0, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 0, 0x20, 0, 0, 0]);
  });
});

/** `node/…/property` → value, from dtc's source form. */
function properties(blob: Uint8Array): Map<string, string> | undefined {
  const lines = source(blob);
  if (!lines) return undefined;
  const path: string[] = [];
  const found = new Map<string, string>();
  for (const line of lines) {
    if (line.endsWith('{')) path.push(line.slice(0, -1).trim());
    else if (line === '};') path.pop();
    else if (line.endsWith(';')) {
      const [name, value = ''] = line.slice(0, -1).split(' = ');
      found.set([...path, name].join('/'), value);
    }
  }
  return found;
}
