import type { TableMapQuery } from '../../emulator/machine/memory-views.ts';
import { plain } from '../protocol/plain.ts';
import { RequestError } from '../request-error.ts';
import type { SessionState } from '../session-state.ts';
import { tableMapText, tableRegisters } from '../views/table-map.ts';
import { liveGuest, vcpuInFocus, vcpuOf } from './guest.ts';
import { addressIn } from './translation-query.ts';

/** Arguments of `kvmArm64.pageTables`. */
export interface PageTablesArguments {
  /** Register that holds the tables: `TTBR0_EL1`, `TTBR1_EL1`, `VTTBR_EL2`. */
  readonly tables?: unknown;
  /** Part of the range; the answer says in `next` where to go on. */
  readonly from?: unknown;
  readonly to?: unknown;
  readonly limit?: unknown;
  readonly threadId?: number;
}

/** The mapped ranges of one set of tables, those with equal attributes merged (a request of our own: `kvmArm64.pageTables`). */
export async function pageTables(args: PageTablesArguments, session: SessionState): Promise<unknown> {
  const guest = liveGuest(session);
  const tables = Object.values(tableRegisters).find((name) => name === args.tables);
  if (!tables) throw new RequestError(`kvmArm64.pageTables: "tables" must be one of ${Object.values(tableRegisters).join(', ')}`);
  if (args.limit !== undefined && !(Number.isInteger(args.limit) && (args.limit as number) > 0))
    throw new RequestError('kvmArm64.pageTables: "limit" must be a whole number above 0');
  const vcpu = args.threadId === undefined ? vcpuInFocus(undefined, session) : vcpuOf(args.threadId, guest);
  const space = tables === 'VTTBR_EL2' ? 'ipa' : 'va';
  const query: { -readonly [K in keyof TableMapQuery]: TableMapQuery[K] } = { tables };
  if (args.from !== undefined) query.from = await addressIn(space, String(args.from), guest, vcpu);
  if (args.to !== undefined) query.to = await addressIn(space, String(args.to), guest, vcpu);
  if (args.limit !== undefined) query.limit = args.limit as number;
  const map = await guest.machine.tableMap(vcpu, query);
  return { ...(plain(map) as object), text: tableMapText(map).join('\n') };
}
