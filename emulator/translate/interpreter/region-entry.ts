import { loadSlot } from '../cpu-block.ts';
import { DECODED_PAGE_BYTES, fetchTlbEntry, HOT_JUMPS, RECORD_BYTES, REGION_INFO_OFFSET, regionInfo, slots } from '../layout.ts';
import { REGION_STATUS_BITS, regionStatus } from '../region/status.ts';
import { CodeWriter } from '../wasm/code.ts';
import type { LoopFrame } from './frame.ts';
import { builtinHandlers } from './handlers.ts';
import { pushFetchEntry, pushRecord } from './jump.ts';

/** A region's function: VA of the page, instructions left → status. */
export const regionSignature = { parameters: ['i64', 'i32'], results: ['i32'] } as const;

/** Runs regions from a record on: VA of its page, the record, instructions left → VA of the last region's page, its records, its status. */
export const chainSignature = { parameters: ['i64', 'i32', 'i32'], results: ['i64', 'i32', 'i32'] } as const;

/**
 * The function of `chainSignature`: as long as a region ends with a jump to another one whose page is in the fetch TLB, goes there directly.
 * Calls between small functions spend most of their time here.
 */
export function chainFunction(regionType: number): CodeWriter {
  const [page, record, remaining] = [0, 1, 2];
  const code = new CodeWriter(3);
  const fetchTlb = code.local('i32');
  const status = code.local('i32');
  const target = code.local('i64');
  const entry = code.local('i32');
  const next = code.local('i32');
  loadSlot(code, 'i32', slots.fetchTlb);
  code.set(fetchTlb);
  const done = code.block();
  const loop = code.loop();
  code.get(page);
  code.get(remaining);
  pushRegionInfo(code, record);
  code.memory('i32.load', REGION_INFO_OFFSET + regionInfo.function);
  code.callIndirect(regionType);
  code.tee(status);
  code.i32((1 << REGION_STATUS_BITS) - 1);
  code.op('i32.and');
  code.i32(regionStatus.jump);
  code.op('i32.ne');
  code.brIf(done);
  loadSlot(code, 'i64', slots.exitPayload);
  code.set(target);
  pushFetchEntry(code, target, fetchTlb);
  code.tee(entry);
  code.memory('i64.load', fetchTlbEntry.tag);
  code.get(target);
  code.i64(~0xffcn);
  code.op('i64.and');
  code.op('i64.ne');
  code.brIf(done);
  // A guarded page: whether BTYPE permits the target is looked at elsewhere.
  code.get(entry);
  code.memory('i32.load', fetchTlbEntry.flags);
  code.brIf(done);
  pushRecord(code, target, () => {
    code.get(entry);
    code.memory('i32.load', fetchTlbEntry.records);
  });
  code.tee(next);
  code.memory('i32.load16_u', 0);
  code.i32(builtinHandlers.region);
  code.op('i32.ne');
  code.brIf(done);
  code.get(target);
  code.i64(~0xfffn);
  code.op('i64.and');
  code.set(page);
  code.get(next);
  code.set(record);
  loadSlot(code, 'i32', slots.remaining);
  code.set(remaining);
  code.br(loop);
  code.end();
  code.end();
  code.get(page);
  code.get(record);
  code.i32(~(DECODED_PAGE_BYTES - 1));
  code.op('i32.and');
  code.get(status);
  return code;
}

