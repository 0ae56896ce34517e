import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, describe, it } from 'node:test';
import { profiles } from '../../../emulator/cpu/profiles/index.ts';
import { differences } from './differences.ts';
import { nameOf, type Scan, scanHere, scanQemu } from './scan.ts';

const noQemu =
  spawnSync('qemu-system-aarch64', ['--version'], { stdio: 'ignore' }).status === 0
    ? false
    : 'qemu-system-aarch64 is not installed (Debian package qemu-system-arm)';

const stored = new URL('scan.txt', import.meta.url);

/** Everything a scan found except what shows the time. */
function digest(scan: Scan): string {
  const lines = [...scan].filter(([key]) => !/CT_EL0|TVAL/.test(nameOf(key))).map(([key, outcome]) => `${key} ${outcome}`);
  return createHash('sha256').update(lines.join('\n')).digest('hex');
}

/** UPDATE_GOLDEN=1 writes the digests anew: after a change that was checked against QEMU. */
describe('the whole system instruction space, at EL1 and EL0', () => {
  const digests = new Map(
    readFileSync(stored, 'utf8')
      .split('\n')
      .map((line) => line.split(' ') as [string, string]),
  );
  for (const { name: cpu } of profiles) {
    it(`${cpu}: as QEMU has it, but for the differences that are meant`, async () => {
      const here = await scanHere(cpu);
      digests.set(cpu, process.env.UPDATE_GOLDEN ? digest(here) : digests.get(cpu)!);
      assert.equal(digest(here), digests.get(cpu), 'something changed; compare with QEMU, then UPDATE_GOLDEN=1');
      if (noQemu) return;
      const qemu = scanQemu(cpu);
      const rules = differences.filter((rule) => rule.cpus?.includes(cpu) ?? true);
      const used = new Set<number>();
      const unexpected: string[] = [];
      for (const key of new Set([...qemu.keys(), ...here.keys()])) {
        if (qemu.get(key) === here.get(key)) continue;
        const name = nameOf(key);
        const rule = rules.findIndex(({ names }) => names.test(name));
        if (rule >= 0) used.add(rule);
        else unexpected.push(`${key} ${name}: QEMU ${qemu.get(key) ?? 'UNDEFINED'}, here ${here.get(key) ?? 'UNDEFINED'}`);
      }
      assert.deepEqual(unexpected, []);
      assert.deepEqual(
        rules.filter((_, n) => !used.has(n)).map((rule) => String(rule.names)),
        [],
        'rules without a difference',
      );
    });
  }
  if (process.env.UPDATE_GOLDEN)
    after(() =>
      writeFileSync(
        stored,
        `${[...digests]
          .filter(([cpu]) => cpu)
          .map((row) => row.join(' '))
          .join('\n')}\n`,
      ),
    );
});
