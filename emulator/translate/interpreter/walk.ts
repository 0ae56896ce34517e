import { ACCESS_FLAG, ATTRIBUTES_SHIFT, firstBlockLevel, NOT_GLOBAL, rightsIndex, TABLE_OR_PAGE, VALID } from '../../isa/descriptor.ts';
import { contextHeader, contextRange, machineWords, mainTlbInfo, stage2Cache } from '../layout.ts';
import { CodeWriter, type Label } from '../wasm/code.ts';
import { writeMainTlbEntry } from './main-tlb-entry.ts';
import { pushAddress, pushRange, pushWord, READ, VA_TAG } from './refill.ts';

/** Parameters: VA low and high, context header, info bits that there must be, info bits there must not be. */
export const walkSignature = { parameters: ['i32', 'i32', 'i32', 'i32', 'i32'], results: ['i32'] } as const;
const [LOW, HIGH, HEADER, NEEDED, REFUSED] = [0, 1, 2, 3, 4];

const PAGE_BITS = 12;
const STRIDE = 9;
const OUTPUT = 0xffff_ffff_f000n;
/** Shift of the largest block. */
const LARGEST_BLOCK = PAGE_BITS + STRIDE * (3 - firstBlockLevel(PAGE_BITS));

/**
 * → address of the second level TLB's entry that was made, or 0: the slow path has to walk. It does all that is not plain: a fault, an update of a descriptor, an IPA that
 * the stage 2 cache does not have, Device memory, poison, watches, other granules.
 */
export function walkFunction(): CodeWriter {
  return new Walk().write();
}

class Walk {
  private readonly code = new CodeWriter(5);
  private readonly range = this.code.local('i32');
  private readonly shift = this.code.local('i32');
  private readonly va = this.code.local('i64');
  /** Of the descriptor, then of the page. */
  private readonly ipa = this.code.local('i64');
  private readonly descriptor = this.code.local('i64');
  /** Permissions that the tables give, as they go into the index of the rights. */
  private readonly tables = this.code.local('i32');
  /** Entry of the stage 2 cache, then the new one. */
  private readonly entry = this.code.local('i32');
  private readonly leaf = this.code.local('i32');
  private readonly host = this.code.local('i32');
  private readonly rights = this.code.local('i32');
  private readonly info = this.code.local('i32');
  private slow!: Label;

  write(): CodeWriter {
    const { code } = this;
    this.slow = code.block();
    this.begin();
    this.descend();
    this.takeLeaf();
    this.decideInfo();
    writeMainTlbEntry(code, [LOW, HIGH], this.shift, this.entry, {
      pushTag: () => this.pushTag(),
      pushPage: () => code.get(this.host),
      pushInfo: () => code.get(this.info),
    });
    code.get(this.entry);
    code.return();
    code.end();
    code.i32(0);
    return code;
  }

  private slowIf(): void {
    this.code.brIf(this.slow);
  }

  private pushOf(base: number, type: 'i32' | 'i64', member: number): void {
    this.code.get(base);
    this.code.memory(`${type}.load`, member);
  }

  /** The start table's descriptor. */
  private begin(): void {
    const { code } = this;
    pushWord(code, machineWords.mainTlb);
    code.op('i32.eqz');
    this.slowIf();
    pushWord(code, machineWords.virtualWatches);
    this.slowIf();
    pushRange(code, HEADER, HIGH);
    code.tee(this.range);
    code.memory('i32.load', contextRange.slowWalks);
    this.slowIf();
    // All bits above the input size are equal: the address was found canonical.
    pushAddress(code, LOW, HIGH);
    code.tee(this.va);
    this.pushOf(this.range, 'i32', contextRange.bits);
    code.op('i64.extend_i32_u');
    code.op('i64.shr_s');
    code.i64(1n);
    code.op('i64.add');
    code.i64(1n);
    code.op('i64.gt_u');
    this.slowIf();
    this.pushOf(this.range, 'i32', contextRange.shift);
    code.set(this.shift);
    this.pushOf(this.range, 'i64', contextRange.table);
    this.addIndex(() => this.pushOf(this.range, 'i32', contextRange.indexMask));
  }

  /** IPA of the descriptor: in the table whose address is on the stack. */
  private addIndex(pushMask: () => void): void {
    const { code } = this;
    code.get(this.va);
    code.get(this.shift);
    code.op('i64.extend_i32_u');
    code.op('i64.shr_u');
    code.op('i32.wrap_i64');
    pushMask();
    code.op('i32.and');
    code.i32(3);
    code.op('i32.shl');
    code.op('i64.extend_i32_u');
    code.op('i64.add');
    code.set(this.ipa);
  }

