import { createServer } from 'node:net';
import { MachineClient } from '../emulator/machine/client.ts';
import type { Machine } from '../emulator/machine/machine.ts';
import { connect } from './protocol/connection.ts';
import { AdapterSession } from './session.ts';

/** The machine in a worker; `drain` holds a flooding guest back while the client is slow. */
function machineInWorker(workerUrl: URL | undefined, started?: MachineClient) {
  let ready = started;
  return (drain: () => Promise<void>): Machine => {
    const client = ready ?? new MachineClient(workerUrl);
    ready = undefined;
    client.onConsoleDelivered(drain);
    return client;
  };
}

/**
 * A session without a transport, for an editor that runs the adapter in its own process: `handleMessage` takes requests, `onDidSendMessage` gives the rest.
 * @param workerUrl Program of the machine's worker (`worker.js`).
 */
export function createInlineSession(workerUrl: URL): AdapterSession {
  return new AdapterSession(machineInWorker(workerUrl));
}

/** Serves one session on stdin and stdout. Resolves when it is over and nothing of it runs any more. */
export async function serveStdio(workerUrl?: URL): Promise<void> {
  // Nearly every session launches a guest: its machine's thread starts while the client introduces itself.
  const machine = new MachineClient(workerUrl);
  await connect(new AdapterSession(machineInWorker(workerUrl, machine)), process.stdin, process.stdout);
  await machine.shutdown();
}

/** A server on the loopback interface: one session per connection. Resolves with the port once it listens. */
export function serveLoopback(port: number, workerUrl?: URL): Promise<{ readonly port: number; close(): void }> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.setNoDelay(true);
      void connect(new AdapterSession(machineInWorker(workerUrl)), socket, socket).then(() => socket.destroy());
    });
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      resolve({ port: typeof address === 'object' && address ? address.port : port, close: () => server.close() });
    });
  });
}
