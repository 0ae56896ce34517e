import { contextHeader, contextRange, machineWords, mainTlb } from '../layout.ts';
import { CodeWriter, type Label } from '../wasm/code.ts';

/** Rights as an info word has them for EL1. */
export const [READ, WRITE, EXECUTE] = [1, 2, 4];

/** Of the function of `findFunction`. */
export const findSignature = { parameters: ['i32', 'i32', 'i32'], results: ['i32'] } as const;

/** What a tag has of a canonical VA. */
export const VA_TAG = 0x1_ffff_ffff_f000n;

/** Pushes a u32 at a fixed address. */
export const pushWord = (code: CodeWriter, address: number): void => {
  code.i32(0);
  code.memory('i32.load', address);
};

/** Address of the word of a table by host page number. */
export function pushPageWord(code: CodeWriter, table: number, hostPage: number): void {
  pushWord(code, table);
  code.get(hostPage);
  code.i32(12);
  code.op('i32.shr_u');
  code.i32(2);
  code.op('i32.shl');
  code.op('i32.add');
}

/** Pushes the VA of two halves as i64. */
export function pushAddress(code: CodeWriter, low: number, high: number): void {
  code.get(low);
  code.op('i64.extend_i32_u');
  code.get(high);
  code.op('i64.extend_i32_u');
  code.i64(32n);
  code.op('i64.shl');
  code.op('i64.or');
}

/** Pushes the address of the header's part for the VA's range. */
export function pushRange(code: CodeWriter, header: number, high: number): void {
  code.get(header);
  code.get(high);
  code.i32(31);
  code.op('i32.shr_u');
  code.i32(contextHeader.upper - contextHeader.lower);
  code.op('i32.mul');
  code.op('i32.add');
}

/** Pushes the address of a VA's set of the second level TLB, hashed as emulator/memory/main-tlb.ts does. */
export function pushSet(code: CodeWriter, low: number, high: number): void {
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
  pushWord(code, machineWords.mainTlb);
  code.op('i32.add');
}

/** (VA low, VA high, context header) → address of the second level TLB's entry of that page in that context's address space, or 0. */
export function findFunction(): CodeWriter {
  const [low, high, header] = [0, 1, 2];
  const code = new CodeWriter(3);
  const page = code.local('i64');
  const global = code.local('i64');
  const local = code.local('i64');
  const tag = code.local('i64');
  const entry = code.local('i32');
  const miss = code.block();
  pushWord(code, machineWords.mainTlb);
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
  code.i64(VA_TAG);
  code.op('i64.and');
  code.set(page);
  pushRange(code, header, high);
  code.set(header);
  for (const [into, offset] of [
    [global, contextRange.global],
    [local, contextRange.local],
  ] as const) {
    code.get(page);
    code.get(header);
    code.memory('i64.load', offset);
    code.op('i64.or');
    code.set(into);
  }
  pushSet(code, low, high);
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

/** Function indices. */
export interface LookUps {
  readonly find: number;
  readonly walk: number;
}

/** What the two refills share: looks the page up, and leaves for `slow` where it is not there or marked. */
export class Refill {
  readonly header: number;
  readonly info: number;
  readonly hostPage: number;
  readonly records: number;

  /** @param functions Those of `findFunction` and `walkFunction`. */
  constructor(
    readonly code: CodeWriter,
    private readonly functions: LookUps,
  ) {
    this.header = code.local('i32');
    this.info = code.local('i32');
    this.hostPage = code.local('i32');
    this.records = code.local('i32');
  }

  /**
   * Sets the locals. `header` is set.
   * @param pushPermission Pushes the info bits that there must be, and those there must not be.
   */
  lookUp(slow: Label, pushPermission: () => void): void {
    const { code } = this;
    const pushPage = (): void => {
      code.get(0);
      code.get(1);
      code.get(this.header);
    };
    pushPage();
    code.call(this.functions.find);
    code.tee(this.info);
    code.op('i32.eqz');
    code.if();
    pushPage();
    pushPermission();
    code.call(this.functions.walk);
    code.tee(this.info);
    code.op('i32.eqz');
    code.brIf(slow);
    code.end();
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
