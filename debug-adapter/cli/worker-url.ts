/** The machine's worker: beside this bundle, or its source when run from source. */
export function workerUrl(): URL | undefined {
  return import.meta.url.endsWith('.ts') ? undefined : new URL('./worker.js', import.meta.url);
}
