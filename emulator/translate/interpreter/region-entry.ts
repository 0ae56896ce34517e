import { flagLocals, loadSlot } from '../cpu-block.ts';
import { pushHalves } from '../ir/halves.ts';
import {
  DECODED_PAGE_BYTES,
  fetchTlbEntry,
  HOT_JUMPS,
  RECORD_BYTES,
  REGION_FLAG,
  REGION_INFO_OFFSET,
  regionInfo,
  slots,
} from '../layout.ts';
import { regionEnd, regionStatus } from '../region/status.ts';
import { CodeWriter } from '../wasm/code.ts';
import type { LoopFrame } from './frame.ts';
import { builtinHandlers } from './handlers.ts';
import { pushFetchEntry } from './jump.ts';
import { packFlags, unpackFlags } from './region-flags.ts';

/** A region's function: VA of its first instruction, instructions left → how it ended (region/status.ts). */
export const regionSignature = { parameters: ['i64', 'i32'], results: ['i64'] } as const;

/** Runs regions: VA of the first, records of its page, its entry in `regionInfo.function`, instructions left → VA of the last one, records of its page, how it ended. */
export const chainSignature = { parameters: ['i64', 'i32', 'i32', 'i32'], results: ['i64', 'i32', 'i64'] } as const;

/**
 * The function of `chainSignature`: as long as a region ends with a jump to another one whose page is in the fetch TLB, goes there directly.
 * Calls between small functions spend most of their time here.
 */
export function chainFunction(regionType: number): CodeWriter {
  const [entry, records, region, remaining] = [0, 1, 2, 3];
  const code = new CodeWriter(4);
  const fetchTlb = code.local('i32');
  const end = code.local('i64');
  const fetchEntry = code.local('i32');
  const nextRecords = code.local('i32');
  const nextRegion = code.local('i32');
  const flags = flagLocals(code);
  packFlags(code, flags);
  loadSlot(code, 'i32', slots.fetchTlb);
  code.set(fetchTlb);
  const pushFetchTlb = (): void => code.get(fetchTlb);
  const done = code.block();
  const loop = code.loop();
  code.get(entry);
  code.get(remaining);
  code.get(region);
  code.i32(~REGION_FLAG);
  code.op('i32.and');
  code.callIndirect(regionType);
  code.tee(end);
  code.op('i32.wrap_i64');
  code.i32(regionEnd.flag);
  code.op('i32.and');
  code.brIf(done);
  pushFetchEntry(code, end, pushFetchTlb);
  code.tee(fetchEntry);
  code.memory('i64.load', fetchTlbEntry.tag);
  code.get(end);
  code.i64(~0xfffn);
  code.op('i64.and');
  code.op('i64.ne');
  code.brIf(done);
  // A guarded page: whether BTYPE permits the target is looked at elsewhere.
  code.get(fetchEntry);
  code.memory('i32.load', fetchTlbEntry.flags);
  code.brIf(done);
  code.get(fetchEntry);
  code.memory('i32.load', fetchTlbEntry.records);
  code.tee(nextRecords);
  code.get(end);
  code.op('i32.wrap_i64');
  code.i32(0xffc);
  code.op('i32.and');
  code.i32(1);
  code.op('i32.shl');
  code.op('i32.add');
  code.memory('i32.load', REGION_INFO_OFFSET + regionInfo.function);
  code.tee(nextRegion);
  code.i32(0);
  code.op('i32.ge_s');
  code.brIf(done);
  code.get(end);
  code.set(entry);
  code.get(nextRecords);
  code.set(records);
  code.get(nextRegion);
  code.set(region);
  loadSlot(code, 'i32', slots.remaining);
  code.set(remaining);
  code.br(loop);
  code.end();
  code.end();
  unpackFlags(code, flags);
  code.get(entry);
  code.get(records);
  code.get(end);
  return code;
}

