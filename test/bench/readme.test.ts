import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readmeText, withSection } from './readme.ts';

test('README.md quotes docs/bench.json as it is', () => {
  assert.equal(readmeText.is(), readmeText.shouldBe());
});

test('a text without a place for the figures', () => {
  assert.throws(() => withSection('# Title\n', 'figures'), /README.md has no/);
});
