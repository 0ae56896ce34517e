import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createInlineSession, serveLoopback } from '../../debug-adapter/main.ts';
import { encodeFrame, FrameReader } from '../../debug-adapter/protocol/framing.ts';
import { defaultWorkerUrl } from '../../emulator/machine/start-worker.ts';
import { Client } from './client.ts';
import { startServer } from './server.ts';

const guest = (name: string): string => fileURLToPath(new URL(`./guests/${name}.S`, import.meta.url));
const thread = { threadId: 1 };
const soon = (milliseconds: number): Promise<string> =>
  new Promise((resolve) => setTimeout(() => resolve('still there'), milliseconds).unref());

/** A client on a server process; the process is gone at the end in any case. */
async function withServer(session: (client: Client, server: ReturnType<typeof startServer>) => Promise<void>): Promise<void> {
  const server = startServer();
  try {
    await session(new Client(server.line), server);
  } finally {
    server.kill();
  }
}

describe('the server process', { timeout: 120_000 }, () => {
  it('ends when the client vanishes while the guest runs', () =>
    withServer(async (client, server) => {
      await client.launch({ program: guest('flood'), memory: '64M', stopOnEntry: false });
      server.hangUp();
      assert.equal(await Promise.race([server.exited, soon(5000)]), 0);
    }));

  it('ends when the client vanishes before it said anything', () =>
    withServer(async (_, server) => {
      server.hangUp();
      assert.equal(await Promise.race([server.exited, soon(10_000)]), 0);
    }));

  it('ends when the client disconnects in the middle of a launch', () =>
    withServer(async (client, server) => {
      await client.request('initialize', { adapterID: 'x' });
      void client.ask('launch', { program: guest('tour'), memory: '64M' });
      await client.request('disconnect');
      assert.equal(await Promise.race([server.exited, soon(10_000)]), 0);
    }));

  it('goes on after garbage', () =>
    withServer(async (client, server) => {
      server.raw('hello\r\n\r\nContent-Length: 5\r\n\r\n{{{{{');
      server.raw(encodeFrame([1, 2]));
      server.raw(encodeFrame({ type: 'response', request_seq: 77, success: true }));
      server.raw(encodeFrame({ type: 'request', seq: 900 }));
      await client.request('initialize', { adapterID: 'x' });
      assert.ok(client.output.some((text) => /protocol error/.test(text)));
      await client.request('disconnect');
      assert.equal(await server.exited, 0);
    }));

  it('a guest that floods its console can be paused, and its output is not piled up', () =>
    withServer(async (client) => {
      await client.launch({ program: guest('flood'), memory: '64M', stopOnEntry: false });
      await new Promise((resolve) => setTimeout(resolve, 1000));
      await client.request('pause', thread);
      assert.equal((await client.event('stopped')).reason, 'pause');
      const before = client.output.join('').length;
      await new Promise((resolve) => setTimeout(resolve, 300));
      assert.ok(client.output.join('').length - before < 2 << 20);
      await client.request('disconnect');
    }));

  it('a guest whose vectors fault for ever can be paused', () =>
    withServer(async (client) => {
      await client.launch({ program: guest('lost'), memory: '64M', stopOnEntry: false });
      await new Promise((resolve) => setTimeout(resolve, 300));
      await client.request('pause', thread);
      await client.event('stopped');
      const { stackFrames } = await client.request('stackTrace', thread);
      assert.equal(stackFrames[0].name, '0x200');
      await client.request('disconnect');
    }));

  it('a guest that waits for ever says so, and can be paused', () =>
    withServer(async (client) => {
      await client.launch({ program: guest('lost'), memory: '64M' });
      await client.event('stopped');
      await client.request('evaluate', { expression: 'pc = sleep', context: 'repl' });
      await client.request('continue', thread);
      assert.match((await client.event('output')).output, /only console input can wake the guest/);
      await client.request('pause', thread);
      assert.equal((await client.event('stopped')).reason, 'pause');
      await client.request('disconnect');
    }));
});

describe('a session inside an editor', { timeout: 60_000 }, () => {
  it('works as one with a process of its own', async () => {
    const session = createInlineSession(defaultWorkerUrl());
    const client = new Client({
      send: (message) => session.handleMessage(message as never),
      onMessage: (listener) => session.onDidSendMessage((message: unknown) => listener(message)),
    });
    await client.launch({ program: guest('tour'), memory: '64M', stopOnEntry: false });
    assert.deepEqual(await client.event('exited'), { exitCode: 0 });
    assert.match(client.output.join(''), /^KVM: kernel profile merged; .*\nHi\nBye\nthe guest powered off\n$/);
    await client.request('disconnect');
  });
});

describe('the loopback server', { timeout: 60_000 }, () => {
  it('serves a session per connection, and outlives a client that vanishes', async () => {
    const server = await serveLoopback(0);
    try {
      const dial = () => {
        const socket = connect(server.port, '127.0.0.1');
        const reader = new FrameReader();
        const client = new Client({
          send: (message) => socket.write(encodeFrame(message)),
          onMessage: (listener) =>
            socket.on('data', (chunk) => {
              for (const frame of reader.push(chunk as Buffer)) if (frame.kind === 'message') listener(frame.message);
            }),
        });
        return { socket, client };
      };
      const [first, second] = [dial(), dial()];
      await first.client.launch({ program: guest('flood'), memory: '64M', stopOnEntry: false });
      await second.client.launch({ program: guest('tour'), memory: '64M' });
      first.socket.destroy();
      await second.client.event('stopped');
      await second.client.request('continue', thread);
      assert.deepEqual(await second.client.event('exited'), { exitCode: 0 });
      await second.client.request('disconnect');
    } finally {
      server.close();
    }
  });
});
