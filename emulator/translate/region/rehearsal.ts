import { batchImports, type CompiledBatch } from './batch.ts';

/**
 * Calls every region of a batch once, on a small memory and with no instruction left to run: it leaves again at once. Engines that compile a
 * function at its first call compile it here, and not where the guest waits for it.
 */
export function rehearse({ module, translated, functions }: CompiledBatch, stage: WebAssembly.Memory): void {
  const { exports } = new WebAssembly.Instance(
    module,
    batchImports(stage, () => 0, functions),
  );
  for (const { entry } of translated) (exports[String(entry)] as (page: bigint, left: number) => number)(0n, 0);
}
