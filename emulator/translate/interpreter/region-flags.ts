import { type FlagLocals, loadFlags, loadSlot, storeFlags } from '../cpu-block.ts';
import { emitFlagsOf, pushNzcvOf } from '../ir/flag-origins.ts';
import { slotAddress, slots } from '../layout.ts';
import type { CodeWriter } from '../wasm/code.ts';

/** Hands the flags of the vCPU block to a region, which wants what they come from (ir/flag-origins.ts). */
export function packFlags(code: CodeWriter, flags: FlagLocals): void {
  loadFlags(code, flags);
  code.i32(0);
  code.i32(0);
  code.memory('i32.store', slotAddress(slots.lazyKind));
  code.i32(0);
  pushNzcvOf(code, flags);
  code.op('i64.extend_i32_u');
  code.memory('i64.store', slotAddress(slots.lazyLeft));
}

/** Takes the flags back into the vCPU block. */
export function unpackFlags(code: CodeWriter, flags: FlagLocals): void {
  const kind = code.local('i32');
  const operands = [code.local('i64'), code.local('i64')] as const;
  loadSlot(code, 'i32', slots.lazyKind);
  code.set(kind);
  loadSlot(code, 'i64', slots.lazyLeft);
  code.set(operands[0]);
  loadSlot(code, 'i64', slots.lazyRight);
  code.set(operands[1]);
  emitFlagsOf(code, kind, operands, flags);
  storeFlags(code, flags);
}