/** A region begins at the record: runs it, and what it jumps to, and goes on where and how the last one says. */
export function writeRegion(frame: LoopFrame, chain: number): void {
  const { code } = frame;
  frame.storeFlags();
  frame.pushRecordPc();
  code.i64(~0xfffn);
  code.op('i64.and');
  code.get(frame.record);
  frame.pushRemaining();
  code.call(chain);
  code.set(frame.code32);
  code.set(frame.record);
  code.get(frame.record);
  code.i32(2);
  code.op('i32.shr_u');
  code.op('i64.extend_i32_u');
  code.op('i64.sub');
  code.set(frame.pcBase);
  frame.loadFlags();
  code.get(frame.record);
  code.get(frame.code32);
  code.i32(REGION_STATUS_BITS);
  code.op('i32.shr_u');
  code.i32(4);
  code.op('i32.shl');
  code.op('i32.add');
  code.tee(frame.record);
  loadSlot(code, 'i32', slots.remaining);
  code.i32(4);
  code.op('i32.shl');
  code.op('i32.add');
  code.set(frame.limit);
  const blocks = Array.from({ length: 5 }, () => code.block());
  code.get(frame.code32);
  code.i32((1 << REGION_STATUS_BITS) - 1);
  code.op('i32.and');
  const byStatus = [regionStatus.dispatch, regionStatus.interpret, regionStatus.jump, regionStatus.exit, regionStatus.exitAfter].map(
    (status) => blocks[4 - status]!,
  );
  code.brTable(byStatus, byStatus[0]!);
  code.end();
  code.i32(0);
  code.set(frame.code32);
  code.br(frame.dispatchLoop);
  code.end();
  writeInterpretOne(frame);
  code.end();
  advanceWithLimit(frame);
  loadSlot(code, 'i64', slots.exitPayload);
  code.set(frame.target);
  code.i32(0);
  code.set(frame.code32);
  code.br(frame.jumpLabel);
  code.end();
  loadSlot(code, 'i32', slots.exitCode);
  code.set(frame.code32);
  code.br(frame.exitLabel);
  code.end();
  advanceWithLimit(frame);
  loadSlot(code, 'i32', slots.exitCode);
  code.set(frame.code32);
  code.br(frame.exitLabel);
}

/** The next record, with what is left as it is: the region has counted the instruction already. */
function advanceWithLimit(frame: LoopFrame): void {
  frame.advance();
  const { code } = frame;
  code.get(frame.limit);
  code.i32(RECORD_BYTES);
  code.op('i32.add');
  code.set(frame.limit);
}

/** The instruction at the record by its own handler, even where a region begins. */
function writeInterpretOne(frame: LoopFrame): void {
  const { code } = frame;
  code.i32(0);
  code.set(frame.code32);
  code.get(frame.record);
  code.get(frame.limit);
  code.op('i32.eq');
  code.if();
  frame.leave('budget');
  code.end();
  code.get(frame.record);
  code.memory('i32.load16_u', 0);
  code.i32(builtinHandlers.region);
  code.op('i32.ne');
  code.brIf(frame.dispatchLoop);
  pushRegionInfo(code, frame.record);
  code.memory('i32.load16_u', REGION_INFO_OFFSET + regionInfo.handler);
  code.tee(frame.handler);
  // Inside the region's handler only those of the instructions proper are still open: the others never begin a region.
  const { labels, cold: coldLabel } = frame.handlers;
  const first = Object.keys(builtinHandlers).length;
  code.i32(first);
  code.op('i32.sub');
  code.brTable(labels.slice(first), coldLabel);
}

/** Counts a jump to the record; one that is jumped to often is worth translating. */
export function writeCount(frame: LoopFrame): void {
  const { code } = frame;
  code.get(frame.record);
  code.memory('i32.load16_u', 0);
  code.i32(builtinHandlers.region);
  code.op('i32.ne');
  code.if();
  pushRegionInfo(code, frame.record);
  code.tee(frame.entry);
  code.get(frame.entry);
  code.memory('i32.load', REGION_INFO_OFFSET + regionInfo.function);
  code.i32(1);
  code.op('i32.add');
  code.tee(frame.handler);
  code.memory('i32.store', REGION_INFO_OFFSET + regionInfo.function);
  code.get(frame.handler);
  code.i32(0);
  code.memory('i32.load', HOT_JUMPS);
  code.op('i32.eq');
  code.if();
  code.get(frame.record);
  code.call(frame.imports.hot);
  code.end();
  code.end();
}

/** Pushes the address of what is kept beside the record (layout.ts `regionInfo`). */
export function pushRegionInfo(code: CodeWriter, record: number): void {
  code.get(record);
  code.i32(~(DECODED_PAGE_BYTES - 1));
  code.op('i32.and');
  code.get(record);
  code.i32(DECODED_PAGE_BYTES - 1);
  code.op('i32.and');
  code.i32(1);
  code.op('i32.shr_u');
  code.op('i32.add');
}