/** A region begins at the record: runs it, and what it jumps to, and goes on where and how the last one says. */
export function writeRegion(frame: LoopFrame, chain: number): void {
  const { code } = frame;
  frame.pushRecordPc();
  code.get(frame.record);
  code.i32(~(DECODED_PAGE_BYTES - 1));
  code.op('i32.and');
  pushRegionInfo(code, frame.record);
  code.memory('i32.load', REGION_INFO_OFFSET + regionInfo.function);
  frame.pushRemaining();
  code.call(chain);
  code.set(frame.target);
  code.set(frame.record);
  const pc = code.temporary('i64');
  code.set(pc);
  writeElsewhere(frame, pc);
  frame.setPcBase(() => {
    code.get(pc);
    code.i64(~0xfffn);
    code.op('i64.and');
    code.get(frame.record);
    code.i32(2);
    code.op('i32.shr_u');
    code.op('i64.extend_i32_u');
    code.op('i64.sub');
  });
  code.release('i64', pc);
  // Behind a jump the record does not count, only how far from it the limit is.
  code.get(frame.target);
  code.op('i32.wrap_i64');
  code.tee(frame.code32);
  code.i32(regionEnd.flag);
  code.op('i32.and');
  code.if();
  code.get(frame.code32);
  code.i32(regionEnd.indexShift);
  code.op('i32.shr_u');
  code.i32(4);
  code.op('i32.shl');
  code.get(frame.record);
  code.op('i32.add');
  code.set(frame.record);
  code.end();
  frame.setLimit(() => {
    code.get(frame.record);
    loadSlot(code, 'i32', slots.remaining);
    code.i32(4);
    code.op('i32.shl');
    code.op('i32.add');
  });
  code.get(frame.code32);
  code.i32(regionEnd.flag);
  code.op('i32.and');
  code.op('i32.eqz');
  code.brIf(frame.jumpLabel);
  const blocks = Array.from({ length: 4 }, () => code.block());
  code.get(frame.code32);
  code.i32(regionEnd.statusShift);
  code.op('i32.shr_u');
  code.i32(regionEnd.statusMask);
  code.op('i32.and');
  const byStatus = [regionStatus.interpret, regionStatus.jump, regionStatus.exit, regionStatus.exitAfter].map(
    (status) => blocks[3 - status]!,
  );
  code.brTable(byStatus, byStatus[0]!);
  code.end();
  writeInterpretOne(frame);
  code.end();
  advanceWithLimit(frame);
  loadSlot(code, 'i64', slots.exitPayload);
  code.set(frame.target);
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

/** VA in `pc`, records in `frame.record`: replaced where the region ended in another page. */
function writeElsewhere(frame: LoopFrame, pc: number): void {
  const { code } = frame;
  code.get(frame.target);
  code.op('i32.wrap_i64');
  code.i32((regionEnd.elsewhere << regionEnd.indexShift) | regionEnd.flag);
  code.op('i32.and');
  code.i32((regionEnd.elsewhere << regionEnd.indexShift) | regionEnd.flag);
  code.op('i32.eq');
  code.if();
  loadSlot(code, 'i64', slots.regionPc);
  code.set(pc);
  pushFetchEntry(code, pc, () => frame.pushFetchTlb());
  code.memory('i32.load', fetchTlbEntry.records);
  code.set(frame.record);
  // As if the number of the instruction had been there.
  code.get(frame.target);
  code.i64(BigInt((1 << regionEnd.indexShift) - 1));
  code.op('i64.and');
  code.get(pc);
  code.i64(0xffcn);
  code.op('i64.and');
  code.i64(BigInt(regionEnd.indexShift - 2));
  code.op('i64.shl');
  code.op('i64.or');
  code.set(frame.target);
  code.end();
}

/** The next record, with what is left as it is: the region has counted the instruction already. */
function advanceWithLimit(frame: LoopFrame): void {
  frame.advance();
  const { code } = frame;
  frame.setLimit(() => {
    frame.pushLimit();
    code.i32(RECORD_BYTES);
    code.op('i32.add');
  });
}

/** The instruction at the record by its own handler, even where a region begins. */
function writeInterpretOne(frame: LoopFrame): void {
  const { code } = frame;
  code.get(frame.record);
  frame.pushLimit();
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
  code.ifUnlikely();
  code.get(frame.record);
  frame.pushRecordPc();
  code.set(frame.target);
  pushHalves(code, frame.target);
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
