import { assemble } from '../../../emulator/isa/assembler/assembler.ts';
import { Decoder } from '../../../emulator/isa/decoder.ts';
import { systemRegisters } from '../../../emulator/isa/registers/index.ts';
import { allInstructions } from '../../../emulator/isa/table.ts';
import { handlerTable } from '../../../emulator/translate/interpreter/interpreter.ts';
import { Predecoder } from '../../../emulator/translate/interpreter/predecoder.ts';
import { CPU, SYSTEM_OFFSET, SYSTEM_SLOTS, slots, V_OFFSET } from '../../../emulator/translate/layout.ts';
import { RegionCompiler } from '../../../emulator/translate/region/compiler.ts';
import { calledFunctions, discover } from '../../../emulator/translate/region/graph.ts';
import { wasmText } from '../wasm/text.ts';

const slotNames = new Map<number, string>(Object.entries(slots).map(([name, slot]) => [slot, name]));

const predecoder = new Predecoder(new WebAssembly.Memory({ initial: 1 }), handlerTable(), new Decoder(allInstructions));

/** The register at an address of the running vCPU's block. */
function registerAt(address: number): string | undefined {
  const offset = address - CPU;
  if (offset < 0 || offset >= SYSTEM_OFFSET + SYSTEM_SLOTS * 8) return undefined;
  if (offset >= SYSTEM_OFFSET) return systemRegisters[(offset - SYSTEM_OFFSET) >> 3]?.name;
  if (offset >= V_OFFSET) return `v${(offset - V_OFFSET) >> 4}${offset & 15 ? ` + ${offset & 15}` : ''}`;
  return offset >> 3 < 31 ? `x${offset >> 3}` : slotNames.get(offset >> 3);
}

/**
 * WebAssembly text of the region that begins with the first instruction of `source`. Calls are numbered: 0 is `nzcv`, then runtime functions by name.
 * @param knowsWatches As it is translated while memory is watched.
 */
export function regionText(source: string, knowsWatches = false): string {
  const { image } = assemble(source, { file: 'snippet.S', address: 0n });
  const words = new Int32Array(image.buffer, image.byteOffset, image.byteLength >> 2);
  const blocks = discover(0, {
    instruction: (place) => (place >= 0 && place < words.length ? predecoder.translatable(words[place]! >>> 0) : undefined),
    recordsOf: () => undefined,
  });
  if (!blocks) throw new Error('the first instruction cannot be translated');
  const called = [...calledFunctions(blocks)];
  const functions = { nzcv: 0, access: -1, commit: -1, runtime: (name: (typeof called)[number]) => 1 + called.indexOf(name) };
  const { bytes, unlikely } = new RegionCompiler(blocks, functions, knowsWatches).compile().finish();
  const header = [
    ...source
      .trim()
      .split('\n')
      .map((line) => `;; ${line}`.trimEnd()),
    ...called.map((name, n) => `;; call ${1 + n}: ${name}`),
  ];
  return `${[...header, '', '(func (param i64 i32) (result i64)', wasmText(bytes, unlikely, registerAt), ')'].join('\n')}\n`;
}
