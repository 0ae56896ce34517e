import type { ModuleWriter } from '../wasm/module.ts';
import { accessFunction } from './data-refill.ts';
import { fetchFunction, fetchSignature } from './fetch-refill.ts';
import { findFunction, findSignature } from './refill.ts';
import { accessSignature } from './watched-access.ts';

/** Adds the refills to a module; function indices to call in place of the imports. */
export function refillFunctions(module: ModuleWriter, imports: { readonly access: number; readonly fetch: number }) {
  const find = module.function(findSignature, findFunction());
  return {
    access: module.function(accessSignature, accessFunction(find, imports.access)),
    fetch: module.function(fetchSignature, fetchFunction(find, imports.fetch)),
  };
}
