import { loadSlot } from '../cpu-block.ts';
import { exitCode, type InterpreterExit } from '../exits.ts';
import { pushHalves } from '../ir/halves.ts';
import { FETCH_TLB_ENTRIES, fetchTlbEntry, slots } from '../layout.ts';
import type { CodeWriter } from '../wasm/code.ts';
import type { LoopFrame } from './frame.ts';

/** Pushes the address of the fetch TLB's entry for a target. */
export function pushFetchEntry(code: CodeWriter, target: number, pushFetchTlb: () => void): void {
  code.get(target);
  code.i64(8n);
  code.op('i64.shr_u');
  code.op('i32.wrap_i64');
  code.i32((FETCH_TLB_ENTRIES - 1) << 4);
  code.op('i32.and');
  pushFetchTlb();
  code.op('i32.add');
}

/** Pushes the address of a target's record. */
export function pushRecord(code: CodeWriter, target: number, pushRecords: () => void): void {
  code.get(target);
  code.op('i32.wrap_i64');
  code.i32(0xffc);
  code.op('i32.and');
  code.i32(2);
  code.op('i32.shl');
  pushRecords();
  code.op('i32.add');
}

/** Finds the records of `target`. `record` is past the branch, so `limit - record` is what is left at the target. */
export function writeJump(frame: LoopFrame): void {
  const { code } = frame;
  pushFetchEntry(code, frame.target, () => frame.pushFetchTlb());
  code.tee(frame.entry);
  code.memory('i64.load', fetchTlbEntry.tag);
  // The low two bits stay in the comparison: a misaligned target misses.
  code.get(frame.target);
  code.i64(~0xffcn);
  code.op('i64.and');
  code.op('i64.ne');
  code.ifUnlikely();
  writeFetchMiss(frame);
  code.end();
  const records = code.temporary('i32');
  code.get(frame.entry);
  code.memory('i32.load', fetchTlbEntry.records);
  code.set(records);
  // pcBase = page - records / 4
  frame.setPcBase(() => {
    code.get(frame.target);
    code.i64(~0xfffn);
    code.op('i64.and');
    code.get(records);
    code.i32(2);
    code.op('i32.shr_u');
    code.op('i64.extend_i32_u');
    code.op('i64.sub');
  });
  // New record; limit moves with it.
  pushRecord(code, frame.target, () => code.get(records));
  code.set(records);
  frame.setLimit(() => {
    frame.pushLimit();
    code.get(records);
    code.op('i32.add');
    code.get(frame.record);
    code.op('i32.sub');
  });
  code.get(records);
  code.set(frame.record);
  code.release('i32', records);
  // Guarded page and PSTATE.BTYPE in force: the processor looks at the instruction.
  code.get(frame.entry);
  code.memory('i32.load', fetchTlbEntry.flags);
  code.if();
  loadSlot(code, 'i32', slots.btype);
  code.if();
  loadSlot(code, 'i32', slots.btypeRemaining);
  frame.pushRemaining();
  code.op('i32.eq');
  code.if();
  code.i32(exitCode('branch-target'));
  code.set(frame.code32);
  frame.writeExitSequence(() => frame.pushRecordPc());
  code.end();
  code.end();
  code.end();
}

/** Misaligned, tagged by TBI, or not in the fetch TLB. */
function writeFetchMiss(frame: LoopFrame): void {
  const { code } = frame;
  const leaveAtTarget = (name: InterpreterExit): void => {
    code.i32(exitCode(name));
    code.set(frame.code32);
    frame.writeExitSequence(() => code.get(frame.target));
  };
  writeTopByteIgnore(frame);
  code.get(frame.target);
  code.op('i32.wrap_i64');
  code.i32(3);
  code.op('i32.and');
  code.if();
  leaveAtTarget('pc-alignment');
  code.end();
  // A slice may end exactly at a jump: then the fetch belongs to the next slice.
  frame.pushLimit();
  code.get(frame.record);
  code.op('i32.eq');
  code.if();
  leaveAtTarget('budget');
  code.end();
  pushHalves(code, frame.target);
  code.call(frame.imports.fetch);
  code.op('i32.eqz');
  code.if();
  leaveAtTarget('fault');
  code.end();
  // TBI may have moved the target to another entry.
  pushFetchEntry(code, frame.target, () => frame.pushFetchTlb());
  code.set(frame.entry);
}

/** BranchAddr(): with TBI the top byte becomes a copy of bit 55. */
function writeTopByteIgnore(frame: LoopFrame): void {
  const { code } = frame;
  loadSlot(code, 'i32', slots.fetchTbi);
  code.get(frame.target);
  code.i64(55n);
  code.op('i64.shr_u');
  code.op('i32.wrap_i64');
  code.i32(1);
  code.op('i32.and');
  code.op('i32.shr_u');
  code.i32(1);
  code.op('i32.and');
  code.if();
  code.get(frame.target);
  code.i64(8n);
  code.op('i64.shl');
  code.i64(8n);
  code.op('i64.shr_s');
  code.set(frame.target);
  code.end();
}
