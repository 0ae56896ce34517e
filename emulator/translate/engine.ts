/** V8 reads branch hints without being told from this version on; before, Node has a flag for it. */
const HINTS_BY_DEFAULT = [13, 7] as const;

/**
 * Settings of V8, none of which changes a result; where there are none (browsers, Node before 20.16) nothing happens.
 *
 * Branch hints of generated modules are read: code for what hardly ever happens is kept out of the way. Without them big flat code takes a tenth longer, the
 * interpreter's loop half as long again. JavaScript is optimised when it has run seven times as long as usual: the thread that does it is the one that optimises
 * WebAssembly, and a booting guest gains more by that.
 */
export function tuneEngine(): void {
  const version = globalThis.process?.versions?.v8?.split('.').map(Number);
  const v8 = version && process.getBuiltinModule?.('node:v8');
  if (!v8) return;
  const [major, minor] = version as [number, number];
  v8.setFlagsFromString('--interrupt-budget=500000');
  if (major > HINTS_BY_DEFAULT[0] || (major === HINTS_BY_DEFAULT[0] && minor >= HINTS_BY_DEFAULT[1])) return;
  v8.setFlagsFromString('--experimental-wasm-branch-hinting');
}
