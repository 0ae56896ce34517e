/** The real VS Code workbench, served to a headless Chromium: the hands and eyes of the workbench tests. */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium, type Locator, type Page } from 'playwright-core';
import { installWorkbench, makeProfile, startWorkbench, type WorkbenchServer } from '../../scripts/ide.mjs';
import { repository } from '../guests/guests.ts';

const browsers = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const browserProgram = () => browsers.find((path) => existsSync(path));

const WINDOW = { width: 1600, height: 1000 };
const PATIENCE = 60_000;

/** A view that shows rows. */
type View = '.debug-variables' | '.debug-call-stack' | '.debug-breakpoints' | '.disassembly-view';

/** The `skip` option of a test in the workbench: false where there is a browser. @throws in CI, which must not skip. */
export function skipWithoutBrowser(): string | false {
  if (browserProgram()) return false;
  if (process.env.CI === 'true') throw new Error('the workbench tests need Chromium at /usr/bin/chromium');
  return 'needs Chromium at /usr/bin/chromium';
}

export class Workbench {
  readonly page: Page;
  readonly #server: WorkbenchServer;
  readonly #browser: Browser;

  private constructor(server: WorkbenchServer, browser: Browser, page: Page) {
    this.#server = server;
    this.#browser = browser;
    this.page = page;
  }

  /** Opens a folder in a new workbench with the packaged extension, and waits until its explorer is there. */
  static async open(folder: string, vsix?: string): Promise<Workbench> {
    installWorkbench();
    const profile = join(repository, '.cache', `ide-profile-${process.pid}`);
    makeProfile(profile, vsix);
    const server = await startWorkbench(profile);
    try {
      const browser = await chromium.launch({
        executablePath: browserProgram()!,
        args: [
          '--headless',
          '--no-sandbox',
          '--disable-gpu',
          '--disable-quic',
          '--no-first-run',
          '--disable-background-networking',
          '--disable-component-update',
          '--disable-sync',
        ],
      });
      const page = await browser.newPage({ viewport: WINDOW });
      page.setDefaultTimeout(PATIENCE);
      const workbench = new Workbench(server, browser, page);
      await page.goto(`${server.url}?folder=${encodeURIComponent(folder)}`);
      await page.locator('.explorer-folders-view .monaco-list-row').first().waitFor();
      return workbench;
    } catch (error) {
      server.stop();
      throw error;
    }
  }

  /** Runs a command by its title, as typed into the command palette. Asks again while the extension that brings it is not up yet. */
  async command(title: string): Promise<void> {
    const input = this.page.locator('.quick-input-widget input.input');
    const row = this.page.locator('.quick-input-list .monaco-list-row', { hasText: title }).first();
    for (const deadline = Date.now() + PATIENCE; ; ) {
      await this.page.keyboard.press('F1');
      await input.waitFor();
      await input.fill(`>${title}`);
      const found = await row.waitFor({ timeout: 3000 }).then(
        () => true,
        () => false,
      );
      if (found) break;
      await this.page.keyboard.press('Escape');
      if (Date.now() > deadline) throw new Error(`the palette has no command "${title}"`);
    }
    await this.page.keyboard.press('Enter');
  }

  /** Types into the input or the list that a command has opened. */
  async answer(text: string): Promise<void> {
    const input = this.page.locator('.quick-input-widget input.input');
    await this.page.locator('.quick-input-title', { hasText: /./ }).waitFor();
    await input.fill(text);
    await this.page.keyboard.press('Enter');
  }

  /** An editor has text like this in view. */
  async editorShows(text: RegExp): Promise<void> {
    await this.page.locator('.monaco-editor .view-lines', { hasText: text }).first().waitFor();
  }

  /** Takes an entry of the quick pick that is open. */
  async choose(label: string): Promise<void> {
    await this.page.locator('.quick-input-list .monaco-list-row', { hasText: label }).first().click();
  }

  /** Types into the input box with this title and takes it. */
  async enter(title: string, text: string): Promise<void> {
    await this.page.locator('.quick-input-title', { hasText: title }).waitFor();
    await this.page.locator('.quick-input-widget input.input').fill(text);
    await this.page.keyboard.press('Enter');
  }

  /** Opens a file of the folder by name. */
  async openFile(name: string): Promise<void> {
    const input = this.page.locator('.quick-input-widget input.input');
    await this.page.keyboard.press('Control+p');
    await input.waitFor();
    await input.fill(name);
    await this.page.locator('.quick-input-list .monaco-list-row', { hasText: name }).first().waitFor();
    await this.page.keyboard.press('Enter');
    await this.page.locator('.tab.active', { hasText: name }).waitFor();
  }

  /** Waits until the extension runs: before that F5 starts nothing. */
  async extensionReady(): Promise<void> {
    await this.command('KVM Arm64: Show Guest Console');
    const message = this.page.locator('.notification-toast', { hasText: 'No guest with a console is running' }).first();
    await message.waitFor();
    await this.command('Notifications: Clear All Notifications');
  }