  /** Reads descriptors down to a leaf. */
  private descend(): void {
    const { code } = this;
    code.i32(0);
    code.set(this.tables);
    const level = code.loop();
    this.readDescriptor();
    this.pushBits(BigInt(VALID));
    code.op('i64.eqz');
    this.slowIf();
    code.get(this.shift);
    code.i32(PAGE_BITS);
    code.op('i32.gt_u');
    this.pushBits(BigInt(TABLE_OR_PAGE));
    code.op('i32.wrap_i64');
    code.i32(0);
    code.op('i32.ne');
    code.op('i32.and');
    code.if();
    code.get(this.tables);
    this.pushRightsBits(rightsIndex.tableAccess);
    code.op('i32.or');
    this.pushRightsBits(rightsIndex.tableNever);
    code.op('i32.or');
    code.set(this.tables);
    this.pushBits(OUTPUT);
    code.set(this.ipa);
    this.checkOutput();
    code.get(this.shift);
    code.i32(STRIDE);
    code.op('i32.sub');
    code.set(this.shift);
    code.get(this.ipa);
    this.addIndex(() => code.i32(2 ** STRIDE - 1));
    code.br(level);
    code.end();
    code.end();
  }

  /** The descriptor at `ipa`. A read of a walk: of Normal memory that can be read. */
  private readDescriptor(): void {
    const { code } = this;
    this.translateIpa();
    code.get(this.leaf);
    code.i32(READ);
    code.op('i32.and');
    code.op('i32.eqz');
    this.slowIf();
    code.get(this.leaf);
    code.i32(stage2Cache.leaf.memAttr);
    code.op('i32.shr_u');
    this.pushOf(HEADER, 'i32', contextHeader.stage2Device);
    code.op('i32.and');
    code.op('i32.eqz');
    this.slowIf();
    pushWord(code, machineWords.pageMarks);
    code.get(this.host);
    code.i32(PAGE_BITS);
    code.op('i32.shr_u');
    code.op('i32.add');
    code.memory('i32.load8_u', 0);
    this.slowIf();
    code.get(this.host);
    code.get(this.ipa);
    code.op('i32.wrap_i64');
    code.i32(0xff8);
    code.op('i32.and');
    code.op('i32.add');
    code.memory('i64.load', 0);
    code.set(this.descriptor);
  }

  /** Sets `host`, the page at `ipa`, and `leaf`. */
  private translateIpa(): void {
    const { code } = this;
    code.get(this.ipa);
    code.i64(BigInt(PAGE_BITS));
    code.op('i64.shr_u');
    code.op('i32.wrap_i64');
    code.i32(stage2Cache.entries - 1);
    code.op('i32.and');
    code.i32(Math.log2(stage2Cache.entryBytes));
    code.op('i32.shl');
    pushWord(code, machineWords.stage2Cache);
    code.op('i32.add');
    code.tee(this.entry);
    code.memory('i64.load', stage2Cache.tag);
    code.get(this.ipa);
    code.i64(OUTPUT);
    code.op('i64.and');
    this.pushOf(HEADER, 'i64', contextHeader.stage2Tag);
    code.op('i64.or');
    code.op('i64.ne');
    this.slowIf();
    this.pushOf(this.entry, 'i32', stage2Cache.page);
    code.set(this.host);
    this.pushOf(this.entry, 'i32', stage2Cache.info);
    code.set(this.leaf);
  }

  /** Pushes bits of the descriptor, i64. */
  private pushBits(mask: bigint): void {
    this.code.get(this.descriptor);
    this.code.i64(mask);
    this.code.op('i64.and');
  }

  private pushRightsBits({ shift, mask }: { readonly shift: number; readonly mask: number }): void {
    const { code } = this;
    code.get(this.descriptor);
    code.i64(BigInt(shift));
    code.op('i64.shr_u');
    code.op('i32.wrap_i64');
    code.i32(mask);
    code.op('i32.and');
  }

  /** An output address beyond the size of physical addresses faults. */
  private checkOutput(): void {
    const { code } = this;
    code.get(this.ipa);
    this.pushOf(HEADER, 'i32', contextHeader.outputBits);
    code.op('i64.extend_i32_u');
    code.op('i64.shr_u');
    code.op('i64.eqz');
    code.op('i32.eqz');
    this.slowIf();
  }

