/** What small pieces of guest code become: a change in generated code is seen in review. `npm test -- region/golden --update-golden` rewrites the files. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { regionText } from './region-text.ts';
import { snippets, whileWatched } from './snippets.ts';

const folder = new URL('golden/', import.meta.url);
const update = process.env.UPDATE_GOLDEN !== undefined;

describe('regions as WebAssembly text', () => {
  mkdirSync(folder, { recursive: true });
  for (const [name, source] of Object.entries(snippets))
    test(name, () => {
      const text = regionText(source, whileWatched.has(name));
      const file = new URL(`${name}.wat`, folder);
      if (update) writeFileSync(file, text);
      assert.equal(text, readFileSync(file, 'utf8'), `${name}.wat: after a look at the difference, --update-golden accepts it`);
    });

  test('no file is left of a snippet that is gone', () => {
    const left = readdirSync(folder).filter((file) => !Object.hasOwn(snippets, file.replace(/\.wat$/, '')));
    if (update) for (const file of left) rmSync(new URL(file, folder));
    else assert.deepEqual(left, []);
  });
});
