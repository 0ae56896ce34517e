import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createInlineSession } from '../../debug-adapter/main.ts';
import { defaultWorkerUrl } from '../../emulator/machine/start-worker.ts';
import { Client } from './client.ts';

const idle = fileURLToPath(new URL('./guests/idle.S', import.meta.url));
const thread = { threadId: 1 };
const milliseconds = (n: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, n));

/** The idle guest, with its machine's thread in this process. */
async function guest(configuration: object) {
  const session = createInlineSession(defaultWorkerUrl());
  let shown = '';
  let look: () => void = () => {};
  const client = new Client({
    send: (message) => session.handleMessage(message as never),
    onMessage: (listener) =>
      session.onDidSendMessage((message: any) => {
        if (message.event === 'kvmArm64.console') shown += message.body.text;
        if (message.event === 'output') shown += message.body.output;
        listener(message);
        look();
      }),
  });
  await client.launch({ program: idle, memory: '64M', stopOnEntry: false, ...configuration });
  const shows = async (text: string): Promise<void> => {
    while (!shown.includes(text)) {
      await new Promise<void>((resolve) => {
        look = resolve;
      });
    }
  };
  const ticks = async (): Promise<number> => {
    await client.request('pause', thread);
    await client.event('stopped');
    const { result } = await client.request('evaluate', { expression: '*(u64*)ticks' });
    await client.request('continue', thread);
    return Number(result.split(' ')[0]);
  };
  await shows('>');
  return { client, shows, ticks };
}

/** What part of one processor this process uses meanwhile. */
async function load(time: number): Promise<number> {
  const before = process.cpuUsage();
  const started = performance.now();
  await milliseconds(time);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / (performance.now() - started);
}

describe('an idle guest', { timeout: 120_000 }, () => {
  for (const console of ['integratedTerminal', 'internalConsole']) {
    it(`leaves the processor alone, ${console}`, async () => {
      const { client } = await guest({ console });
      await milliseconds(500);
      const used = await load(2000);
      assert.ok(used < 0.1, `${(used * 100).toFixed(1)} % of a processor`);
      await client.request('disconnect');
    });
  }

  it('ticks no faster than outside', async () => {
    const { client, ticks } = await guest({});
    const before = await ticks();
    const started = performance.now();
    await milliseconds(1000);
    const after = await ticks();
    const expected = (performance.now() - started) / 4;
    assert.ok(after > before);
    assert.ok(after - before <= expected + 20, `${after - before} ticks instead of ${expected}`);
    await client.request('disconnect');
  });

  it('is woken by a key at once, however long it would sleep', async () => {
    const { client, shows } = await guest({ console: 'integratedTerminal' });
    await client.request('kvmArm64.input', { text: '!' });
    await shows('!');
    await milliseconds(300);
    const started = performance.now();
    await client.request('kvmArm64.input', { text: 'k' });
    await shows('k');
    assert.ok(performance.now() - started < 5000);
    await client.request('disconnect');
  });

  it('is paused at once, however long it would sleep', async () => {
    const { client, shows } = await guest({});
    await client.request('kvmArm64.input', { text: '!' });
    await shows('!');
    await milliseconds(300);
    const started = performance.now();
    await client.request('pause', thread);
    assert.equal((await client.event('stopped')).reason, 'pause');
    assert.ok(performance.now() - started < 5000);
    await client.request('disconnect');
  });

  it('with realtime its ticks are those of the clock on the wall', async () => {
    const { client, ticks } = await guest({ realtime: true });
    const before = await ticks();
    const started = performance.now();
    await milliseconds(1000);
    const after = await ticks();
    const expected = (performance.now() - started) / 4;
    assert.ok(after - before <= expected + 20 && after - before > expected / 4, `${after - before} ticks, ${expected} expected`);
    await client.request('disconnect');
  });
});
