import type { ContextSelection } from './selection.ts';

/** What a TLBI operation concerns. `ipa`: stage 2 entries of an IPA. `none`: a regime that holds no entries here (EL2, EL3). */
export type InvalidationScope = 'all' | 'all stages' | 'asid' | 'address' | 'ipa' | 'none';

export interface Invalidation {
  readonly scope: InvalidationScope;
  /** Operand in the format of FEAT_TLBIRANGE. */
  readonly range: boolean;
}

/** By the name without shareability (IS, OS) and NXS. Entries of all ASIDs go where one ASID and VA are named: more than asked is permitted. */
const operations: Readonly<Record<string, Invalidation>> = Object.fromEntries(
  (
    [
      ['all', 'VMALLE1'],
      ['all stages', 'VMALLS12E1 ALLE1 VMALLWS2E1'],
      ['asid', 'ASIDE1'],
      ['address', 'VAE1 VALE1 VAAE1 VAALE1 RVAE1 RVALE1 RVAAE1 RVAALE1'],
      ['ipa', 'IPAS2E1 IPAS2LE1 RIPAS2E1 RIPAS2LE1'],
      ['none', 'ALLE2 VAE2 VALE2 RVAE2 RVALE2 ALLE3 VAE3 VALE3 RVAE3 RVALE3'],
    ] as const
  ).flatMap(([scope, names]) => names.split(' ').map((name) => [name, { scope, range: /^R(VA|IPA)/.test(name) }])),
);

const known = new Map<string, Invalidation>();

/** What an operation invalidates; throws for a name that is none. */
export function invalidationOf(operation: string): Invalidation {
  let found = known.get(operation);
  if (found === undefined) {
    const name = operation
      .toUpperCase()
      .replace(/NXS$/, '')
      .replace(/[IO]S$/, '');
    found = operations[name];
    if (found === undefined) throw new Error(`TLBI ${operation} is not known`);
    known.set(operation, found);
  }
  return found;
}

const PAGE = 4096;

/**
 * Performs a TLBI. Local and broadcast forms do the same: the vCPUs share what is cached.
 * Throws for a name that is no TLBI operation.
 */
export function invalidate(cached: ContextSelection, operation: string, xtLow: number, xtHigh: number): void {
  const { scope, range } = invalidationOf(operation);
  if (scope === 'all') cached.invalidateStage1();
  else if (scope === 'all stages') cached.invalidateAll();
  else if (scope === 'asid') cached.invalidateAsid((xtHigh >>> 16) & (cached.current?.space.configuration.asidMask ?? 0xff));
  // Only what stage 2 alone cached: combined entries go with the VMALLE1 that follows.
  else if (scope === 'ipa') cached.stage2.flush();
  else if (scope === 'address' && range) invalidateRange(cached, xtLow, xtHigh);
  else if (scope === 'address') invalidateOperand(cached, xtLow, xtHigh);
}

/** By VA: Xt[43:0] is VA[55:12]. */
export function invalidateOperand(cached: ContextSelection, xtLow: number, xtHigh: number): void {
  invalidateAddress(cached, xtLow << 12, ((xtHigh << 12) | (xtLow >>> 20)) & 0x00ff_ffff);
}

function invalidateAddress(cached: ContextSelection, vaLow: number, vaHigh: number): void {
  if (cached.tlb.mayBeBlock(vaLow, vaHigh)) {
    cached.invalidateStage1();
    return;
  }
  // Pages of 16 and 64 KiB are entered as pages of 4 KiB: all of those go.
  const configuration = cached.current?.space.configuration;
  const upper = (vaHigh & 0x80_0000) !== 0;
  const granule = configuration === undefined ? 16 : (upper ? configuration.upper : configuration.lower).granule;
  const first = (vaLow >>> granule) << granule;
  for (let n = 0; n < 1 << (granule - 12); n++) {
    cached.tlb.invalidatePage((first + n * PAGE) | 0, vaHigh);
    cached.contexts.invalidatePage((first + n * PAGE) | 0);
  }
}

/** FEAT_TLBIRANGE operand: BaseADDR 36:0, TTL 38:37, NUM 43:39, SCALE 45:44, TG 47:46 (reserved 0b00: nothing is invalidated). */
function invalidateRange(cached: ContextSelection, xtLow: number, xtHigh: number): void {
  const granule = [undefined, 12, 14, 16][(xtHigh >>> 14) & 3];
  if (granule === undefined) return;
  const scale = (xtHigh >>> 12) & 3;
  const number = (xtHigh >>> 7) & 31;
  const pages = (number + 1) * 2 ** (5 * scale + 1 + granule - 12);
  if (pages > 512) {
    cached.invalidateStage1();
    return;
  }
  // BaseADDR is VA[48:12], [50:14] or [52:16], sign-extended from its top bit.
  const base = ((xtHigh & 0x1f) * 0x1_0000_0000 + (xtLow >>> 0)) * 2 ** granule;
  const sign = (xtHigh & 0x10) !== 0 ? 0x00ff_0000 : 0;
  for (let n = 0; n < pages; n++) {
    const va = base + n * PAGE;
    invalidateAddress(cached, va | 0, (Math.floor(va / 0x1_0000_0000) & 0xffff) | sign);
  }
}
