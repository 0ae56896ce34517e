/** What stops that never happen cost a whole boot: the seconds from the first instruction to the first line of user space, with and without them. */
import { MARKER_INIT } from '../../guests/initramfs.ts';
import { median } from '../figures.ts';
import { DebugSession } from './debug-session.ts';
import { FALSE, HOT_FUNCTION, linux } from './guest.ts';

type Configure = (session: DebugSession) => Promise<unknown>;

export interface BootStopOptions {
  readonly program: string;
  readonly cpu: string;
  readonly rounds: number;
  readonly kinds: readonly BootKind[];
  /** Address of the watched word. */
  readonly jiffies: bigint;
}

const functionBreakpoint =
  (more: object): Configure =>
  ({ client }) =>
    client.request('setFunctionBreakpoints', { breakpoints: [{ name: HOT_FUNCTION, ...more }] });

/** Every filter whose name begins so, each with a condition. */
const filters =
  (prefix: string): Configure =>
  async ({ client }) => {
    const { exceptionBreakpointFilters } = await client.request('initialize', { adapterID: 'kvm-arm64' });
    const filterOptions = exceptionBreakpointFilters
      .filter(({ filter }: { filter: string }) => filter.startsWith(prefix))
      .map(({ filter }: { filter: string }) => ({ filterId: filter, condition: FALSE }));
    if (filterOptions.length === 0) throw new Error(`the adapter has no filters ${prefix}`);
    await client.request('setExceptionBreakpoints', { filters: [], filterOptions });
  };

const watching = (address: bigint, more: object): Configure => {
  const wanted = { dataId: `va:0x${address.toString(16)}/8`, accessType: 'readWrite', ...more };
  return async ({ client }) => {
    const { breakpoints } = await client.request('setDataBreakpoints', { breakpoints: [wanted] });
    if (!breakpoints[0].verified) throw new Error(`no watch: ${breakpoints[0].message}`);
  };
};

/** The same watch must stop the guest soon once it has no condition: what it watched has been what the guest uses. */
const stopsWithoutCondition =
  (address: bigint): Configure =>
  async (session) => {
    const stopped = session.client.event('stopped');
    await watching(address, {})(session);
    const { reason, text } = await stopped;
    if (reason !== 'data breakpoint')
      throw new Error(`the watch of 0x${address.toString(16)} did not stop the guest: ${reason} ${text ?? ''}`);
  };

interface Boot {
  readonly seconds: number;
  readonly logged: number;
}

/** @param after what is done once user space has begun. */
async function boot({ program, cpu }: BootStopOptions, before: Configure, after?: Configure): Promise<Boot> {
  const session = await DebugSession.atEntry(program, linux(cpu));
  try {
    await before(session);
    const seconds = await session.secondsUntil(MARKER_INIT);
    const { logged } = session;
    await after?.(session);
    return { seconds, logged };
  } finally {
    await session.end();
  }
}

/** Kinds of stops that never happen, in the words of a report. */
export const bootKinds = {
  conditional: `a false condition at ${HOT_FUNCTION}`,
  jiffiesWatch: 'a watch on jiffies_64 with a false condition',
  exitFilters: 'all exit filters',
  allFilters: 'all filters',
} as const;

export type BootKind = keyof typeof bootKinds;

/** Times the boots in turns: a plain one, then one of each kind. */
export async function bootStops(options: BootStopOptions) {
  const { rounds, jiffies } = options;
  const boots: Readonly<Record<BootKind, () => Promise<Boot>>> = {
    conditional: () => boot(options, functionBreakpoint({ condition: FALSE })),
    jiffiesWatch: () => boot(options, watching(jiffies, { condition: FALSE }), stopsWithoutCondition(jiffies)),
    exitFilters: () => boot(options, filters('exit:')),
    allFilters: () => boot(options, filters('')),
  };
  const slowdowns: Partial<Record<BootKind, number[]>> = {};
  const plain: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const { seconds } = await boot(options, async () => {});
    plain.push(seconds);
    for (const kind of options.kinds) (slowdowns[kind] ??= []).push((await boots[kind]()).seconds / seconds);
  }
  const { logged: hits } = await boot(options, functionBreakpoint({ logMessage: 'hit' }));
  if (hits === 0) throw new Error(`the boot did not hit ${HOT_FUNCTION}`);
  return { seconds: median(plain), hits, slowdowns };
}
