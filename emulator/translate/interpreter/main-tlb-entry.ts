import { machineWords, mainTlb, mainTlbState } from '../layout.ts';
import type { CodeWriter } from '../wasm/code.ts';
import { pushSet, pushWord } from './refill.ts';

/** What an entry gets. */
interface EntryValues {
  pushTag(): void;
  pushPage(): void;
  pushInfo(): void;
}

/**
 * Enters a page in the second level TLB as emulator/memory/main-tlb.ts does: in the first empty way, else where the victim is. It is in none yet.
 * @param va Locals of the VA's halves. @param span Local: bits of the leaf. @param entry Local that gets the entry's address.
 */
export function writeMainTlbEntry(
  code: CodeWriter,
  va: readonly [low: number, high: number],
  span: number,
  entry: number,
  values: EntryValues,
): void {
  findWay(code, va, entry);
  code.get(entry);
  values.pushTag();
  code.memory('i64.store', mainTlb.tag);
  code.get(entry);
  values.pushPage();
  code.memory('i32.store', mainTlb.page);
  code.get(entry);
  values.pushInfo();
  code.memory('i32.store', mainTlb.info);
  noteBlock(code, va, span);
}

function findWay(code: CodeWriter, [low, high]: readonly [number, number], entry: number): void {
  const advance = (pushDistance: () => void): void => {
    code.get(entry);
    pushDistance();
    code.op('i32.add');
    code.set(entry);
  };
  const table = code.temporary('i32');
  const victim = code.temporary('i32');
  pushSet(code, low, high);
  code.set(entry);
  const found = code.block();
  for (let way = 0; way < mainTlb.ways; way++) {
    code.get(entry);
    code.memory('i64.load', mainTlb.tag);
    code.op('i64.eqz');
    code.brIf(found);
    advance(() => code.i32(mainTlb.entryBytes));
  }
  pushWord(code, machineWords.mainTlb);
  code.tee(table);
  code.get(table);
  code.memory('i32.load', mainTlbState.victim);
  code.i32(1);
  code.op('i32.add');
  code.i32(mainTlb.ways - 1);
  code.op('i32.and');
  code.tee(victim);
  code.memory('i32.store', mainTlbState.victim);
  advance(() => {
    code.get(victim);
    code.i32(mainTlb.ways);
    code.op('i32.sub');
    code.i32(mainTlb.entryBytes);
    code.op('i32.mul');
  });
  code.end();
  code.release('i32', table);
  code.release('i32', victim);
}

/** A leaf of more than a page: an invalidation by VA must know. */
function noteBlock(code: CodeWriter, [low, high]: readonly [number, number], span: number): void {
  const pushHighPart = (by: number, shift: 'i32.shl' | 'i32.shr_u'): void => {
    code.get(high);
    code.i32(0xffff);
    code.op('i32.and');
    code.i32(by);
    code.op(shift);
  };
  code.get(span);
  code.i32(mainTlbState.pageSpan);
  code.op('i32.gt_u');
  code.if();
  pushWord(code, machineWords.mainTlb);
  code.get(span);
  code.i32(mainTlbState.hugeSpan);
  code.op('i32.gt_u');
  code.if('i32');
  code.i32(mainTlbState.hugeBlocks);
  code.else();
  // Hashed as there, too.
  code.get(low);
  code.i32(21);
  code.op('i32.shr_u');
  pushHighPart(3, 'i32.shl');
  code.op('i32.xor');
  pushHighPart(8, 'i32.shr_u');
  code.op('i32.xor');
  code.i32(mainTlbState.blockEntries - 1);
  code.op('i32.and');
  code.i32(mainTlbState.blocks);
  code.op('i32.add');
  code.end();
  code.op('i32.add');
  code.i32(1);
  code.memory('i32.store8', 0);
  code.end();
}
