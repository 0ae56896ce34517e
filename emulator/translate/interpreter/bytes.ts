import { generateInterpreter } from './interpreter.ts';
import { MACHINE_MEMORY } from './memory.ts';

/** Bytes of the interpreter as machines use it. The build calls this once and puts the bytes into the bundles in its place: no start of a bundle generates them. */
export const interpreterBytes = (): Uint8Array<ArrayBuffer> => generateInterpreter(MACHINE_MEMORY);
