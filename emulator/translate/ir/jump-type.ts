import { loadSlot } from '../cpu-block.ts';
import { FETCH_TLB_ENTRIES, fetchTlbEntry, slots } from '../layout.ts';
import type { Surroundings } from './surroundings.ts';

/** BTYPE of BR: 3 only from a guarded page, else 1. The fetch TLB entry of this page is in place: it was fetched from. */
export function emitJumpType(around: Surroundings, pushBtype: () => void): void {
  const { code } = around;
  pushBtype();
  around.pushPc();
  code.i64(8n);
  code.op('i64.shr_u');
  code.op('i32.wrap_i64');
  code.i32((FETCH_TLB_ENTRIES - 1) << 4);
  code.op('i32.and');
  loadSlot(code, 'i32', slots.fetchTlb);
  code.op('i32.add');
  code.memory('i32.load', fetchTlbEntry.flags);
  code.i32(1);
  code.op('i32.and');
  code.i32(1);
  code.op('i32.shl');
  code.i32(1);
  code.op('i32.or');
  code.op('i32.and');
}
