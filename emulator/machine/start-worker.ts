import { Worker } from 'node:worker_threads';
import type { WorkerStart } from './messages.ts';

/** Where the worker's program is: beside the bundle, or the source it was bundled from. */
export function defaultWorkerUrl(): URL {
  const here = import.meta.url;
  return here.endsWith('.ts') ? new URL('./worker.ts', here) : new URL('./worker.js', here);
}

/** Starts the machine's worker. Run from source (tests), the thread first learns to load TypeScript: Node 20 does not pass a loader on to it. */
export function startWorker(url: URL, workerData: WorkerStart): Worker {
  if (!url.pathname.endsWith('.ts')) return new Worker(url, { workerData });
  const loader = import.meta.resolve('tsx/esm/api');
  const program = `import(${JSON.stringify(loader)}).then(({ register }) => { register(); return import(${JSON.stringify(url.href)}); });`;
  return new Worker(program, { eval: true, workerData });
}
