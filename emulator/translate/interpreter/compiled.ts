import { tuneEngine } from '../engine.ts';
import { interpreterBytes } from './bytes.ts';

export { MACHINE_MEMORY } from './memory.ts';

let compiled: Promise<WebAssembly.Module> | undefined;

/** The compiled interpreter, the same for every machine. */
export function compileInterpreter(): Promise<WebAssembly.Module> {
  if (!compiled) {
    tuneEngine();
    compiled = WebAssembly.compile(interpreterBytes());
  }
  return compiled;
}
