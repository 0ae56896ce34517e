import { INSTRUCTIONS_PER_TICK, machineWords, slotAddress, slots } from '../layout.ts';
import { pushTagAndAddress } from './access.ts';
import { pushHalves } from './halves.ts';
import type { Surroundings } from './surroundings.ts';

/** Pushes the count at this instruction: what of the slice is left counts back from the slice's end. Exact below 2^53 nanoseconds. */
export function emitSystemCount(around: Surroundings): void {
  const { code } = around;
  code.i32(0);
  code.memory('f64.load', slotAddress(slots.sliceEnd));
  around.pushRemaining();
  code.op('f64.convert_i32_s');
  code.op('f64.sub');
  code.i32(INSTRUCTIONS_PER_TICK);
  code.op('f64.convert_i32_s');
  code.op('f64.div');
  code.op('i64.trunc_sat_f64_u');
}

/** Pushes how many ticks the entry into the guest has left: of the slice, and of what lies between its end and the entry's. */
export function emitEntryTicks(around: Surroundings): void {
  const { code } = around;
  code.i32(0);
  code.memory('f64.load', machineWords.entryEnd);
  code.i32(0);
  code.memory('f64.load', slotAddress(slots.sliceEnd));
  code.op('f64.sub');
  around.pushRemaining();
  code.op('f64.convert_i32_s');
  code.op('f64.add');
  code.i32(INSTRUCTIONS_PER_TICK);
  code.op('f64.convert_i32_s');
  code.op('f64.div');
  code.op('f64.ceil');
  code.op('i64.trunc_sat_f64_s');
}

/** Pushes whether the TLB lets a read of the byte through. Code that leaves at a miss does so here too: whoever goes on knows more. */
export function emitReadable(around: Surroundings, pushAddress: () => void): void {
  const { code } = around;
  const address = code.temporary('i64');
  const entry = code.temporary('i32');
  pushTagAndAddress(around, { kind: 'read', bytes: 1, options: {} }, { address, entry, pushAddress });
  if (around.leaveForAccess) {
    code.op('i64.ne');
    code.ifUnlikely();
    around.leaveForAccess();
    code.end();
    code.i32(1);
  } else {
    code.op('i64.eq');
    code.if('i32');
    code.i32(1);
    code.else();
    pushHalves(code, address);
    code.call(around.functions.readable!);
    code.end();
  }
  code.release('i64', address);
  code.release('i32', entry);
}

/** Code that leaves at a miss leaves for this always. */
export function emitInvalidateAddress(around: Surroundings, pushOperand: () => void): void {
  const { code } = around;
  if (around.leaveForAccess) {
    around.leaveForAccess();
    return;
  }
  const operand = code.temporary('i64');
  pushOperand();
  code.set(operand);
  pushHalves(code, operand);
  code.call(around.functions.invalidateAddress!);
  code.release('i64', operand);
}
