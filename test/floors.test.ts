/** The house's rules that a compiler does not check. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** From the ground up: a folder may import from itself and from what stands before it. */
const floors = [
  'emulator/isa',
  'emulator/translate',
  'emulator/memory',
  'emulator/cpu',
  'emulator/kvm',
  'emulator/vmm',
  'emulator/machine',
  'debug-adapter',
  'extension',
];

const MAX_LINES = 400;
const git = (...args: string[]) =>
  execFileSync('git', args, { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 26 })
    .split('\n')
    .filter((line) => line !== '');
const tracked = git('ls-files', '--cached', '--others', '--exclude-standard').filter((path) => existsSync(join(root, path)));
const text = (path: string) => readFileSync(join(root, path), 'utf8');
const sources = tracked.filter((path) => path.endsWith('.ts') || path.endsWith('.mjs'));

const floorOf = (path: string) => floors.findIndex((floor) => path.startsWith(`${floor}/`));

function imports(path: string): string[] {
  const specifiers = text(path).matchAll(/^\s*(?:import|export)\b[^'";]*?from\s+'([^']+)'|^\s*import\s+'([^']+)'|\bimport\('([^']+)'\)/gm);
  return [...specifiers].map((match) => (match[1] ?? match[2] ?? match[3])!);
}

describe('the floors of the house', () => {
  test('an import never climbs', () => {
    const climbs = sources.flatMap((path) => {
      const floor = floorOf(path);
      if (floor < 0) return [];
      return imports(path)
        .filter((specifier) => specifier.startsWith('.'))
        .map((specifier) => relative(root, normalize(join(root, dirname(path), specifier))))
        .filter((target) => floorOf(target) > floor || (floorOf(target) < 0 && target.startsWith('test/')))
        .map((target) => `${path} imports ${target}`);
    });
    assert.deepEqual(climbs, []);
  });

  test('only the extension knows the editor', () => {
    const others = sources.filter((path) => floorOf(path) >= 0 && !path.startsWith('extension/') && imports(path).includes('vscode'));
    assert.deepEqual(others, []);
  });

  test('imports name their file', () => {
    const unnamed = sources.flatMap((path) =>
      imports(path)
        .filter((specifier) => specifier.startsWith('.') && !/\.(ts|mjs|json)$/.test(specifier))
        .map((specifier) => `${path}: ${specifier}`),
    );
    assert.deepEqual(unnamed, []);
  });
});

describe('the house stays tidy', () => {
  test(`no source file is longer than ${MAX_LINES} lines`, () => {
    const long = sources.filter((path) => text(path).split('\n').length > MAX_LINES);
    assert.deepEqual(long, []);
  });

  test('the repository names no place outside itself', () => {
    const machinePath = new RegExp(`(?<![\\w.:/-])/${'work'}/|(?<![\\w-])\\.\\./${'shared'}/|/${'root'}/`);
    const readable = tracked.filter((path) => /\.(ts|mjs|md|json|S|yml|txt)$|^\.ci\//.test(path) && path !== 'package-lock.json');
    const lines = readable.flatMap((path) =>
      text(path)
        .split('\n')
        .map((line, index) => ({ line, where: `${path}:${index + 1}` }))
        .filter(({ line }) => machinePath.test(line))
        .map(({ where }) => where),
    );
    assert.deepEqual(lines, []);
  });
});
