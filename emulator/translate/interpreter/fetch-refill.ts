import { loadSlot } from '../cpu-block.ts';
import {
  contextHeader,
  DECODED_PAGE_BYTES,
  FETCH_TLB_BYTES,
  FETCH_TLB_ENTRIES,
  FETCH_TLB_ENTRY_BYTES,
  fetchTlbEntry,
  machineWords,
  mainTlbInfo,
  slots,
} from '../layout.ts';
import { CodeWriter } from '../wasm/code.ts';
import { EXECUTE, type LookUps, pushWord, Refill } from './refill.ts';

export const fetchSignature = { parameters: ['i32', 'i32'], results: ['i32'] } as const;

/** The signature of the import `fetch`, in front of it: a page whose translation and records are there is entered in the fetch TLB here. */
export function fetchFunction(lookUps: LookUps, slowPath: number): CodeWriter {
  const [low, high] = [0, 1];
  const code = new CodeWriter(2);
  const refill = new Refill(code, lookUps);
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
  const pushNeeded = (): void => {
    code.i32(EXECUTE);
    code.get(refill.header);
    code.memory('i32.load', contextHeader.rights);
    code.op('i32.shl');
  };
  refill.lookUp(slow, () => {
    pushNeeded();
    code.i32(0);
  });
  code.get(refill.info);
  pushNeeded();
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
  refill.pushEntry(FETCH_TLB_ENTRIES, FETCH_TLB_ENTRY_BYTES);
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
