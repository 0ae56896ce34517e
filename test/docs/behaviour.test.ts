/** docs/behaviour.md names tests that exist, and no row is without a test or a reason. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';

const root = new URL('../../', import.meta.url);

interface Row {
  readonly line: number;
  readonly behaviour: string;
  readonly tests: readonly { readonly file: string; readonly title: string }[];
  readonly result: string;
}

/** Cells of a table row. */
function rowOf(text: string, line: number): Row {
  const [behaviour = '', tests = '', result = ''] = text
    .slice(1, -1)
    .split(' | ')
    .map((cell) => cell.trim());
  const named = tests === '-' ? [] : tests.split('<br>');
  return {
    ...{ line, behaviour, result },
    tests: named.map((text) => {
      const [, file = '', title = ''] = /^`([^`]+)`: (.+)$/.exec(text) ?? [];
      return { file, title };
    }),
  };
}

const lines = readFileSync(new URL('docs/behaviour.md', root), 'utf8').split('\n');
const sections = lines.flatMap((text, n) => (text.startsWith('## ') ? [n] : []));
const rows = lines.flatMap((text, n) => (text.startsWith('| ') && text !== '| behaviour | test | result |' ? [rowOf(text, n + 1)] : []));

const sources = new Map<string, string | undefined>();
/** Source of a test file, without the escapes of quotes. */
function sourceOf(file: string): string | undefined {
  if (!sources.has(file)) {
    const url = new URL(`test/${file}.test.ts`, root);
    sources.set(file, existsSync(url) ? readFileSync(url, 'utf8').replaceAll("\\'", "'") : undefined);
  }
  return sources.get(file);
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
/** A title in its quotes; `…` in it is a place that the source fills in. */
const inQuotes = (title: string): RegExp => new RegExp(`(['"\`])${title.split('…').map(escaped).join('\\$\\{[^`]+?\\}')}\\1`);

describe('docs/behaviour.md', () => {
  test('has rows in every section', () => {
    assert.ok(sections.length > 0);
    for (const [n, start] of sections.entries()) {
      const end = sections[n + 1] ?? lines.length;
      assert.ok(
        rows.some(({ line }) => line > start && line <= end),
        lines[start],
      );
    }
  });

  test('every row has a test, or says why it has none', () => {
    for (const { line, behaviour, tests, result } of rows) {
      assert.ok(behaviour !== '' && result !== '', `line ${line}`);
      if (tests.length === 0) assert.match(result, /^not modelled: .{10}/, `line ${line}: ${behaviour}`);
      else assert.match(result, /^(as specified|differs: .{10})/, `line ${line}: ${behaviour}`);
    }
  });

  test('every test that is named exists', () => {
    const missing = rows.flatMap(({ line, tests }) =>
      tests.flatMap(({ file, title }) => {
        const source = sourceOf(file);
        if (source === undefined) return [`line ${line}: there is no test/${file}.test.ts`];
        return title !== '' && inQuotes(title).test(source) ? [] : [`line ${line}: ${file} has no test "${title}"`];
      }),
    );
    assert.deepEqual(missing, []);
  });
});
