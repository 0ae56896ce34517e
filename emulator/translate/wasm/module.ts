import type { ValueType } from '../../isa/builder.ts';
import type { CodeWriter, FunctionBody } from './code.ts';
import { valueTypeBytes } from './opcodes.ts';

export interface Signature {
  readonly parameters: readonly ValueType[];
  readonly results: readonly ValueType[];
}

/** Assembles the sections of a WebAssembly module: imports first, then functions, one table, exports. */
export class ModuleWriter {
  private readonly types: string[] = [];
  private readonly signatures: Signature[] = [];
  private readonly imports: { module: string; name: string; type: number }[] = [];
  private readonly functions: { type: number; body: FunctionBody }[] = [];
  private readonly exported: { name: string; index: number }[] = [];
  private tableEntries: readonly number[] | undefined;
  private tableName: string | undefined;

  /** @param shared The imported memory is shared; `maximumPages` then must match it. */
  constructor(
    private readonly memory: { readonly module: string; readonly name: string; readonly shared: boolean; readonly maximumPages: number },
  ) {}

  typeIndex(signature: Signature): number {
    const key = `${signature.parameters.join()}:${signature.results.join()}`;
    const found = this.types.indexOf(key);
    if (found >= 0) return found;
    this.types.push(key);
    this.signatures.push(signature);
    return this.types.length - 1;
  }

  /** Function index of an import. All imports come before the first `function`. */
  import(module: string, name: string, signature: Signature): number {
    if (this.functions.length > 0) throw new Error('imports come before functions');
    this.imports.push({ module, name, type: this.typeIndex(signature) });
    return this.imports.length - 1;
  }

  /** Function index of a new function. */
  function(signature: Signature, body: CodeWriter): number {
    this.functions.push({ type: this.typeIndex(signature), body: body.finish() });
    return this.imports.length + this.functions.length - 1;
  }

  export(name: string, index: number): void {
    this.exported.push({ name, index });
  }

  /** Contents of table 0, exported under a name: it may grow. */
  table(functions: readonly number[], name: string): void {
    this.tableEntries = functions;
    this.tableName = name;
  }

  finish(): Uint8Array<ArrayBuffer> {
    const out = new Bytes();
    out.raw([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
    out.section(1, (s) => {
      s.unsigned(this.signatures.length);
      for (const { parameters, results } of this.signatures) {
        s.raw([0x60]);
        for (const list of [parameters, results]) {
          s.unsigned(list.length);
          s.raw(list.map((t) => valueTypeBytes[t]));
        }
      }
    });
    out.section(2, (s) => {
      s.unsigned(this.imports.length + 1);
      s.name(this.memory.module);
      s.name(this.memory.name);
      s.raw([2, this.memory.shared ? 3 : 0]);
      s.unsigned(1);
      if (this.memory.shared) s.unsigned(this.memory.maximumPages);
      for (const { module, name, type } of this.imports) {
        s.name(module);
        s.name(name);
        s.raw([0]);
        s.unsigned(type);
      }
    });
    out.section(3, (s) => {
      s.unsigned(this.functions.length);
      for (const f of this.functions) s.unsigned(f.type);
    });
    const entries = this.tableEntries;
    if (entries)
      out.section(4, (s) => {
        s.raw([1, 0x70, 0]);
        s.unsigned(entries.length);
      });
    out.section(7, (s) => {
      s.unsigned(this.exported.length + (this.tableName === undefined ? 0 : 1));
      for (const { name, index } of this.exported) {
        s.name(name);
        s.raw([0]);
        s.unsigned(index);
      }
      if (this.tableName !== undefined) {
        s.name(this.tableName);
        s.raw([1, 0]);
      }
    });
    if (entries)
      out.section(9, (s) => {
        s.raw([1, 0, 0x41, 0, 0x0b]);
        s.unsigned(entries.length);
        for (const f of entries) s.unsigned(f);
      });
    this.branchHints(out);
    out.section(10, (s) => {
      s.unsigned(this.functions.length);
      for (const f of this.functions) {
        s.unsigned(f.body.bytes.length);
        s.append(f.body.bytes);
      }
    });
    return out.bytes();
  }

  private branchHints(out: Bytes): void {
    const hinted = this.functions.flatMap(({ body }, n) => (body.unlikely.length > 0 ? [{ n, unlikely: body.unlikely }] : []));
    if (hinted.length === 0) return;
    out.section(0, (s) => {
      s.name(BRANCH_HINTS);
      s.unsigned(hinted.length);
      for (const { n, unlikely } of hinted) {
        s.unsigned(this.imports.length + n);
        s.unsigned(unlikely.length);
        for (const at of unlikely) {
          s.unsigned(at);
          s.raw([1, 0]);
        }
      }
    });
  }
}

/** Section of the branch hinting proposal; engines that do not know it skip it. */
const BRANCH_HINTS = 'metadata.code.branch_hint';

/** A growing byte string. */
class Bytes {
  private data = new Uint8Array(1 << 16);
  private length = 0;

  private reserve(n: number): void {
    if (this.length + n <= this.data.length) return;
    const grown = new Uint8Array(Math.max(this.data.length * 2, this.length + n));
    grown.set(this.data);
    this.data = grown;
  }

  append(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.data.set(bytes, this.length);
    this.length += bytes.length;
  }

  raw(bytes: readonly number[]): void {
    this.append(Uint8Array.from(bytes));
  }

  unsigned(n: number): void {
    const bytes: number[] = [];
    let rest = n;
    while (rest >= 0x80) {
      bytes.push((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    bytes.push(rest);
    this.raw(bytes);
  }

  name(text: string): void {
    const bytes = new TextEncoder().encode(text);
    this.unsigned(bytes.length);
    this.append(bytes);
  }

  section(id: number, write: (section: Bytes) => void): void {
    const section = new Bytes();
    write(section);
    this.raw([id]);
    this.unsigned(section.length);
    this.append(section.bytes());
  }

  bytes(): Uint8Array<ArrayBuffer> {
    return this.data.slice(0, this.length);
  }
}
