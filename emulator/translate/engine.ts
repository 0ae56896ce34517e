/** V8 reads branch hints without being told from this version on; before, Node has a flag for it. */
const HINTS_BY_DEFAULT = [13, 7] as const;

/**
 * Lets the engine read the branch hints of generated modules: code for what hardly ever happens is kept out of the way, which is a tenth of the time of big
 * flat code. Where there is no such flag (browsers) nothing happens: hints change no result.
 */
export async function readBranchHints(): Promise<void> {
  const version = globalThis.process?.versions?.v8?.split('.').map(Number);
  if (!version) return;
  const [major, minor] = version as [number, number];
  if (major > HINTS_BY_DEFAULT[0] || (major === HINTS_BY_DEFAULT[0] && minor >= HINTS_BY_DEFAULT[1])) return;
  const { setFlagsFromString } = await import('node:v8');
  setFlagsFromString('--experimental-wasm-branch-hinting');
}
