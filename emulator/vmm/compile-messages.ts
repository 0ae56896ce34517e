import type { MessagePort } from 'node:worker_threads';
import type { Batch, CompiledBatch } from '../translate/region/batch.ts';

/** What the compile thread is started with. */
export interface CompileThreadStart {
  readonly port: MessagePort;
  /** One i32, shared: how many results have been sent. Looking at it is cheaper than looking for a message. */
  readonly sent: SharedArrayBuffer;
}

/** To the compile thread: first what the CPU offers (the features its instructions may belong to), then batches. */
export type CompileRequest = { readonly features: readonly string[] } | { readonly batch: Batch };

/** From the compile thread, one for every batch, in order. */
export type CompileReply = { readonly compiled: CompiledBatch | undefined } | { readonly failure: string };
