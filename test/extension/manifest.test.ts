import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { editorProperties, launchProperties } from '../../debug-adapter/launch/schema.ts';

const root = new URL('../../', import.meta.url);
const read = (path: string): any => JSON.parse(readFileSync(new URL(path, root), 'utf8'));
const manifest = read('package.json');
const [debuggerContribution] = manifest.contributes.debuggers;

describe('manifest', () => {
  it('the launch properties are those the adapter checks', () =>
    assert.deepEqual(debuggerContribution.configurationAttributes.launch.properties, JSON.parse(JSON.stringify(launchProperties))));
  it('snippets and initial configurations use known properties', () => {
    const bodies = [
      ...debuggerContribution.configurationSnippets.map((s: { body: object }) => s.body),
      ...debuggerContribution.initialConfigurations,
    ];
    for (const body of bodies)
      for (const name of Object.keys(body)) assert.ok(name in launchProperties || editorProperties.has(name), name);
  });
  it('every command it names is registered', () => {
    const folder = new URL('extension/', root);
    const sources = readdirSync(folder).filter((name) => name.endsWith('.ts'));
    const source = sources.map((name) => readFileSync(new URL(name, folder), 'utf8')).join('\n');
    for (const { command } of manifest.contributes.commands) assert.ok(source.includes(`'${command}'`), command);
  });
  it('menus show known commands', () => {
    const known = new Set(manifest.contributes.commands.map((c: { command: string }) => c.command));
    for (const { command } of Object.values<any>(manifest.contributes.menus).flat()) assert.ok(known.has(command), command);
  });
  it('the menu of a thread has every answer to an exit, each only where the exit has it, and bad memory', () => {
    const menu: { command: string; when: string }[] = manifest.contributes.menus['debug/callstack/context'];
    const shown = Object.fromEntries(
      menu.map(({ command, when }) => [command.replace('kvmArm64.', ''), when.replace(/^.*kvmArm64\./, '')]),
    );
    assert.deepEqual(shown, {
      answerExit: 'atExit',
      injectDataAbort: 'answer.inject-dabt',
      injectInstructionAbort: 'answer.inject-iabt',
      injectSError: 'answer.inject-serror',
      completeMmio: 'answer.complete',
      resumeExit: 'answer.resume',
      poison: 'atExit',
    });
    const context = readFileSync(new URL('extension/exit-context.ts', root), 'utf8');
    for (const key of Object.values(shown)) {
      const kind = key.replace('answer.', '');
      assert.ok(context.includes(kind === 'atExit' ? "'kvmArm64.atExit'" : `'${kind}'`), `nobody sets ${key}`);
    }
  });
  it('README.md lists every launch property', () => {
    const readme = readFileSync(new URL('README.md', root), 'utf8');
    const listed = new Set([...readme.matchAll(/^\| `([a-zA-Z0-9]+)` \|/gm)].map(([, name]) => name!));
    assert.deepEqual([...listed].sort(), Object.keys(launchProperties).sort());
  });
  it('the files it names exist', () => {
    for (const { configuration } of manifest.contributes.languages) read(configuration);
    for (const { path } of manifest.contributes.grammars) read(path);
  });
});

describe('grammar', () => {
  const grammar = read('syntaxes/arm64-assembly.tmLanguage.json');
  const patterns: string[] = [];
  (function collect(node: unknown): void {
    if (typeof node !== 'object' || node === null) return;
    for (const [key, value] of Object.entries(node)) {
      if (['match', 'begin', 'end'].includes(key) && typeof value === 'string') patterns.push(value);
      else collect(value);
    }
  })(grammar);
  it('every pattern is a regular expression', () => {
    for (const pattern of patterns) assert.doesNotThrow(() => new RegExp(pattern.replace(/^\(\?i\)/, '')), pattern);
  });
  it('every include exists', () => {
    const names = [...JSON.stringify(grammar).matchAll(/"include":"#([a-z]+)"/g)].map((m) => m[1]!);
    for (const name of names) assert.ok(name in grammar.repository, name);
  });
});
