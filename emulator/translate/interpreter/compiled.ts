import { generateInterpreter } from './interpreter.ts';

/** The memory that every machine gives its generated code: not shared, up to 4 GiB in pages of 64 KiB. */
export const MACHINE_MEMORY = { shared: false, maximumPages: 65536 } as const;

/** Bytes of the interpreter as machines use it. The build writes them to `interpreter.wasm` beside its bundles. */
export const interpreterBytes = (): Uint8Array<ArrayBuffer> => generateInterpreter(MACHINE_MEMORY);

let compiled: Promise<WebAssembly.Module> | undefined;

/** The compiled interpreter: in a bundle the module that the build generated, which saves every start the time to generate it; run from source a new one. */
export function compileInterpreter(): Promise<WebAssembly.Module> {
  compiled ??= import.meta.url.endsWith('.ts')
    ? WebAssembly.compile(interpreterBytes())
    : compileBuilt(new URL('./interpreter.wasm', import.meta.url));
  return compiled;
}

async function compileBuilt(file: URL): Promise<WebAssembly.Module> {
  if (file.protocol !== 'file:') return WebAssembly.compileStreaming(fetch(file));
  const { readFile } = await import('node:fs/promises');
  return WebAssembly.compile(await readFile(file));
}
