// Bundles the product into dist/: the extension, the kvm-arm64 program, the machine's worker and the sample guests.
import { chmod, cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { build } from 'esbuild';

const production = process.argv.includes('--production');
const common = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  sourcemap: production ? false : 'linked',
  minifyWhitespace: production,
  minifySyntax: true,
  logLevel: 'warning',
};
// Bundled CommonJS dependencies call require(): an ES module has to make it for them.
const requireForBundledCommonJs =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);";
const esm = { ...common, format: 'esm', banner: { js: requireForBundledCommonJs } };

// The interpreter is generated from the instruction table once, here. It lies beside the code that was built with it, whose handler numbers it has.
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
const generatedInterpreter = {
  name: 'generated interpreter',
  setup({ onLoad }) {
    onLoad({ filter: /interpreter[\\/]bytes\.ts$/ }, () => ({
      contents: `import { readFileSync } from 'node:fs';
export const interpreterBytes = () => readFileSync(new URL('./interpreter.wasm', import.meta.url));
`,
      loader: 'js',
    }));
  },
};

await mkdir('dist', { recursive: true });
await writeFile('dist/interpreter.wasm', interpreterBytes());
await build({
  ...common,
  format: 'cjs',
  external: ['vscode'],
  entryPoints: ['extension/extension.ts'],
  outfile: 'dist/extension.cjs',
});
// The programs share their code, and load what a command needs of it.
const { metafile } = await build({
  ...esm,
  splitting: true,
  metafile: true,
  plugins: [generatedInterpreter],
  entryPoints: {
    cli: 'debug-adapter/cli/main.ts',
    worker: 'emulator/machine/worker.ts',
    'compile-worker': 'emulator/vmm/compile-worker.ts',
  },
  chunkNames: 'shared-[hash]',
  outdir: 'dist',
});
// One helper thread for V8: the machine, the thread that translates and more helpers than that get in each other's way.
const flags = JSON.parse(await readFile('debug-adapter/engine-flags.json', 'utf8')).join(' ');
await writeFile('dist/cli.js', `#!/usr/bin/env -S node ${flags}\n${await readFile('dist/cli.js', 'utf8')}`);
await chmod('dist/cli.js', 0o755);
// What an earlier build left: the names of shared pieces change with what is in them.
for (const file of await readdir('dist')) {
  if (file.startsWith('shared-') && !(`dist/${file}` in metafile.outputs)) await rm(`dist/${file}`);
}
await cp('extension/guests', 'dist/guests', { recursive: true });
console.log('build: the extension, the programs and the sample guests in dist/');
