import { type Transferable, Worker } from 'node:worker_threads';

/** Starts a worker thread. Run from source (tests), the thread first learns to load TypeScript: Node 20 does not pass a loader on to it. */
export function startWorker(url: URL, workerData: unknown, transferList: Transferable[] = []): Worker {
  if (!url.pathname.endsWith('.ts')) return new Worker(url, { workerData, transferList });
  const loader = import.meta.resolve('tsx/esm/api');
  const program = `import(${JSON.stringify(loader)}).then(({ register }) => { register(); return import(${JSON.stringify(url.href)}); });`;
  return new Worker(program, { eval: true, workerData, transferList });
}
