import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { Btf } from '../../../../debug-adapter/symbols/btf/btf.ts';
import { findBtf } from '../../../../debug-adapter/symbols/btf/find.ts';
import { definition } from '../../../../debug-adapter/symbols/declaration.ts';
import { parseSystemMap } from '../../../../debug-adapter/symbols/system-map.ts';
import { guestFiles, kernelVersions, skipWithout } from '../../../guests/guests.ts';
import { bpftoolDump, definitions, skipWithoutBpftool } from './bpftool.ts';
import { rawDump } from './raw-dump.ts';

/** How bpftool spells what C leaves open. */
const oneSpelling = (text: string): string =>
  text
    .replace(/\* (?=[(*c])/g, '*')
    .replace(/\{\n\t*\}/g, '{}')
    .replaceAll('[0]', '[]')
    .replace(/ = (-?\d+)U?LL,/g, ' = $1,');

for (const version of kernelVersions) {
  const { image, systemMap } = guestFiles().kernels[version];
  describe(`the kernel's own BTF in the Image, ${version}`, { skip: skipWithout(image) || skipWithoutBpftool() }, () => {
    const bytes = readFileSync(image);
    const btf = findBtf(bytes) as Btf;
    const offset = (): number => bytes.indexOf(btf.bytes.subarray(0, 4096));

    it('is where __start_BTF and __stop_BTF are', { skip: skipWithout(systemMap) }, () => {
      const symbols = new Map(parseSystemMap(readFileSync(systemMap, 'utf8')).map((s) => [s.name, s.address]));
      const [start, stop, text] = ['__start_BTF', '__stop_BTF', '_stext'].map((name) => symbols.get(name));
      if (start === undefined) return;
      const base = text! - (text! % (2n << 20n));
      assert.equal(offset(), Number(start - base));
      assert.equal(btf.bytes.length, Number(stop! - start));
    });

    it('every type, kind, name and member as bpftool prints them', () => {
      const theirs = bpftoolDump(btf.bytes);
      let line = 0;
      for (const ours of rawDump(btf.records)) if (ours !== theirs[line++]) assert.equal(ours, theirs[line - 1], `line ${line}`);
      assert.equal(theirs.slice(line).join(''), '');
      assert.ok(line > 200_000);
    });

    it('every struct, union and enum in C as bpftool declares it', () => {
      let compared = 0;
      const named = new Map<string, string[]>();
      for (let id = 1; id < btf.records.count; id++) {
        const kind = btf.records.kindOf(id).toLowerCase().replace('64', '');
        if (kind !== 'struct' && kind !== 'union' && kind !== 'enum') continue;
        const key = `${kind} ${btf.records.nameOf(id)}`;
        if (key.endsWith(' ')) continue;
        named.set(key, [...(named.get(key) ?? []), oneSpelling(definition(btf.type(id)))]);
      }
      for (const { keyword, name, text } of definitions(bpftoolDump(btf.bytes, 'format', 'c'))) {
        // Of several types with one name bpftool numbers all but one.
        if (/___\d/.test(text)) continue;
        const ours = named.get(`${keyword} ${name}`) ?? [];
        const theirs = oneSpelling(text);
        if (!ours.includes(theirs)) assert.equal(ours.join('\n'), theirs);
        compared++;
      }
      assert.ok(compared > 8000, `${compared} compared`);
    });
  });
}
