// Bundles the product into dist/: the extension, the kvm-arm64 program, the machine's worker, the interpreter and the sample guests.
import { chmod, cp, mkdir, readdir, stat } from 'node:fs/promises';
import { build } from 'esbuild';

const production = process.argv.includes('--production');
const common = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  sourcemap: production ? false : 'linked',
  minifyWhitespace: production,
  minifySyntax: production,
  keepNames: true,
  logLevel: 'warning',
};
// Bundled CommonJS dependencies call require(): an ES module has to make it for them.
const requireForBundledCommonJs =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);";
const esm = { ...common, format: 'esm', banner: { js: requireForBundledCommonJs } };

const entries = [
  { in: 'extension/extension.ts', out: 'dist/extension.cjs', options: { ...common, format: 'cjs', external: ['vscode'] } },
  {
    in: 'debug-adapter/cli/main.ts',
    out: 'dist/cli.js',
    options: { ...esm, banner: { js: `#!/usr/bin/env node\n${requireForBundledCommonJs}` } },
  },
  { in: 'emulator/machine/worker.ts', out: 'dist/worker.js', options: esm },
];

const exists = (path) =>
  stat(path).then(
    () => true,
    () => false,
  );

await mkdir('dist', { recursive: true });
const missing = [];
for (const entry of entries) {
  if (!(await exists(entry.in))) {
    missing.push(entry.in);
    continue;
  }
  await build({ ...entry.options, entryPoints: [entry.in], outfile: entry.out });
}
if (!missing.includes('debug-adapter/cli/main.ts')) await chmod('dist/cli.js', 0o755);

if (await exists('extension/guests')) {
  await mkdir('dist/guests', { recursive: true });
  for (const name of await readdir('extension/guests')) await cp(`extension/guests/${name}`, `dist/guests/${name}`, { recursive: true });
}

for (const path of missing) console.warn(`build: ${path} does not exist yet: skipped`);
console.log(`build: ${entries.length - missing.length} bundles in dist/`);
