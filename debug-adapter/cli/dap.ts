import { serveLoopback, serveStdio } from '../main.ts';
import { workerUrl } from './worker-url.ts';

/** `kvm-arm64 dap`: one session on stdin and stdout, or a server on a loopback port. */
export async function dap(port: number | undefined): Promise<void> {
  if (port === undefined) {
    await serveStdio(workerUrl());
    return;
  }
  const server = await serveLoopback(port, workerUrl());
  process.stderr.write(`kvm-arm64: listening on 127.0.0.1:${server.port}\n`);
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
  });
  server.close();
}
