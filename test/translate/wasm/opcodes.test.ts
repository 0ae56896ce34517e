import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CodeWriter } from '../../../emulator/translate/wasm/code.ts';
import { ModuleWriter } from '../../../emulator/translate/wasm/module.ts';
import { type MemoryOpcode, memoryOpcodes, opcode, opcodeNames } from '../../../emulator/translate/wasm/opcodes.ts';

/** A module whose only function does one instruction. */
function moduleOf(
  write: (code: CodeWriter) => void,
  parameters: readonly ('i32' | 'i64' | 'f32' | 'f64' | 'v128')[],
  results: typeof parameters,
): Uint8Array<ArrayBuffer> {
  const module = new ModuleWriter({ module: 'machine', name: 'memory', shared: false, maximumPages: 1 });
  const code = new CodeWriter(parameters.length);
  write(code);
  module.function({ parameters, results }, code);
  return module.finish();
}

describe('WebAssembly opcodes', () => {
  for (const name of opcodeNames())
    it(`${name} has the signature the table says`, () => {
      const { parameters, result, immediate } = opcode(name);
      const bytes = moduleOf(
        (code) => {
          parameters.forEach((_, k) => {
            code.get(k);
          });
          code.op(name);
          for (let k = 0; k < (immediate === 'lanes' ? 16 : immediate === 'lane' ? 1 : 0); k++) code.byte(0);
        },
        parameters,
        [result],
      );
      assert.ok(WebAssembly.validate(bytes));
    });

  for (const name of Object.keys(memoryOpcodes) as MemoryOpcode[])
    it(`${name} is valid`, () => {
      const type = name.split('.')[0] as 'i32';
      const store = name.includes('store');
      const bytes = moduleOf(
        (code) => {
          code.get(0);
          if (store) code.get(1);
          code.memory(name, 300);
        },
        store ? ['i32', type] : ['i32'],
        store ? [] : [type],
      );
      assert.ok(WebAssembly.validate(bytes));
    });

  it('a name that is none is refused', () => {
    assert.throws(() => opcode('i32.nonsense'), /no WebAssembly instruction is called i32.nonsense/);
  });
});

describe('constants', () => {
  for (const n of [0n, 1n, -1n, 63n, 64n, -64n, -65n, 0x7fffffffn, -0x80000000n, 0x7fffffffffffffffn, -0x8000000000000000n])
    it(`i64.const ${n} reads back`, () => {
      const module = new ModuleWriter({ module: 'machine', name: 'memory', shared: false, maximumPages: 1 });
      const code = new CodeWriter(0);
      code.i64(n);
      module.export('f', module.function({ parameters: [], results: ['i64'] }, code));
      const memory = new WebAssembly.Memory({ initial: 1 });
      const instance = new WebAssembly.Instance(new WebAssembly.Module(module.finish()), { machine: { memory } });
      assert.equal((instance.exports.f as () => bigint)(), n);
    });
});
