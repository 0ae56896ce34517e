import { loadSlot } from '../cpu-block.ts';
import {
  access,
  contextHeader,
  DATA_TLB_BYTES,
  DATA_TLB_ENTRIES,
  DECODED_PAGE_BYTES,
  dataTlbEntry,
  FETCH_TLB_BYTES,
  FETCH_TLB_ENTRIES,
  fetchTlbEntry,
  machineWords,
  mainTlb,
  mainTlbInfo,
  slots,
} from '../layout.ts';
import { CodeWriter, type Label } from '../wasm/code.ts';
import type { ModuleWriter } from '../wasm/module.ts';

/** Rights as an info word has them for EL1. */
const [READ, WRITE, EXECUTE] = [1, 2, 4];

const findSignature = { parameters: ['i32', 'i32', 'i32'], results: ['i32'] } as const;
export const accessSignature = { parameters: ['i32', 'i32', 'i32'], results: ['i32'] } as const;
export const fetchSignature = { parameters: ['i32', 'i32'], results: ['i32'] } as const;

const pushWord = (code: CodeWriter, address: number): void => {
  code.i32(0);
  code.memory('i32.load', address);
};

/** Address of the word of a table by host page number. */
function pushPageWord(code: CodeWriter, table: number, hostPage: number): void {
  pushWord(code, table);
  code.get(hostPage);
  code.i32(12);
  code.op('i32.shr_u');
  code.i32(2);
  code.op('i32.shl');
  code.op('i32.add');
}

/** Pushes the VA of two halves as i64. */
function pushAddress(code: CodeWriter, low: number, high: number): void {
  code.get(low);
  code.op('i64.extend_i32_u');
  code.get(high);
  code.op('i64.extend_i32_u');
  code.i64(32n);
  code.op('i64.shl');
  code.op('i64.or');
}

/** (VA low, VA high, context header) → address of the second level TLB's entry of that page in that context's address space, or 0. */
function findFunction(): CodeWriter {
  const [low, high, header] = [0, 1, 2];
  const code = new CodeWriter(3);
  const page = code.local('i64');
  const global = code.local('i64');
  const local = code.local('i64');
  const tag = code.local('i64');
  const entry = code.local('i32');
  const miss = code.block();
  pushWord(code, machineWords.mainTlb);
  code.tee(entry);
  code.op('i32.eqz');
  code.brIf(miss);
  // Tagged and non-canonical addresses are the slow path's: VA[63:48] all equal.
  code.get(high);
  code.i32(16);
  code.op('i32.shr_s');
  code.i32(1);
  code.op('i32.add');
  code.i32(1);
  code.op('i32.gt_u');
  code.brIf(miss);
  pushAddress(code, low, high);
  code.i64(0x1_ffff_ffff_f000n);
  code.op('i64.and');
  code.set(page);
  code.get(header);
  code.get(high);
  code.i32(31);
  code.op('i32.shr_u');
  code.i32(Math.log2(contextHeader.upperGlobal - contextHeader.lowerGlobal));
  code.op('i32.shl');
  code.op('i32.add');
  code.set(header);
  for (const [into, offset] of [
    [global, contextHeader.lowerGlobal],
    [local, contextHeader.lowerLocal],
  ] as const) {
    code.get(page);
    code.get(header);
    code.memory('i64.load', offset);
    code.op('i64.or');
    code.set(into);
  }
  // The set, hashed as emulator/memory/main-tlb.ts does.
  code.get(low);
  code.i32(12);
  code.op('i32.shr_u');
  code.get(low);
  code.i32(23);
  code.op('i32.shr_u');
  code.op('i32.xor');
  code.get(high);
  code.i32(5);
  code.op('i32.shl');
  code.op('i32.xor');
  code.i32(mainTlb.sets - 1);
  code.op('i32.and');
  code.i32(Math.log2(mainTlb.ways * mainTlb.entryBytes));
  code.op('i32.shl');
  code.get(entry);
  code.op('i32.add');
  code.set(entry);
  for (let way = 0; way < mainTlb.ways; way++) {
    code.get(entry);
    code.memory('i64.load', way * mainTlb.entryBytes + mainTlb.tag);
    code.tee(tag);
    code.get(local);
    code.op('i64.eq');
    code.get(tag);
    code.get(global);
    code.op('i64.eq');
    code.op('i32.or');
    code.if();
    code.get(entry);
    code.i32(way * mainTlb.entryBytes);
    code.op('i32.add');
    code.return();
    code.end();
  }
  code.end();
  code.i32(0);
  return code;
}

/** What the two refills share: looks the page up, and leaves for `slow` where it is not there or marked. */
class Refill {
  readonly header: number;
  readonly info: number;
  readonly hostPage: number;
  readonly records: number;

  constructor(
    readonly code: CodeWriter,
    private readonly find: number,
  ) {
    this.header = code.local('i32');
    this.info = code.local('i32');
    this.hostPage = code.local('i32');
    this.records = code.local('i32');
  }

