import type { ModuleWriter } from '../wasm/module.ts';
import { accessFunction, dataRefillFunction, readableFunction } from './data-refill.ts';
import { fetchFunction, fetchSignature } from './fetch-refill.ts';
import { findFunction, findSignature } from './refill.ts';
import { walkFunction, walkSignature } from './walk.ts';
import { accessSignature } from './watched-access.ts';

const readableSignature = { parameters: ['i32', 'i32'], results: ['i32'] } as const;

/** Adds the refills to a module; function indices to call in place of the imports. */
export function refillFunctions(module: ModuleWriter, imports: { readonly access: number; readonly fetch: number }) {
  const lookUps = { find: module.function(findSignature, findFunction()), walk: module.function(walkSignature, walkFunction()) };
  const data = module.function(accessSignature, dataRefillFunction(lookUps));
  return {
    access: module.function(accessSignature, accessFunction(data, imports.access)),
    readable: module.function(readableSignature, readableFunction(data)),
    fetch: module.function(fetchSignature, fetchFunction(lookUps, imports.fetch)),
  };
}
