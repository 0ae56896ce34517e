import { MessageChannel, type MessagePort, receiveMessageOnPort, type Worker } from 'node:worker_threads';
import type { Batch, BatchCompiler, CompiledBatch } from '../translate/region/batch.ts';
import type { CompileReply, CompileRequest, CompileThreadStart } from './compile-messages.ts';
import { startWorker } from './start-worker.ts';

/** Where the thread's program is: beside the bundle, or the source it was bundled from. */
function programUrl(): URL {
  const here = import.meta.url;
  return here.endsWith('.ts') ? new URL('./compile-worker.ts', here) : new URL('./compile-worker.js', here);
}

/**
 * A thread that translates for one machine. It ends with the thread that started it, and does not keep the process alive.
 * Should it be lost, the machine's own thread does its work.
 */
export class CompileThread {
  private readonly worker: Worker;
  private readonly port: MessagePort;
  private readonly sent = new Int32Array(new SharedArrayBuffer(4));
  private lost = false;

  constructor(url: URL = programUrl()) {
    const { port1, port2 } = new MessageChannel();
    this.port = port1;
    const start: CompileThreadStart = { port: port2, sent: this.sent.buffer as SharedArrayBuffer };
    this.worker = startWorker(url, start, [port2]);
    const lose = (): void => {
      this.lost = true;
    };
    this.worker.on('error', lose);
    this.worker.on('exit', lose);
    this.worker.unref();
  }

  /**
   * The compiler of the machine.
   * @param features What its CPU offers.
   * @param inline Translates in this thread.
   */
  compilerFor(features: readonly string[], inline: BatchCompiler): BatchCompiler {
    this.send({ features });
    const waiting: Batch[] = [];
    let received = 0;
    return {
      post: (batch) => {
        waiting.push(batch);
        if (!this.lost) this.send({ batch });
      },
      take: () => {
        if (waiting.length === 0) return undefined;
        if (Atomics.load(this.sent, 0) !== received) {
          const reply = this.receive();
          if (reply) {
            received = (received + 1) | 0;
            waiting.shift();
            return reply;
          }
        }
        if (!this.lost) return undefined;
        inline.post(waiting.shift()!);
        return inline.take();
      },
    };
  }

  private send(request: CompileRequest): void {
    this.port.postMessage(request);
  }

  /** @throws Error when the translator failed. */
  private receive(): { readonly compiled: CompiledBatch | undefined } | undefined {
    const reply = receiveMessageOnPort(this.port)?.message as CompileReply | undefined;
    if (reply && 'failure' in reply) throw new Error(`translation failed: ${reply.failure}`);
    return reply;
  }

  /** Ends the thread. */
  async close(): Promise<void> {
    await this.worker.terminate();
  }
}
