// Bundles the product into dist/: the extension, the kvm-arm64 program, the machine's worker and the sample guests.
import { chmod, cp, mkdir } from 'node:fs/promises';
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

// The interpreter is generated from the instruction table once, here. It goes into the bundles rather than beside them, so that it always fits their handler
// numbers.
const generator = await build({
  ...common,
  sourcemap: false,
  format: 'esm',
  entryPoints: ['emulator/translate/interpreter/bytes.ts'],
  write: false,
});
const { interpreterBytes } = await import(
  `data:text/javascript;base64,${Buffer.from(generator.outputFiles[0].contents).toString('base64')}`
);
const interpreter = Buffer.from(interpreterBytes()).toString('base64');
const generatedInterpreter = {
  name: 'generated interpreter',
  setup({ onLoad }) {
    onLoad({ filter: /interpreter[\\/]bytes\.ts$/ }, () => ({
      contents: `const bytes = Buffer.from('${interpreter}', 'base64');\nexport const interpreterBytes = () => bytes;\n`,
      loader: 'js',
    }));
  },
};
const plugins = [generatedInterpreter];

const entries = [
  { in: 'extension/extension.ts', out: 'dist/extension.cjs', options: { ...common, format: 'cjs', external: ['vscode'] } },
  {
    in: 'debug-adapter/cli/main.ts',
    out: 'dist/cli.js',
    options: { ...esm, plugins, banner: { js: `#!/usr/bin/env node\n${requireForBundledCommonJs}` } },
  },
  { in: 'emulator/machine/worker.ts', out: 'dist/worker.js', options: { ...esm, plugins } },
  { in: 'emulator/vmm/compile-worker.ts', out: 'dist/compile-worker.js', options: { ...esm, plugins } },
];

await mkdir('dist', { recursive: true });
for (const entry of entries) await build({ ...entry.options, entryPoints: [entry.in], outfile: entry.out });
await chmod('dist/cli.js', 0o755);
await cp('extension/guests', 'dist/guests', { recursive: true });
console.log(`build: ${entries.length} bundles and the sample guests in dist/`);
