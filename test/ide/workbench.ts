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

  /** Runs a command by its title, as typed into the command palette. */
  async command(title: string): Promise<void> {
    const input = this.page.locator('.quick-input-widget input.input');
    await this.page.keyboard.press('F1');
    await input.waitFor();
    await input.fill(`>${title}`);
    await this.page.locator('.quick-input-list .monaco-list-row', { hasText: title }).first().waitFor();
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

  /** Rows of a view, by a piece of their text. */
  row(view: '.debug-variables' | '.debug-call-stack' | '.debug-breakpoints' | '.disassembly-view', text: string | RegExp): Locator {
    return this.page.locator(`${view} .monaco-list-row`, { hasText: text }).first();
  }

  /** Opens a row of a tree and waits until it is open. */
  async expand(row: Locator): Promise<void> {
    await row.waitFor();
    if ((await row.getAttribute('aria-expanded')) === 'true') return;
    await row.click();
    if ((await row.getAttribute('aria-expanded')) !== 'true') await this.page.keyboard.press('ArrowRight');
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
