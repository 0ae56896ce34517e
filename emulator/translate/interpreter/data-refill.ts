import { loadSlot } from '../cpu-block.ts';
import {
  access,
  contextHeader,
  DATA_TLB_BYTES,
  DATA_TLB_ENTRIES,
  DATA_TLB_ENTRY_BYTES,
  dataTlbEntry,
  FETCH_TLB_BYTES,
  machineWords,
  slots,
} from '../layout.ts';
import { CodeWriter } from '../wasm/code.ts';
import { type LookUps, pushPageWord, READ, Refill, WRITE } from './refill.ts';

/**
 * As the import `access`, but knows only what needs no look: enters a page that the second level TLB knows in the context's data TLB.
 * 0: everything else, which is for the slow path.
 */
export function dataRefillFunction(lookUps: LookUps): CodeWriter {
  const [low, flags] = [0, 2];
  const code = new CodeWriter(3);
  const refill = new Refill(code, lookUps);
  const tlb = code.local('i32');
  const entry = code.local('i32');
  const needed = code.local('i32');
  const writable = code.local('i32');
  const slow = code.block();
  // Into the next page.
  code.get(low);
  code.i32(0xfff);
  code.op('i32.and');
  code.get(flags);
  code.i32(access.bytesMask);
  code.op('i32.and');
  code.op('i32.add');
  code.i32(0x1000);
  code.op('i32.gt_u');
  code.brIf(slow);
  // Misaligned where the instruction does not permit it; what SCTLR_ELx.A and Device memory forbid is never entered.
  code.get(flags);
  code.i32(access.aligned);
  code.op('i32.and');
  code.if();
  code.get(flags);
  code.i32(access.alignShift);
  code.op('i32.shr_u');
  code.i32(1);
  code.op('i32.sub');
  code.get(low);
  code.op('i32.and');
  code.brIf(slow);
  code.end();
  loadSlot(code, 'i32', slots.unprivilegedTlb);
  loadSlot(code, 'i32', slots.dataTlb);
  code.get(flags);
  code.i32(access.unprivileged);
  code.op('i32.and');
  code.select();
  code.tee(tlb);
  code.i32(DATA_TLB_BYTES + FETCH_TLB_BYTES);
  code.op('i32.add');
  code.set(refill.header);
  // READ where the access reads, WRITE where it writes: with neither bit set it reads.
  code.i32(READ);
  code.get(flags);
  code.i32(access.read);
  code.op('i32.and');
  code.if('i32');
  code.i32(READ | WRITE);
  code.else();
  code.i32(WRITE);
  code.end();
  code.get(flags);
  code.i32(access.write);
  code.op('i32.and');
  code.op('i32.eqz');
  code.select();
  code.get(refill.header);
  code.memory('i32.load', contextHeader.rights);
  code.op('i32.shl');
  code.set(needed);
  const pushRefused = (): void => {
    code.get(refill.header);
    code.memory('i32.load', contextHeader.refused);
  };
  refill.lookUp(slow, () => {
    code.get(needed);
    pushRefused();
  });
  code.get(needed);
  code.get(refill.info);
  code.get(needed);
  pushRefused();
  code.op('i32.or');
  code.op('i32.and');
  code.op('i32.ne');
  code.brIf(slow);
  // Stores to code are looked at one by one.
  code.get(refill.records);
  code.if();
  code.get(flags);
  code.i32(access.write);
  code.op('i32.and');
  code.brIf(slow);
  code.end();
  code.get(tlb);
  refill.pushEntry(DATA_TLB_ENTRIES, DATA_TLB_ENTRY_BYTES);
  code.set(entry);
  // From here on `info` is what the level has: READ, WRITE.
  code.get(refill.info);
  code.get(refill.header);
  code.memory('i32.load', contextHeader.rights);
  code.op('i32.shr_u');
  code.set(refill.info);
  const pushTagIf = (pushCondition: () => void): void => {
    code.get(entry);
    refill.pushTag();
    code.i64(-1n);
    pushCondition();
    code.select();
  };
  pushTagIf(() => {
    code.get(refill.info);
    code.i32(READ);
    code.op('i32.and');
  });
  code.memory('i64.store', dataTlbEntry.read);
  // What only writes may do never passes the read-modify-write's check, which looks at the write tag alone.
  code.get(refill.info);
  code.i32(READ | WRITE);
  code.op('i32.and');
  code.i32(READ | WRITE);
  code.op('i32.eq');
  code.get(refill.records);
  code.op('i32.eqz');
  code.op('i32.and');
  code.set(writable);
  pushTagIf(() => code.get(writable));
  code.memory('i64.store', dataTlbEntry.write);
  code.get(entry);
  code.get(refill.hostPage);
  code.get(low);
  code.i32(~0xfff);
  code.op('i32.and');
  code.op('i32.sub');
  code.memory('i32.store', dataTlbEntry.addend);
  refill.setDirty();
  writeWriter(code, refill.hostPage, entry, writable, tlb);
  code.get(refill.hostPage);
  code.get(low);
  code.i32(0xfff);
  code.op('i32.and');
  code.op('i32.add');
  code.return();
  code.end();
  code.i32(0);
  return code;
}

/** The import `access` behind a refill. */
export function accessFunction(refill: number, slowPath: number): CodeWriter {
  const code = new CodeWriter(3);
  const host = code.local('i32');
  const pushParameters = (): void => {
    for (let n = 0; n < 3; n++) code.get(n);
  };
  pushParameters();
  code.call(refill);
  code.tee(host);
  code.if();
  code.get(host);
  code.return();
  code.end();
  pushParameters();
  code.call(slowPath);
  return code;
}

/** (VA low, VA high) → not 0 where the data TLB lets reads of the page through, now that it was refilled. */
export function readableFunction(refill: number): CodeWriter {
  const code = new CodeWriter(2);
  code.get(0);
  code.get(1);
  code.i32(1);
  code.call(refill);
  return code;
}

/** Notes the entry as the one that lets stores through to its page, or that there is more than one (as emulator/memory/context.ts). */
function writeWriter(code: CodeWriter, hostPage: number, entry: number, writable: number, scratch: number): void {
  code.get(writable);
  code.if();
  code.get(entry);
  code.i32(2);
  code.op('i32.shr_u');
  code.set(entry);
  pushPageWord(code, machineWords.pageWriters, hostPage);
  code.tee(scratch);
  code.get(entry);
  code.i32(-1);
  code.get(scratch);
  code.memory('i32.load', 0);
  code.tee(writable);
  code.op('i32.eqz');
  code.get(writable);
  code.get(entry);
  code.op('i32.eq');
  code.op('i32.or');
  code.select();
  code.memory('i32.store', 0);
  code.end();
}
