/** The product as its users meet it: the packaged extension in the real workbench, Debian's kernel, F5. Screenshots go to docs/screenshots/ with UPDATE_GOLDEN. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { makeWorkspace } from '../../scripts/workspace.mjs';
import { repository, skipWithoutLinux } from '../guests/guests.ts';
import { skipWithoutBrowser, Workbench } from './workbench.ts';

const skip = skipWithoutBrowser() || skipWithoutLinux('6.1');
const screenshots = process.env.UPDATE_GOLDEN ? join(repository, 'docs', 'screenshots') : join(repository, '.cache', 'screenshots');
const EXIT = 'KVM_EXIT_MMIO';

describe('a Linux guest in the workbench', { skip }, () => {
  let workbench: Workbench;
  /** A test that leaves a picture of where it failed. */
  const seen = (name: string, run: () => Promise<void>) =>
    test(name, async () => {
      try {
        await run();
      } catch (error) {
        await workbench.screenshot(join(repository, '.cache', 'screenshots', `failed: ${name}.png`));
        throw error;
      }
    });
  const shot = (name: string) => workbench.screenshot(join(screenshots, `${name}.png`));

  before(async () => {
    const packaged = spawnSync(process.execPath, ['scripts/package.mjs', '--built'], { cwd: repository, encoding: 'utf8' });
    assert.equal(packaged.status, 0, packaged.stderr);
    workbench = await Workbench.open(makeWorkspace(join(repository, '.cache', 'workspace-test')), join(repository, 'kvm-arm64-debug.vsix'));
  });
  after(() => workbench?.close());

  seen('F5 stops at entry', async () => {
    await workbench.extensionReady();
    // The first configuration of the workspace is Linux.
    await workbench.page.keyboard.press('F5');
    // Stopping does not switch to the debug view.
    await workbench.page.keyboard.press('Control+Shift+d');
    await workbench.stopped();
    await workbench.row('.disassembly-view', '0x0000000040200000').waitFor();
    assert.match(await workbench.topFrame(), /0x40200000/);
    await shot('stopped-at-entry');
  });

  seen('an exit breakpoint stops at the first MMIO exit with its syndrome decoded', async () => {
    await workbench.checkFilter(EXIT);
    await workbench.toggleSection('Watch');
    await workbench.continue();
    await workbench.stoppedOn(EXIT);
    await workbench.collapse(await workbench.scrollTo('.debug-variables', 'General'));
    await workbench.expand(await workbench.scrollTo('.debug-variables', 'kvm_run'));
    await workbench.expand(await workbench.scrollTo('.debug-variables', 'ESR_EL2'));
    const exceptionClass = await workbench.scrollTo('.debug-variables', /^\s*EC\b/);
    assert.match(await exceptionClass.innerText(), /0x24/);
    await shot('mmio-exit');
  });

  seen('steps one instruction', async () => {
    await workbench.checkFilter(EXIT, false);
    const before = await workbench.topFrame();
    await workbench.step();
    assert.notEqual(await workbench.topFrame(), before);
    await shot('stepped');
  });

  seen('shows memory slots, page tables and a translation as documents', async () => {
    await workbench.command('KVM Arm64: Show Memory Slots');
    await workbench.editorShows(/memory.slot.0:.ipa:0x40000000/);
    await workbench.command('KVM Arm64: Show Page Tables…');
    await workbench.answer('VTTBR_EL2');
    await workbench.editorShows(/stage.2:.VTTBR_EL2/);
    await workbench.command('KVM Arm64: Translate an Address…');
    await workbench.answer('pc fetch');
    await workbench.editorShows(/access:.fetch.at.EL1/);
    await shot('translation');
    await workbench.command('View: Close All Editors in Group');
  });

  seen('continues to a shell that takes keystrokes', async () => {
    await workbench.continue();
    await workbench.command('KVM Arm64: Show Guest Console');
    await workbench.terminalShows('guest#', 90_000);
    await workbench.type('echo $((6 * 7)) answers; uname -m\n');
    await workbench.terminalShows('42 answers');
    await workbench.terminalShows('aarch64');
    await shot('shell');
  });

  seen('a sample guest runs from its source, line by line', async () => {
    await workbench.stop();
    await workbench.openFile('hello.S');
    await workbench.command('KVM Arm64: Debug This Guest');
    await workbench.stopped();
    await workbench.topFrameLine().waitFor();
    await workbench.checkFilter(EXIT);
    await workbench.continue();
    await workbench.stoppedOn(EXIT);
    await workbench.page.locator('.exception-widget', { hasText: EXIT }).waitFor();
    // The character to send.
    await workbench.row('.debug-variables', /^\s*x0\s*=\s*0x0{14}48\s*$/).waitFor();
    // The caller of the leaf function, found by its link register.
    await workbench.row('.debug-call-stack', /next\+0xc/).waitFor();
    await shot('sample-guest');
  });

  seen('an exit is answered by hand, from the palette', async () => {
    // The guest reads the UART's flags.
    await workbench.command('KVM Arm64: Complete MMIO with Value…');
    await workbench.enter('Complete MMIO with Value', '0x1 << 4');
    await workbench.page.locator('.statusbar-item', { hasText: 'the load gets 0x10' }).waitFor();
    await workbench.expand(await workbench.scrollTo('.debug-variables', 'kvm_run'));
    await workbench.scrollTo('.debug-variables', /answer\s*=\s*complete/);
    await workbench.scrollTo('.debug-variables', /data\s*=\s*0x10/);
    await workbench.command('KVM Arm64: Inject SError…');
    await workbench.choose('No syndrome');
    await workbench.page.locator('.statusbar-item', { hasText: 'SError pending until PSTATE.A lets it be taken' }).waitFor();
  });
});
