/** A folder to open in VS Code: the sample guests and scenarios, and a launch configuration for each of them and for Linux where its files are there. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './prepare.mjs';

const guests = join(root, '.cache', 'guests');

const sampleFolder = join(root, 'extension', 'guests');
const sourcesIn = (folder) => readdirSync(folder).filter((file) => file.endsWith('.S'));

const sampleConfiguration = (file) => ({
  type: 'kvm-arm64',
  request: 'launch',
  name: file.replace(/\.S$/, ''),
  program: '${workspaceFolder}/' + file,
  stopOnEntry: true,
});

const linuxConfiguration = (version) => ({
  type: 'kvm-arm64',
  request: 'launch',
  name: `Linux ${version} (Debian)`,
  kernel: join(guests, version, 'Image'),
  initrd: join(guests, 'shell.cpio.gz'),
  append: 'console=ttyAMA0 nokaslr',
  memory: '512M',
  cpus: 1,
  cpu: 'cortex-a57',
  stopOnEntry: true,
  ...(existsSync(join(guests, version, 'System.map')) ? { symbols: join(guests, version, 'System.map') } : {}),
});

/** Writes the workspace anew and gives its path back. */
export function makeWorkspace(folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, '.vscode'), { recursive: true });
  const samples = sourcesIn(sampleFolder);
  const scenarioFolder = join(sampleFolder, 'scenarios');
  for (const file of samples) cpSync(join(sampleFolder, file), join(folder, file));
  for (const file of sourcesIn(scenarioFolder)) cpSync(join(scenarioFolder, file), join(folder, file));
  const scenarios = JSON.parse(readFileSync(join(scenarioFolder, 'launch.json'), 'utf8')).configurations;
  const kernels = ['6.1', '6.12'].filter(
    (version) => existsSync(join(guests, version, 'Image')) && existsSync(join(guests, 'shell.cpio.gz')),
  );
  const configurations = [...kernels.map(linuxConfiguration), ...samples.map(sampleConfiguration), ...scenarios];
  writeFileSync(join(folder, '.vscode', 'launch.json'), `${JSON.stringify({ version: '0.2.0', configurations }, null, 2)}\n`);
  return folder;
}
