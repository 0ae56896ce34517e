/** What a fresh clone needs before anything else can run. Only Node's own modules here: nothing is installed yet. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const OLDEST_NODE = 20;

/** True when node_modules holds the versions that package-lock.json asks for. */
function dependenciesInstalled() {
  const installedLock = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(installedLock)) return false;
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const installed = JSON.parse(readFileSync(installedLock, 'utf8')).packages;
  return Object.entries(wanted).every(
    ([path, entry]) => path === '' || entry.optional || entry.devOptional || entry.peer || installed[path]?.version === entry.version,
  );
}

/** Runs one step in the checkout with its output shown; leaves the program with the step's status when it fails. */
export function step(command, args, options = {}) {
  const done = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options });
  if (done.error) {
    console.error(`${command}: ${done.error.message}`);
    process.exit(1);
  }
  if (done.status !== 0) {
    console.error(`failed: ${command} ${args.join(' ')}`);
    process.exit(done.status ?? 1);
  }
}

/** npm itself, found beside the running node, so that it also works where npm is not on PATH. */
function npm(args) {
  const script = process.env.npm_execpath;
  if (script?.endsWith('.js')) step(process.execPath, [script, ...args]);
  else step(process.platform === 'win32' ? 'npm.cmd' : 'npm', args, { shell: process.platform === 'win32' });
}

/** Installs the locked dependencies unless they are there already. */
export function prepareDependencies() {
  if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE) {
    console.error(`Node ${process.versions.node} is too old: Node ${OLDEST_NODE} or newer is needed.`);
    process.exit(1);
  }
  if (dependenciesInstalled()) return;
  console.log('Installing dependencies (once) ...');
  npm(['ci', '--no-audit', '--no-fund', '--loglevel=error']);
}

/** Builds dist/. The whole build takes seconds, so there is no attempt at building less of it. */
export function prepareBuild() {
  step(process.execPath, ['build.mjs']);
}
