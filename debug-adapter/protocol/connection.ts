import type { Readable, Writable } from 'node:stream';
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { AdapterSession } from '../session.ts';
import { encodeFrame, FrameReader } from './framing.ts';

/**
 * Ties a session to a pair of streams until either side ends. Resolves when the session is over and its machine is gone, so that the caller can exit:
 * a client that vanishes leaves nothing running.
 */
export function connect(session: AdapterSession, input: Readable, output: Writable): Promise<void> {
  const reader = new FrameReader();
  let open = true;
  const send = (message: unknown): void => {
    if (open) output.write(encodeFrame(message));
  };
  session.onDidSendMessage((message: unknown) => send(message));
  session.setDrain(() =>
    open && output.writableNeedDrain ? new Promise((resolve) => output.once('drain', resolve).once('close', resolve)) : Promise.resolve(),
  );

  return new Promise((resolve) => {
    const end = (): void => {
      if (!open) return;
      open = false;
      // An input that stays open would keep the process alive after its client has gone.
      input.destroy();
      void session.close().finally(resolve);
    };
    input.on('data', (chunk: Buffer) => {
      for (const frame of reader.push(chunk)) {
        if (frame.kind === 'message' && isProtocolMessage(frame.message)) session.handleMessage(frame.message);
        else session.complain(frame.kind === 'garbage' ? frame.reason : 'a message that is no request');
      }
    });
    input.on('end', end);
    input.on('close', end);
    input.on('error', end);
    output.on('error', end);
    output.on('close', end);
    session.onEnd(() => output.end(end));
  });
}

function isProtocolMessage(message: unknown): message is DebugProtocol.ProtocolMessage {
  return (
    typeof message === 'object' && message !== null && !Array.isArray(message) && typeof (message as { type?: unknown }).type === 'string'
  );
}
