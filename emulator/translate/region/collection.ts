import { RECORDS_PER_PAGE } from '../layout.ts';
import type { Batch, Callee, CodePage } from './batch.ts';
import type { CodePlace, RegionEntry, RegionHost } from './translator.ts';

/** A page that regions are made from, and its generation then. */
export interface Origin {
  readonly page: number;
  readonly generation: number;
}

/** What a batch is made of, and where the callees among it come from, in their order. */
export interface Collection extends Pick<Batch, 'pages' | 'callees' | 'entries'> {
  readonly origins: readonly Origin[];
}

/** The code of a batch as it is now: each page and each function called once. */
export function collect(host: RegionHost, wanted: readonly RegionEntry[]): Collection {
  const callees: Callee[] = [];
  const origins: Origin[] = [];
  const calleeNumbers = new Map<number, number>();
  const numberOf = (place: CodePlace): number => {
    const key = place.page * RECORDS_PER_PAGE + place.index;
    let number = calleeNumbers.get(key);
    if (number === undefined) {
      number = callees.push(host.calleeAt(place)) - 1;
      origins.push({ page: place.page, generation: host.generation(place.page) });
      calleeNumbers.set(key, number);
    }
    return number;
  };
  const pages: (CodePage & { readonly byTarget: Map<number, number> })[] = [];
  const pageNumbers = new Map<number, number>();
  const entries = wanted.map(({ page, index, calls }) => {
    let number = pageNumbers.get(page);
    if (number === undefined) {
      number = pages.push({ ...host.codeOf(page), calls: [], byTarget: new Map() }) - 1;
      pageNumbers.set(page, number);
    }
    // A page mapped twice may call different code at one distance: the first stays, and regions look whether it is what they were made from.
    const { byTarget } = pages[number]!;
    for (const { target, callee } of calls) if (!byTarget.has(target)) byTarget.set(target, numberOf(callee));
    return { page: number, index };
  });
  return {
    pages: pages.map(({ words, eligible, byTarget }) => ({
      words,
      eligible,
      calls: [...byTarget].map(([target, callee]) => ({ target, callee })),
    })),
    callees,
    origins,
    entries,
  };
}