  /** Sets the locals. `header` is set. */
  lookUp(slow: Label): void {
    const { code } = this;
    code.get(0);
    code.get(1);
    code.get(this.header);
    code.call(this.find);
    code.tee(this.info);
    code.op('i32.eqz');
    code.brIf(slow);
    code.get(this.info);
    code.memory('i32.load', mainTlb.page);
    code.set(this.hostPage);
    code.get(this.info);
    code.memory('i32.load', mainTlb.info);
    code.set(this.info);
    pushWord(code, machineWords.pageMarks);
    code.get(this.hostPage);
    code.i32(12);
    code.op('i32.shr_u');
    code.op('i32.add');
    code.memory('i32.load8_u', 0);
    code.brIf(slow);
    pushPageWord(code, machineWords.codePages, this.hostPage);
    code.memory('i32.load', 0);
    code.set(this.records);
  }

  /** Pushes an entry's address: direct mapped by the page number. The TLB's address is on the stack. */
  pushEntry(entries: number, entryBytes: number): void {
    const { code } = this;
    code.get(0);
    code.i32(12);
    code.op('i32.shr_u');
    code.i32(entries - 1);
    code.op('i32.and');
    code.i32(Math.log2(entryBytes));
    code.op('i32.shl');
    code.op('i32.add');
  }

  /** Pushes the entry's tag. */
  pushTag(): void {
    const { code } = this;
    pushAddress(code, 0, 1);
    code.i64(~0xfffn);
    code.op('i64.and');
  }

  /** Something was entered. */
  setDirty(): void {
    const { code } = this;
    code.get(this.header);
    code.i32(1);
    code.memory('i32.store', contextHeader.dirty);
  }
}

/**
 * The signature of the import `access`, in front of it: a page that the second level TLB knows, and that any access may use without a look, is entered in
 * the context's data TLB here. Everything else is the import's.
 */
function accessFunction(find: number, slowPath: number): CodeWriter {
  const [low, high, flags] = [0, 1, 2];
  const code = new CodeWriter(3);
  const refill = new Refill(code, find);
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
  refill.lookUp(slow);
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
  code.tee(needed);
  code.get(refill.info);
  code.get(needed);
  code.get(refill.header);
  code.memory('i32.load', contextHeader.refused);
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
  refill.pushEntry(DATA_TLB_ENTRIES, 32);
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
  code.get(low);
  code.get(high);
  code.get(flags);
  code.call(slowPath);
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

/** The signature of the import `fetch`, in front of it: a page whose translation and records are there is entered in the fetch TLB here. */
function fetchFunction(find: number, slowPath: number): CodeWriter {
  const [low, high] = [0, 1];
  const code = new CodeWriter(2);
  const refill = new Refill(code, find);
  const tlb = code.local('i32');
  const entry = code.local('i32');
  const slow = code.block();
  pushWord(code, machineWords.fetchWatched);
  code.brIf(slow);
  loadSlot(code, 'i32', slots.fetchTlb);
  code.tee(tlb);
  code.i32(FETCH_TLB_BYTES);
  code.op('i32.add');
  code.set(refill.header);
  refill.lookUp(slow);
  code.get(refill.info);
  code.get(refill.header);
  code.memory('i32.load', contextHeader.rights);
  code.op('i32.shr_u');
  code.i32(EXECUTE);
  code.op('i32.and');
  code.op('i32.eqz');
  code.brIf(slow);
  code.get(refill.records);
  code.op('i32.eqz');
  code.brIf(slow);
  code.get(refill.records);
  code.i32(1);
  code.op('i32.sub');
  code.i32(Math.log2(DECODED_PAGE_BYTES));
  code.op('i32.shl');
  pushWord(code, machineWords.codeStart);
  code.op('i32.add');
  code.set(refill.records);
  code.get(tlb);
  refill.pushEntry(FETCH_TLB_ENTRIES, 16);
  code.tee(entry);
  refill.pushTag();
  code.memory('i64.store', fetchTlbEntry.tag);
  code.get(entry);
  code.get(refill.records);
  code.memory('i32.store', fetchTlbEntry.records);
  code.get(entry);
  code.get(refill.info);
  code.i32(mainTlbInfo.guarded);
  code.op('i32.and');
  code.i32(0);
  code.op('i32.ne');
  code.memory('i32.store', fetchTlbEntry.flags);
  refill.setDirty();
  code.get(refill.records);
  code.return();
  code.end();
  code.get(low);
  code.get(high);
  code.call(slowPath);
  return code;
}

/** Adds the refills to a module; function indices to call in place of the imports. */
export function refillFunctions(module: ModuleWriter, imports: { readonly access: number; readonly fetch: number }) {
  const find = module.function(findSignature, findFunction());
  return {
    access: module.function(accessSignature, accessFunction(find, imports.access)),
    fetch: module.function(fetchSignature, fetchFunction(find, imports.fetch)),
  };
}
