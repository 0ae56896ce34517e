import { parseExpression } from '../../emulator/machine/expression/parser.ts';
import type { AddressSpace } from '../../emulator/machine/machine.ts';
import { plain } from '../protocol/plain.ts';
import { RequestError } from '../request-error.ts';
import type { Guest, SessionState } from '../session-state.ts';
import { cacheText } from '../views/cache.ts';
import { liveGuest, vcpuInFocus, vcpuOf } from './guest.ts';

/** Arguments of `kvmArm64.cacheDifferences`. */
export interface CacheArguments {
  /** `va:0x…` (or without a prefix), `ipa:0x…`, `pa:0x…`; an expression. */
  readonly address?: unknown;
  /** Bytes; a line where it is left out. */
  readonly length?: unknown;
  /** Lines too that are as memory has them. */
  readonly every?: unknown;
  readonly threadId?: number;
}

const MOST_BYTES = 2 ** 20;

/** An address in any space. Throws RequestError. */
async function addressOf(text: string, guest: Guest, vcpu: number): Promise<{ space: AddressSpace; address: bigint }> {
  const [, prefix = 'va', expression = ''] = /^\s*(?:(va|ipa|pa):)?(.*)$/is.exec(text) ?? [];
  if (expression.trim() === '') throw new RequestError('there is no address: give va:…, ipa:… or pa:…');
  const address = await guest.machine.evaluate(vcpu, parseExpression(expression, guest.names));
  return { space: prefix.toLowerCase() as AddressSpace, address };
}

/** Bytes that the cache has otherwise than memory, with the state of their lines (a request of our own: `kvmArm64.cacheDifferences`). */
export async function cacheDifferences({ address, length = 1, every, threadId }: CacheArguments, session: SessionState): Promise<unknown> {
  const guest = liveGuest(session);
  if (typeof address !== 'string')
    throw new RequestError('kvmArm64.cacheDifferences: "address" must be a string such as "pa:0x1000400000"');
  if (!Number.isInteger(length) || (length as number) < 1 || (length as number) > MOST_BYTES)
    throw new RequestError(`kvmArm64.cacheDifferences: "length" must be 1 to ${MOST_BYTES}`);
  const vcpu = threadId === undefined ? vcpuInFocus(undefined, session) : vcpuOf(threadId, guest);
  const place = await addressOf(address, guest, vcpu);
  const view = await guest.machine.cacheDifferences(vcpu, { ...place, length: length as number, every: every === true });
  const bytes = (from: Uint8Array): string => Buffer.from(from).toString('hex');
  const lines = view.lines.map((line) => ({ ...line, cached: bytes(line.cached), memory: bytes(line.memory) }));
  return { ...(plain({ ...view, lines }) as object), text: cacheText(view, place.space) };
}

/** `cache ADDRESS [BYTES]` of the Debug Console: the line, or what differs in a range. */
export async function cacheCommand(rest: string, guest: Guest, vcpu: number): Promise<string> {
  const [, text = '', bytes] = /^(.*?[\w)\]])(?:\s+(0x[0-9a-f]+|[0-9]+))?$/is.exec(rest.trim()) ?? [];
  const place = await addressOf(text, guest, vcpu);
  const length = bytes === undefined ? 1 : Number(bytes);
  if (length < 1 || length > MOST_BYTES) throw new RequestError(`cache: 1 to ${MOST_BYTES} bytes, not ${bytes}`);
  return cacheText(await guest.machine.cacheDifferences(vcpu, { ...place, length, every: bytes === undefined }), place.space);
}