  /** `ipa` becomes that of the page. */
  private takeLeaf(): void {
    const { code } = this;
    // A page has the bit that a block has not.
    code.get(this.shift);
    code.i32(PAGE_BITS);
    code.op('i32.eq');
    this.pushBits(BigInt(TABLE_OR_PAGE));
    code.op('i64.eqz');
    code.op('i32.and');
    this.slowIf();
    code.get(this.shift);
    code.i32(LARGEST_BLOCK);
    code.op('i32.gt_u');
    this.slowIf();
    this.pushBits(BigInt(ACCESS_FLAG));
    code.op('i64.eqz');
    this.slowIf();
    // Clean, and hardware keeps the dirty state.
    code.get(this.descriptor);
    this.pushOf(HEADER, 'i64', contextHeader.special);
    code.op('i64.and');
    this.pushOf(HEADER, 'i64', contextHeader.special);
    code.op('i64.eq');
    this.slowIf();
    this.pushBits(OUTPUT);
    this.pushBlock();
    code.i64(-1n);
    code.op('i64.xor');
    code.op('i64.and');
    code.set(this.ipa);
    this.checkOutput();
    code.get(this.ipa);
    code.get(this.va);
    this.pushBlock();
    code.op('i64.and');
    code.op('i64.or');
    code.set(this.ipa);
    this.translateIpa();
  }

  /** Pushes the mask of the bits inside the leaf, i64. */
  private pushBlock(): void {
    const { code } = this;
    code.i64(1n);
    code.get(this.shift);
    code.op('i64.extend_i32_u');
    code.op('i64.shl');
    code.i64(1n);
    code.op('i64.sub');
  }

  /** `info`: rights of both stages, attributes, what PAN and BTI make of it. Only what this access may use is entered. */
  private decideInfo(): void {
    const { code } = this;
    pushWord(code, machineWords.stage1Rights);
    this.pushRightsBits(rightsIndex.access);
    this.pushRightsBits(rightsIndex.never);
    code.op('i32.or');
    code.get(this.tables);
    this.pushOf(this.range, 'i32', contextRange.tableRights);
    code.op('i32.and');
    code.op('i32.or');
    this.pushOf(HEADER, 'i32', contextHeader.rightsIndex);
    code.op('i32.or');
    code.op('i32.add');
    code.memory('i32.load8_u', 0);
    code.set(this.rights);
    this.pushOf(HEADER, 'i32', contextHeader.attributes);
    code.get(this.descriptor);
    code.i64(BigInt(ATTRIBUTES_SHIFT));
    code.op('i64.shr_u');
    code.op('i32.wrap_i64');
    code.i32(7);
    code.op('i32.and');
    code.i32(4);
    code.op('i32.shl');
    code.get(this.leaf);
    code.i32(stage2Cache.leaf.memAttr);
    code.op('i32.shr_u');
    code.i32(15);
    code.op('i32.and');
    code.op('i32.or');
    code.i32(1);
    code.op('i32.shl');
    code.op('i32.add');
    code.memory('i32.load16_u', 0);
    code.tee(this.info);
    code.op('i32.eqz');
    this.slowIf();
    code.get(this.info);
    code.get(this.rights);
    code.get(this.leaf);
    code.op('i32.and');
    code.i32(mainTlbInfo.rights);
    code.op('i32.and');
    code.op('i32.or');
    this.pushInfoIf(mainTlbInfo.panDenied, () => {
      code.get(this.rights);
      this.pushOf(HEADER, 'i32', contextHeader.panDenied);
      code.op('i32.and');
    });
    this.pushInfoIf(mainTlbInfo.guarded, () => {
      code.get(this.descriptor);
      this.pushOf(HEADER, 'i64', contextHeader.guarded);
      code.op('i64.and');
      code.op('i64.eqz');
      code.op('i32.eqz');
    });
    code.tee(this.info);
    code.get(NEEDED);
    code.get(REFUSED);
    code.op('i32.or');
    code.op('i32.and');
    code.get(NEEDED);
    code.op('i32.ne');
    this.slowIf();
  }

  /** The page, in the address space or, where it is global, that of the tables. */
  private pushTag(): void {
    const { code } = this;
    code.get(this.va);
    code.i64(VA_TAG);
    code.op('i64.and');
    this.pushOf(this.range, 'i64', contextRange.local);
    this.pushOf(this.range, 'i64', contextRange.global);
    this.pushBits(BigInt(NOT_GLOBAL));
    code.op('i64.eqz');
    code.op('i32.eqz');
    code.select();
    code.op('i64.or');
  }

  /** Adds a bit to what is on the stack where the condition is not 0. */
  private pushInfoIf(bit: number, pushCondition: () => void): void {
    const { code } = this;
    code.i32(bit);
    code.i32(0);
    pushCondition();
    code.select();
    code.op('i32.or');
  }
}
