/** Where the program of the machine's worker is: beside the bundle, or the source it was bundled from. */
export function defaultWorkerUrl(): URL {
  const here = import.meta.url;
  return here.endsWith('.ts') ? new URL('./worker.ts', here) : new URL('./worker.js', here);
}
