import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { assemble } from '../../emulator/isa/assembler/assembler.ts';
import { FLAT_LOAD_ADDRESS } from '../../emulator/vmm/loader/kernel.ts';
import { powerOff } from '../vmm/guest.ts';

const main = fileURLToPath(new URL('../../debug-adapter/cli/main.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'kvm-arm64-save-'));
after(() => rmSync(folder, { recursive: true }));

const cli = (...options: string[]) =>
  spawnSync(process.execPath, ['--import', 'tsx', main, ...options], { input: '', encoding: 'utf8', timeout: 60_000 });

const guest = join(folder, 'guest.bin');
const source = `
        movz    x9, #0x0900, lsl #16
        adr     x1, text
1:      ldrb    w2, [x1], #1
        cbz     w2, 2f
        strb    w2, [x9]
        b       1b
2:${powerOff}
text:   .asciz "one two three four\\n"`;
writeFileSync(guest, assemble(source, { file: 'guest.S', address: BigInt(FLAT_LOAD_ADDRESS) }).image);
const saved = join(folder, 'machine');

describe('kvm-arm64 save and load', () => {
  test('what the guest prints before and after is what it prints in one go', () => {
    const before = cli('save', '--kernel', guest, '--memory', '2M', '--after', '30', '--to', saved);
    assert.deepEqual([before.status, before.stderr], [0, '']);
    const rest = cli('load', saved);
    assert.deepEqual([rest.status, rest.stderr, before.stdout + rest.stdout], [0, '', 'one two three four\n']);
  });

  test('a slot that the destination refuses ends with the errno and the rule', () => {
    const slot = 'gpa=0x100000000,size=2M,backing=pfnmap,attributes=cacheable';
    const options = ['--kernel', guest, '--memory', '2M', '--host', 'fwb=on,dic=on', '--memslot', slot];
    assert.equal(cli('save', ...options, '--after', '30', '--to', saved).stderr, '');
    const refused = cli('load', saved, '--host', 'fwb=off');
    assert.equal(refused.status, 1);
    assert.match(refused.stderr, /slot 1.*FEAT_S2FWB.*-EINVAL/);
    assert.equal(cli('load', saved, '--host', 'fwb=off', '--pfnmap-policy', 'fallback-to-device').status, 0);
  });

  test('a guest that ends earlier, a file that is none, a place that cannot be written', () => {
    const early = cli('save', '--kernel', guest, '--memory', '2M', '--after', '100000', '--to', saved);
    assert.equal(early.status, 2);
    assert.match(early.stderr, /ended after \d+ instructions.*power-off/);
    const none = cli('load', guest);
    assert.deepEqual([none.status, none.stderr.includes('no saved machine')], [1, true]);
    assert.match(cli('load', join(folder, 'absent')).stderr, /there is no such file/);
    const nowhere = cli('save', '--kernel', guest, '--memory', '2M', '--after', '3', '--to', join(folder, 'a', 'b'));
    assert.deepEqual([nowhere.status, nowhere.stderr.includes('--to')], [1, true]);
  });
});