  /** Rows of a view, by a piece of their text. */
  row(view: View, text: string | RegExp): Locator {
    return this.page.locator(`${view} .monaco-list-row`, { hasText: text }).first();
  }

  /** Waits until the guest stands still. */
  async stopped(timeout = PATIENCE): Promise<void> {
    await this.page.locator('.debug-toolbar .codicon-debug-continue').waitFor({ timeout });
    await this.page.locator('.debug-call-stack .monaco-list-row .stack-frame').first().waitFor({ timeout });
  }

  /** Waits until the call stack says what the guest stopped on. */
  async stoppedOn(text: string): Promise<void> {
    await this.page.locator('.pane-header', { hasText: `Paused on ${text}` }).waitFor();
  }

  async continue(): Promise<void> {
    await this.page.locator('.debug-toolbar .codicon-debug-continue').click();
  }

  /** Ends the debug session. */
  async stop(): Promise<void> {
    const toolbar = this.page.locator('.debug-toolbar .codicon-debug-stop').first();
    await toolbar.click();
    await toolbar.waitFor({ state: 'hidden' });
  }

  /** The mark of the current line in the editor. */
  topFrameLine(): Locator {
    return this.page.locator('.debug-top-stack-frame-line').first();
  }

  /** One instruction, and waits for the stop after it. */
  async step(): Promise<void> {
    const before = await this.topFrame();
    await this.page.locator('.debug-toolbar .codicon-debug-step-into').click();
    const deadline = Date.now() + PATIENCE;
    while ((await this.topFrame()) === before) {
      if (Date.now() > deadline) throw new Error(`the step did not leave ${before}`);
      await this.page.waitForTimeout(50);
    }
  }

  /** Text of the topmost call stack row. */
  async topFrame(): Promise<string> {
    return (await this.page.locator('.debug-call-stack .monaco-list-row .stack-frame').first().innerText()).replaceAll('\n', ' ');
  }

  /** Brings a row of a long tree into view and gives it back: rows outside of the visible part don't exist. */
  async scrollTo(view: View, text: string | RegExp): Promise<Locator> {
    const row = this.row(view, text);
    const box = (await this.page.locator(view).first().boundingBox())!;
    await this.page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await this.page.mouse.wheel(0, -100_000);
    for (let turns = 0; turns < 100; turns++) {
      await this.page.waitForTimeout(100);
      if (await row.isVisible()) return row;
      await this.page.mouse.wheel(0, 44);
    }
    throw new Error(`${view} has no row with ${text}`);
  }

  /** Opens or closes a section of the side bar: the others share its space. */
  async toggleSection(title: string): Promise<void> {
    await this.page.locator('.pane-header', { hasText: title }).first().click();
  }

  /** Checks or unchecks a filter of the Breakpoints view. */
  async checkFilter(label: string, checked = true): Promise<void> {
    const row = await this.scrollTo('.debug-breakpoints', label);
    const box = row.locator('input[type=checkbox], .monaco-checkbox').first();
    await box.click();
    const state =
      (await box.getAttribute('type')) === 'checkbox' ? await box.isChecked() : (await box.getAttribute('aria-checked')) === 'true';
    if (state !== checked) throw new Error(`the filter ${label} is ${state ? 'on' : 'off'}`);
  }

  /** Opens a row of a tree. */
  expand = (row: Locator): Promise<void> => this.#turn(row, 'true');

  /** Closes a row of a tree. */
  collapse = (row: Locator): Promise<void> => this.#turn(row, 'false');

  async #turn(row: Locator, expanded: 'true' | 'false'): Promise<void> {
    await row.waitFor();
    if ((await row.getAttribute('aria-expanded')) === expanded) return;
    await row.locator('.monaco-tl-twistie').click();
    for (let tries = 0; (await row.getAttribute('aria-expanded')) !== expanded; tries++) {
      if (tries > 100) throw new Error(`the row did not ${expanded === 'true' ? 'open' : 'close'}`);
      await this.page.waitForTimeout(50);
    }
  }

  /** Waits until the visible terminal holds a text. */
  async terminalShows(text: string, timeout = PATIENCE): Promise<void> {
    await this.page.locator('.terminal-wrapper.active .xterm-rows', { hasText: text }).waitFor({ timeout });
  }

  /** Types into the terminal. */
  async type(text: string): Promise<void> {
    await this.page.locator('.terminal-wrapper.active .xterm-screen').click();
    await this.page.keyboard.type(text, { delay: 20 });
  }

  async screenshot(path: string): Promise<void> {
    mkdirSync(join(path, '..'), { recursive: true });
    await this.page.screenshot({ path });
  }

  async close(): Promise<void> {
    await this.#browser.close().catch(() => undefined);
    this.#server.stop();
    await this.#server.ended;
  }
}
