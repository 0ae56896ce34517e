// Bundles the product into dist/: the extension, the kvm-arm64 program, the machine's worker, the interpreter and the sample guests.
import { chmod, cp, mkdir, writeFile } from 'node:fs/promises';
import { build } from 'esbuild';

const production = process.argv.includes('--production');
const common = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  sourcemap: production ? false : 'linked',
  minifyWhitespace: production,
  minifySyntax: production,
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

await mkdir('dist', { recursive: true });
for (const entry of entries) await build({ ...entry.options, entryPoints: [entry.in], outfile: entry.out });
await chmod('dist/cli.js', 0o755);

// The interpreter is generated from the instruction table once, here, rather than at every start.
const generator = await build({
  ...common,
  sourcemap: false,
  format: 'esm',
  entryPoints: ['emulator/translate/interpreter/compiled.ts'],
  write: false,
});
const { interpreterBytes } = await import(
  `data:text/javascript;base64,${Buffer.from(generator.outputFiles[0].contents).toString('base64')}`
);
await writeFile('dist/interpreter.wasm', interpreterBytes());

await cp('extension/guests', 'dist/guests', { recursive: true });
console.log(`build: ${entries.length} bundles, the interpreter and the sample guests in dist/`);
