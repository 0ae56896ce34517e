import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { encodeFrame, FrameReader } from '../../debug-adapter/protocol/framing.ts';
import type { Line } from './client.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The adapter as editors start it: a process, spoken to over its stdin and stdout. */
export function startServer() {
  const child = spawn(process.execPath, ['--import', 'tsx', 'debug-adapter/cli/main.ts', 'dap'], {
    cwd: root,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const reader = new FrameReader();
  const listeners: ((message: any) => void)[] = [];
  child.stdout.on('data', (chunk: Buffer) => {
    for (const frame of reader.push(chunk)) if (frame.kind === 'message') for (const listener of listeners) listener(frame.message);
  });
  const exited = new Promise<number | null>((resolve) => child.on('exit', resolve));
  const line: Line = {
    send: (message) => child.stdin.write(encodeFrame(message)),
    onMessage: (listener) => listeners.push(listener),
  };
  return {
    line,
    exited,
    raw: (bytes: string | Buffer) => child.stdin.write(bytes),
    hangUp: () => child.stdin.end(),
    kill: () => child.kill('SIGKILL'),
    pid: child.pid!,
  };
}
