import type { DebugProtocol } from '@vscode/debugprotocol';
import { hex } from '../../emulator/machine/expression/format.ts';
import { memoryReference, parseMemoryReference } from '../references/memory-reference.ts';
import { RequestError } from '../request-error.ts';
import type { SessionState } from '../session-state.ts';
import { stateChanged } from './changes.ts';
import { liveGuest, vcpuInFocus } from './guest.ts';

/** What one request may ask for. */
const MAX_BYTES = 16 << 20;
const END = 1n << 64n;

/** Bytes of guest memory, as base64. Stops at the first unreadable byte; `unreadableBytes` counts from there. */
export async function readMemory(
  args: DebugProtocol.ReadMemoryArguments,
  session: SessionState,
): Promise<DebugProtocol.ReadMemoryResponse['body']> {
  const guest = liveGuest(session);
  const reference = parseMemoryReference(args.memoryReference);
  const count = args.count;
  if (!Number.isInteger(count) || count < 0) throw new RequestError(`readMemory: count must be a whole number, not ${String(count)}`);
  const vcpu = reference.vcpu ?? vcpuInFocus(undefined, session);
  const start = reference.address + BigInt(Math.trunc(args.offset ?? 0));
  if (start < 0n || start >= END) return { address: hex(BigInt.asUintN(64, start)), unreadableBytes: count };
  const inside = Number(start + BigInt(count) > END ? END - start : BigInt(count));
  const length = Math.min(inside, MAX_BYTES);
  if (length === 0) return { address: hex(start), data: '' };
  const { bytes, holes } = await guest.machine.readMemory(vcpu, reference.space, start, length);
  const readable = holes[0]?.offset ?? length;
  const body: NonNullable<DebugProtocol.ReadMemoryResponse['body']> = {
    address: hex(start),
    data: Buffer.from(bytes.subarray(0, readable)).toString('base64'),
  };
  if (readable < count) body.unreadableBytes = readable < length ? holes[0]!.length : count - length;
  return body;
}

/** Writes bytes as a debugger does: the guest's permissions do not apply. */
export async function writeMemory(
  args: DebugProtocol.WriteMemoryArguments,
  session: SessionState,
): Promise<DebugProtocol.WriteMemoryResponse['body']> {
  const guest = liveGuest(session);
  const reference = parseMemoryReference(args.memoryReference);
  if (typeof args.data !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(args.data))
    throw new RequestError('writeMemory: the data is no base64');
  const bytes = new Uint8Array(Buffer.from(args.data, 'base64'));
  const start = BigInt.asUintN(64, reference.address + BigInt(Math.trunc(args.offset ?? 0)));
  const vcpu = reference.vcpu ?? vcpuInFocus(undefined, session);
  const bytesWritten = await guest.machine.writeMemory(vcpu, reference.space, start, bytes);
  if (bytesWritten < bytes.length && !args.allowPartial) {
    throw new RequestError(
      `${bytes.length - bytesWritten} of ${bytes.length} bytes at ${reference.space}:${hex(start)} are not memory${bytesWritten > 0 ? `; the first ${bytesWritten} were written` : ''}`,
    );
  }
  stateChanged(session, { memory: { memoryReference: memoryReference({ ...reference, address: start }), offset: 0, count: bytesWritten } });
  return { offset: 0, bytesWritten };
}
