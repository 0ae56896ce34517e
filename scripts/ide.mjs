/**
 * The browser workbench (code-server), for machines without desktop VS Code and for the test that drives it.
 * About 800 MB, so it is no dependency: it is installed on demand into .cache/ide, from npm.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { root } from './prepare.mjs';

const CODE_SERVER = 'code-server@4.139.1';
/** The oldest Node that this code-server's extension host runs on. */
const NODE_MAJOR = 24;

const folder = join(root, '.cache', 'ide');
const modules = join(folder, 'node_modules');
const entry = join(modules, 'code-server', 'out', 'node', 'entry.js');
const complete = join(folder, 'complete');

const runsCodeServer = Number.parseInt(process.versions.node, 10) >= NODE_MAJOR;
const nodePackage = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
const node = runsCodeServer ? process.execPath : join(modules, nodePackage, 'bin', 'node');

/** Installs code-server unless it is there. @throws with npm's words when npm cannot. */
export function installWorkbench(log = console.log) {
  if (existsSync(complete)) return;
  log(`Installing the browser workbench (${CODE_SERVER}, once, about 800 MB) ...`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  const npm = (cwd, ...args) => {
    const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    const done = spawnSync('npm', [...args, ...quiet], { cwd, encoding: 'utf8', shell: process.platform === 'win32' });
    if (done.status !== 0) throw new Error(`npm ${args.join(' ')}: ${done.error?.message ?? done.stderr.trim()}`);
  };
  npm(folder, 'install', CODE_SERVER, ...(runsCodeServer ? [] : [`${nodePackage}@${NODE_MAJOR}`]));
  const workbench = join(modules, 'code-server', 'lib', 'vscode');
  // The workbench's own dependencies come with a lock file that npm ci does not accept.
  npm(workbench, 'install', '--omit=dev');
  npm(join(workbench, 'extensions'), 'install', '--omit=dev');
  writeFileSync(complete, `${CODE_SERVER}\n`);
}

const settings = {
  'workbench.startupEditor': 'none',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.tips.enabled': false,
  'chat.disableAIFeatures': true,
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'telemetry.telemetryLevel': 'off',
  'security.workspace.trust.enabled': false,
  // Text that can be read from the page, rather than a canvas.
  'terminal.integrated.gpuAcceleration': 'off',
  'git.openRepositoryInParentFolders': 'never',
};

function environment(profile) {
  const env = { ...process.env, XDG_CONFIG_HOME: join(profile, 'xdg', 'config'), XDG_DATA_HOME: join(profile, 'xdg', 'data') };
  // A server started from a VS Code terminal would otherwise take itself for part of that window.
  for (const name of Object.keys(env)) if (name.startsWith('VSCODE_')) delete env[name];
  return env;
}

const profileArguments = (profile) => ['--user-data-dir', join(profile, 'ud'), '--extensions-dir', join(profile, 'ext')];

/** A fresh profile in `profile` with the packaged extension installed. */
export function makeProfile(profile, vsix) {
  rmSync(profile, { recursive: true, force: true });
  mkdirSync(join(profile, 'ud', 'User'), { recursive: true });
  writeFileSync(join(profile, 'ud', 'User', 'settings.json'), JSON.stringify(settings, null, 2));
  if (vsix === undefined) return;
  const done = spawnSync(node, [entry, ...profileArguments(profile), '--install-extension', vsix, '--force'], {
    env: environment(profile),
    encoding: 'utf8',
  });
  if (done.status !== 0) throw new Error(`the extension was not installed: ${done.stdout}${done.stderr}`);
}

/** A port of 127.0.0.1 that nobody listens on. */
const freePort = () =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

async function answers(url) {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}

/** Starts the workbench's server. `stop()` ends it and what it started. */
export async function startWorkbench(profile, { port = undefined, timeout = 60_000 } = {}) {
  const chosen = port ?? (await freePort());
  const url = `http://127.0.0.1:${chosen}/`;
  const options = [
    '--auth',
    'none',
    '--bind-addr',
    `127.0.0.1:${chosen}`,
    '--disable-telemetry',
    '--disable-update-check',
    '--disable-workspace-trust',
  ];
  const server = spawn(node, [entry, ...options, '--disable-getting-started-override', ...profileArguments(profile)], {
    env: environment(profile),
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, so that the extension host and the adapters end with the server.
    detached: process.platform !== 'win32',
  });
  let output = '';
  for (const stream of [server.stdout, server.stderr]) stream.on('data', (chunk) => (output += chunk));
  const stop = () => {
    try {
      if (process.platform === 'win32') server.kill();
      else process.kill(-server.pid, 'SIGTERM');
    } catch {
      // It has ended already.
    }
  };
  const ended = new Promise((resolve) => server.once('exit', resolve));
  const deadline = Date.now() + timeout;
  while (!(await answers(url))) {
    if (server.exitCode !== null) throw new Error(`the workbench server ended: ${output}`);
    if (Date.now() > deadline) {
      stop();
      throw new Error(`the workbench server did not answer within ${timeout / 1000} s: ${output}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return { url, stop, ended, output: () => output };
}
