import {
  access as accessBits,
  DATA_TLB_ENTRIES,
  dataTlbEntry,
  SCRATCH_END,
  slotAddress,
  slots,
  tlbWindow,
  WATCHED_TAG,
} from '../layout.ts';
import { pushHalves } from './halves.ts';
import type { Access } from './node.ts';
import type { Surroundings } from './surroundings.ts';

/** Locals of an access, and what its operation puts around and inside it. */
interface AccessSite {
  readonly address: number;
  readonly entry: number;
  /** Gets the host address. */
  readonly host: number;
  pushAddress(): void;
  /** Loads and stores at `host`, results into their locals. May be emitted twice. */
  body(): void;
}

/** The inline TLB lookup with the access behind it; a miss calls the slow path or leaves, as the surroundings have it. */
export function emitAccess(around: Surroundings, access: Access, site: AccessSite): void {
  const { code } = around;
  const writes = access.kind !== 'read';
  pushTagAndAddress(around, access, site);
  if (around.leaveForAccess) {
    if (around.knowsWatches) leaveUnlessUnwatched(around, access, site, around.leaveForAccess);
    else {
      code.op('i64.ne');
      code.ifUnlikely();
      around.leaveForAccess();
      code.end();
    }
    setHost(around, site);
    site.body();
    return;
  }
  code.op('i64.ne');
  code.ifUnlikely();
  callSlowPath(around, access, site);
  if (writes) {
    site.body();
    code.get(site.host);
    code.i32(SCRATCH_END);
    code.op('i32.lt_u');
    code.if();
    code.call(around.functions.commit);
    code.end();
  }
  code.else();
  setHost(around, site);
  if (writes) site.body();
  code.end();
  if (!writes) site.body();
}

/** The tag of the entry, and what it must equal: the page of the last byte, with low bits set where the access is misaligned and must not be. */
export function pushTagAndAddress(
  around: Surroundings,
  access: Pick<Access, 'kind' | 'bytes' | 'options'>,
  { address, entry, pushAddress }: Pick<AccessSite, 'address' | 'entry' | 'pushAddress'>,
): void {
  const { code } = around;
  const alignment = alignmentOf(access);
  pushAddress();
  code.tee(address);
  code.i64(7n);
  code.op('i64.shr_u');
  code.op('i32.wrap_i64');
  code.i32((DATA_TLB_ENTRIES - 1) << 5);
  code.op('i32.and');
  if (access.options.unprivileged) {
    code.i32(0);
    code.memory('i32.load', slotAddress(slots.unprivilegedTlb));
  } else around.pushDataTlb();
  code.op('i32.add');
  code.tee(entry);
  code.memory('i64.load', access.kind === 'read' ? dataTlbEntry.read : dataTlbEntry.write);
  code.get(address);
  if (access.bytes > 1) {
    code.i64(BigInt(access.bytes - 1));
    code.op('i64.add');
  }
  code.i64(~0xfffn);
  code.op('i64.and');
  if (alignment > 1) {
    code.get(address);
    code.i64(BigInt(alignment - 1));
    code.op('i64.and');
    code.op('i64.or');
  }
}

/** Tag and address on the stack: leaves where they differ, unless the page is watched and the access lies in the window that is not. */
function leaveUnlessUnwatched(around: Surroundings, access: Access, { address, entry }: AccessSite, leave: () => void): void {
  const { code } = around;
  const difference = code.temporary('i64');
  const window = access.kind === 'read' ? dataTlbEntry.readWindow : dataTlbEntry.writeWindow;
  code.op('i64.xor');
  code.tee(difference);
  code.i64(0n);
  code.op('i64.ne');
  code.ifUnlikely();
  code.get(difference);
  code.i64(BigInt(WATCHED_TAG));
  code.op('i64.ne');
  code.get(address);
  code.op('i32.wrap_i64');
  code.get(entry);
  code.memory('i32.load16_u', window + tlbWindow.start);
  code.op('i32.sub');
  code.i32(0xfff);
  code.op('i32.and');
  code.i32(access.bytes);
  code.op('i32.add');
  code.get(entry);
  code.memory('i32.load16_u', window + tlbWindow.bytes);
  code.op('i32.gt_u');
  code.op('i32.or');
  code.ifUnlikely();
  leave();
  code.end();
  code.end();
  code.release('i64', difference);
}

function setHost({ code }: Surroundings, { address, entry, host }: AccessSite): void {
  code.get(address);
  code.op('i32.wrap_i64');
  code.get(entry);
  code.memory('i32.load', dataTlbEntry.addend);
  code.op('i32.add');
  code.set(host);
}

function callSlowPath(around: Surroundings, access: Access, { address, host }: AccessSite): void {
  const { code } = around;
  pushHalves(code, address);
  code.i32(accessFlags(access));
  code.call(around.functions.access);
  code.tee(host);
  code.op('i32.eqz');
  around.faultIf();
}

/** Alignment that the access itself asks for, bytes; 1: none. */
function alignmentOf({ bytes, options: { aligned } }: Pick<Access, 'bytes' | 'options'>): number {
  return aligned === true ? bytes : aligned ? aligned : 1;
}

/** What the slow path is told (layout.ts `access`). */
function accessFlags(access: Access): number {
  const { aligned, element, unprivileged, atomic, ordered } = access.options;
  return (
    access.bytes |
    (access.kind === 'read' ? 0 : accessBits.write) |
    (access.kind === 'read-write' ? accessBits.read : 0) |
    (unprivileged ? accessBits.unprivileged : 0) |
    (atomic ? accessBits.atomic : 0) |
    (ordered ? accessBits.ordered : 0) |
    (aligned ? accessBits.aligned | (alignmentOf(access) << accessBits.alignShift) : (element ?? access.bytes) << accessBits.alignShift)
  );
}
