import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Client } from './client.ts';
import { startServer } from './server.ts';

const folder = fileURLToPath(new URL('../../extension/guests/', import.meta.url));
const samples = readdirSync(folder).filter((name) => name.endsWith('.S'));
const guest = (name: string): string => fileURLToPath(new URL(`./guests/${name}.S`, import.meta.url));

async function withServer(session: (client: Client) => Promise<void>): Promise<void> {
  const server = startServer();
  try {
    await session(new Client(server.line));
  } finally {
    server.kill();
  }
}

describe('the sample guests run to power-off under the debugger', { timeout: 120_000 }, () => {
  for (const name of samples) {
    it(name, () =>
      withServer(async (client) => {
        await client.launch({ program: join(folder, name), memory: '64M', cpus: 2, stopOnEntry: false });
        assert.deepEqual(await client.event('exited'), { exitCode: 0 });
        assert.match(client.output.join(''), /\w/);
      }),
    );
  }
});

describe('several vCPUs', { timeout: 120_000 }, () => {
  it('a breakpoint of one vCPU; stepping one leaves the others where they are', () =>
    withServer(async (client) => {
      await client.launch({ program: join(folder, 'smp.S'), memory: '64M', cpus: 4 }, () =>
        client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'count', condition: 'vcpu == 2' }] }),
      );
      await client.event('stopped');
      const names = async (): Promise<string[]> => (await client.request('threads')).threads.map((t: { name: string }) => t.name);
      assert.deepEqual(await names(), ['vCPU 0 (EL1)', 'vCPU 1 (powered off)', 'vCPU 2 (powered off)', 'vCPU 3 (powered off)']);
      await client.request('continue', { threadId: 1 });
      assert.equal((await client.event('stopped')).threadId, 3);
      const pc = async (threadId: number): Promise<string> =>
        (await client.request('stackTrace', { threadId, levels: 1 })).stackFrames[0].instructionPointerReference;
      const [first, third] = [await pc(1), await pc(3)];
      assert.match(third, /^va:0x[0-9a-f]+@2$/);
      await client.request('stepIn', { threadId: 3 });
      await client.event('stopped');
      assert.equal(await pc(1), first);
      assert.notEqual(await pc(3), third);
      await client.request('setFunctionBreakpoints', { breakpoints: [] });
      await client.request('continue', { threadId: 3 });
      assert.deepEqual(await client.event('exited'), { exitCode: 0 });
    }));
});

describe('restart', { timeout: 60_000 }, () => {
  it('assembles an edited source again and keeps its breakpoints', () =>
    withServer(async (client) => {
      const program = join(mkdtempSync(join(tmpdir(), 'restart-')), 'tour.S');
      copyFileSync(guest('tour'), program);
      await client.launch({ program, memory: '64M', stopOnEntry: false }, async () => {
        await client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'power_off' }] });
      });
      assert.equal((await client.event('stopped')).reason, 'breakpoint');
      assert.match(client.output.join(''), /^KVM: .*\nHi\nBye\n$/);
      writeFileSync(program, readFileSync(program, 'utf8').replace('"Bye\\n"', '"See you later\\n"'));
      client.output.length = 0;
      await client.request('restart', {});
      assert.equal((await client.event('stopped')).reason, 'breakpoint');
      assert.match(client.output.join(''), /^KVM: .*\nHi\nSee you later\n$/);
      writeFileSync(program, 'frobnicate x0\n');
      assert.match(await client.refusal('restart', {}), /tour\.S:1: /);
      await client.request('disconnect');
    }));
});

describe('goto', { timeout: 60_000 }, () => {
  it('moves PC to a line without executing anything', () =>
    withServer(async (client) => {
      const source = { path: guest('tour') };
      await client.launch({ program: source.path, memory: '64M' });
      await client.event('stopped');
      const { targets } = await client.request('gotoTargets', { source, line: 18 });
      await client.request('goto', { threadId: 1, targetId: targets[0].id });
      assert.equal((await client.event('stopped')).reason, 'goto');
      assert.equal((await client.request('stackTrace', { threadId: 1 })).stackFrames[0].line, 18);
      assert.match(await client.refusal('goto', { threadId: 1, targetId: 999 }), /no goto target/);
      await client.request('disconnect');
    }));
});

describe('progress', { timeout: 60_000 }, () => {
  it('is reported to clients that show it', () =>
    withServer(async (client) => {
      await client.launch({ program: guest('tour'), memory: '64M', stopOnEntry: false }, undefined, { supportsProgressReporting: true });
      await client.event('exited');
      const progress = client.seen.filter((name) => name.startsWith('progress'));
      assert.deepEqual([progress[0], progress.at(-1)], ['progressStart', 'progressEnd']);
    }));
});
