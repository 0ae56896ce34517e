import type { Program } from './program.ts';

export async function assembleProgram(path: string): Promise<Program> {
  throw new Error(path);
}
