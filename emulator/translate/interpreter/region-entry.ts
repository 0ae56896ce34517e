import { DECODED_PAGE_BYTES, RECORD_BYTES, REGION_INFO_OFFSET, regionInfo, slots } from '../layout.ts';
import { REGION_STATUS_BITS, regionStatus } from '../region/status.ts';
import { type LoopFrame, loadSlot } from './frame.ts';
import { builtinHandlers } from './handlers.ts';

/** Jumps to an instruction (far, or back in its page) after which it is worth translating. */
const HOT_JUMPS = 1000;
/** A region's function: VA of the page, instructions left → status. */
export const regionSignature = { parameters: ['i64', 'i32'], results: ['i32'] } as const;

/** A region begins at the record: runs it and goes on where and how it says. */
export function writeRegion(frame: LoopFrame, regionType: number): void {
  const { code } = frame;
  frame.storeFlags();
  frame.pushRecordPc();
  code.i64(~0xfffn);
  code.op('i64.and');
  frame.pushRemaining();
  pushRegionInfo(frame);
  code.memory('i32.load', REGION_INFO_OFFSET + regionInfo.function);
  code.callIndirect(regionType);
  code.set(frame.code32);
  frame.loadFlags();
  code.get(frame.record);
  code.i32(~(DECODED_PAGE_BYTES - 1));
  code.op('i32.and');
  code.get(frame.code32);
  code.i32(REGION_STATUS_BITS);
  code.op('i32.shr_u');
  code.i32(4);
  code.op('i32.shl');
  code.op('i32.add');
  code.set(frame.record);
  code.get(frame.record);
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
  pushRegionInfo(frame);
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
  pushRegionInfo(frame);
  code.tee(frame.entry);
  code.get(frame.entry);
  code.memory('i32.load', REGION_INFO_OFFSET + regionInfo.function);
  code.i32(1);
  code.op('i32.add');
  code.tee(frame.handler);
  code.memory('i32.store', REGION_INFO_OFFSET + regionInfo.function);
  code.get(frame.handler);
  code.i32(HOT_JUMPS);
  code.op('i32.eq');
  code.if();
  code.get(frame.record);
  code.call(frame.imports.hot);
  code.end();
  code.end();
}

/** Pushes the address of what is kept beside the record (layout.ts `regionInfo`). */
function pushRegionInfo(frame: LoopFrame): void {
  const { code } = frame;
  code.get(frame.record);
  code.i32(~(DECODED_PAGE_BYTES - 1));
  code.op('i32.and');
  code.get(frame.record);
  code.i32(DECODED_PAGE_BYTES - 1);
  code.op('i32.and');
  code.i32(1);
  code.op('i32.shr_u');
  code.op('i32.add');
}
