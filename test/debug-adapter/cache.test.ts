/** What the cache has otherwise than memory, as a client sees it. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { aliasesOn } from '../vmm/cache/aliases.ts';
import { Client } from './client.ts';
import { startServer } from './server.ts';

const source = `
_start:
${aliasesOn()}
        movz    x1, #0x1122
        str     x1, [x9, #8]
        hvc     #0x123
        b       .
        .balign 4096
tables: .skip   4096
`;

async function withGuest(cacheModel: boolean, play: (client: Client) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'cache-'));
  const server = startServer();
  try {
    const program = join(folder, 'guest.S');
    writeFileSync(program, source);
    const client = new Client(server.line);
    await client.launch({ program, memory: '64M', ...(cacheModel ? { cacheModel } : {}) });
    await client.event('stopped');
    const { breakpoints } = await client.request('setInstructionBreakpoints', { breakpoints: [] });
    assert.deepEqual(breakpoints, []);
    await play(client);
  } finally {
    server.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

const repl = async (client: Client, expression: string): Promise<string> =>
  (await client.request('evaluate', { expression, context: 'repl' })).result;

/** Steps until x1 has been stored. */
async function toTheStore(client: Client): Promise<void> {
  for (let n = 0; n < 60; n++) {
    await client.request('next', { threadId: 1 });
    await client.event('stopped');
    if ((await repl(client, '*(u32*)pc,x')).includes('d4002462')) return;
  }
  assert.fail('the guest did not come to its HVC');
}

describe('the cache model in a session', { timeout: 120_000 }, () => {
  it('the line of a store: dirty, with both contents', () =>
    withGuest(true, async (client) => {
      await toTheStore(client);
      const { lines, counts, text } = await client.request('kvmArm64.cacheDifferences', { address: 'ipa:0x40200000', length: 4096 });
      assert.deepEqual(
        lines.map((line: { address: string; state: string; differing: unknown }) => [line.address, line.state, line.differing]),
        [['0x40200000', 'dirty', [{ offset: 8, length: 2 }]]],
      );
      assert.equal(lines[0].cached.slice(16, 32), '2211000000000000');
      assert.equal(lines[0].memory, '00'.repeat(64));
      assert.deepEqual(counts, { absent: 0, clean: 63, dirty: 1 });
      assert.match(text, /64 lines: 0 not in the cache, 63 clean, 1 dirty\nipa:0x40200000 \(pa:0x[0-9a-f]+\): in the cache, dirty/);
    }));

  it('`cache` in the Debug Console: a line, a range, an expression', () =>
    withGuest(true, async (client) => {
      await toTheStore(client);
      const line = await repl(client, 'cache va:x9');
      assert.match(line, /^va:0x40200000 \(pa:0x[0-9a-f]+\): in the cache, dirty\n {2}\+00 cache .*\[22\]\[11\] 00/);
      assert.match(line, /\n {2}\+00 memory .*\[00\]\[00\] 00/);
      assert.match(await repl(client, 'cache x9 + 64'), /^va:0x40200040 .*: in the cache, clean, as memory has it/);
      assert.match(await repl(client, 'cache ipa:0x40200040 64'), /^1 lines?: .*no byte differs from memory/);
    }));

  it('without the model it says so', () =>
    withGuest(false, async (client) => {
      await assert.rejects(
        client.request('kvmArm64.cacheDifferences', { address: 'ipa:0x40200000' }),
        /no cache model.*"cacheModel": true/,
      );
    }));

  it('nonsense is refused by name', () =>
    withGuest(true, async (client) => {
      for (const [args, message] of [
        [{}, /"address"/],
        [{ address: 'ipa:0x40000000', length: 0 }, /"length"/],
        [{ address: 'ipa:0x40000000', length: 2 ** 30 }, /"length"/],
        [{ address: 'pa:' }, /no address/],
      ] as const)
        await assert.rejects(client.request('kvmArm64.cacheDifferences', args), message);
    }));
});
