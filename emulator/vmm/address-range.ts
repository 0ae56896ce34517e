import { LaunchError } from './loader/errors.ts';

/** Bytes in one of the spaces that addresses live in. */
export interface AddressRange {
  readonly space: 'va' | 'ipa' | 'pa';
  readonly start: bigint;
  readonly bytes: number;
}

const MOST_BYTES = 2 ** 32;

/**
 * Reads a range as people write it: `ipa:0x40200000+0x1000`, `va:0xffff800008000000+64`. Without a length it is one byte.
 * @param what Where it was written, for the message.
 * @throws LaunchError
 */
export function parseAddressRange(text: unknown, what: string): AddressRange {
  const match =
    typeof text === 'string' ? /^(va|ipa|pa):(0x[0-9a-f]{1,16}|[0-9]+)(?:\+(0x[0-9a-f]{1,9}|[0-9]+))?$/i.exec(text.trim()) : null;
  if (!match)
    throw new LaunchError(
      `${what}: ${JSON.stringify(text)} is no range: write va:, ipa: or pa:, an address and + bytes, for example ipa:0x40200000+0x1000.`,
    );
  const space = match[1]!.toLowerCase() as AddressRange['space'];
  const start = BigInt(match[2]!);
  const bytes = Number(match[3] ?? 1);
  if (bytes < 1 || bytes > MOST_BYTES) throw new LaunchError(`${what}: ${match[0]} has ${bytes} bytes: 1 to ${MOST_BYTES} are possible.`);
  const limit = 1n << (space === 'va' ? 64n : 48n);
  if (start + BigInt(bytes) > limit) throw new LaunchError(`${what}: ${match[0]} goes beyond the last address.`);
  return { space, start, bytes };
}
