import type { Readable, Writable } from 'node:stream';
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { AdapterSession } from '../session.ts';
import { FrameReader, frameText } from './framing.ts';

/**
 * Ties a session to a pair of streams until either side ends. Resolves when the session is over and its machine is gone, so that the caller can exit:
 * a client that vanishes leaves nothing running.
 */
export function connect(session: AdapterSession, input: Readable, output: Writable): Promise<void> {
  const reader = new FrameReader();
  let open = true;
  let queued = '';
  const flush = (): void => {
    const text = queued;
    queued = '';
    if (open && text !== '') output.write(text, 'utf8');
  };
  // What is said in one turn goes out at once: every write wakes the client.
  const send = (message: unknown): void => {
    if (queued === '') process.nextTick(flush);
    queued += frameText(message);
  };
  session.onDidSendMessage((message: unknown) => send(message));
  session.setDrain(() => {
    flush();
    return open && output.writableNeedDrain
      ? new Promise((resolve) => output.once('drain', resolve).once('close', resolve))
      : Promise.resolve();
  });

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
    session.onEnd(() => {
      flush();
      output.end(end);
    });
  });
}

function isProtocolMessage(message: unknown): message is DebugProtocol.ProtocolMessage {
  return (
    typeof message === 'object' && message !== null && !Array.isArray(message) && typeof (message as { type?: unknown }).type === 'string'
  );
}
