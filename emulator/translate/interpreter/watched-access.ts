import { access, DATA_TLB_ENTRIES, dataTlbEntry, slotAddress, slots, tlbWindow, WATCHED_TAG } from '../layout.ts';
import { CodeWriter } from '../wasm/code.ts';
import { pushAddress } from './refill.ts';

/** As the import `access`. */
export const accessSignature = { parameters: ['i32', 'i32', 'i32'], results: ['i32'] } as const;

const [VA_LOW, VA_HIGH, FLAGS] = [0, 1, 2];

/**
 * What handlers call when the TLB does not have an access: where it is only that the page is watched, and not what is accessed, this finds the host address; else the
 * import `slow` does. A function of its own, so that handlers stay small.
 */
export function watchedAccessFunction(slow: number): CodeWriter {
  const code = new CodeWriter(3);
  const entry = code.local('i32');
  /** 0 for reads, 1 for writes, also those that read first. */
  const write = code.local('i32');
  const bytes = code.local('i32');
  const miss = code.block();
  pushFlag(code, access.write);
  code.i32(0);
  code.op('i32.ne');
  code.set(write);
  code.get(FLAGS);
  code.i32(access.bytesMask);
  code.op('i32.and');
  code.set(bytes);
  pushTlb(code);
  code.get(VA_LOW);
  code.i32(7);
  code.op('i32.shr_u');
  code.i32((DATA_TLB_ENTRIES - 1) << 5);
  code.op('i32.and');
  code.op('i32.add');
  code.tee(entry);
  pushScaled(code, write, dataTlbEntry.write - dataTlbEntry.read);
  code.memory('i64.load', dataTlbEntry.read);
  pushExpectedTag(code, bytes);
  code.op('i64.ne');
  code.brIf(miss);
  pushMisalignment(code);
  code.brIf(miss);
  code.get(VA_LOW);
  pushWindow(code, entry, write, tlbWindow.start);
  code.op('i32.sub');
  code.i32(0xfff);
  code.op('i32.and');
  code.get(bytes);
  code.op('i32.add');
  pushWindow(code, entry, write, tlbWindow.bytes);
  code.op('i32.gt_u');
  code.brIf(miss);
  code.get(VA_LOW);
  code.get(entry);
  code.memory('i32.load', dataTlbEntry.addend);
  code.op('i32.add');
  code.return();
  code.end();
  code.get(VA_LOW);
  code.get(VA_HIGH);
  code.get(FLAGS);
  code.call(slow);
  return code;
}

function pushFlag(code: CodeWriter, flag: number): void {
  code.get(FLAGS);
  code.i32(flag);
  code.op('i32.and');
}

function pushTlb(code: CodeWriter): void {
  code.i32(0);
  code.memory('i32.load', slotAddress(slots.unprivilegedTlb));
  code.i32(0);
  code.memory('i32.load', slotAddress(slots.dataTlb));
  pushFlag(code, access.unprivileged);
  code.select();
}

/** The sum of what is on the stack and `local` × `step`. */
function pushScaled(code: CodeWriter, local: number, step: number): void {
  code.get(local);
  code.i32(step);
  code.op('i32.mul');
  code.op('i32.add');
}

/** The page of the last byte, marked as watched. */
function pushExpectedTag(code: CodeWriter, bytes: number): void {
  pushAddress(code, VA_LOW, VA_HIGH);
  code.get(bytes);
  code.i32(1);
  code.op('i32.sub');
  code.op('i64.extend_i32_u');
  code.op('i64.add');
  code.i64(~0xfffn);
  code.op('i64.and');
  code.i64(BigInt(WATCHED_TAG));
  code.op('i64.or');
}

/** Bits of the address that its alignment does not permit; a watched page is Normal memory, so only where the access asks for it. */
function pushMisalignment(code: CodeWriter): void {
  code.get(VA_LOW);
  code.get(FLAGS);
  code.i32(access.alignShift);
  code.op('i32.shr_u');
  code.i32(1);
  code.op('i32.sub');
  code.op('i32.and');
  code.i32(0);
  pushFlag(code, access.aligned);
  code.select();
}

function pushWindow(code: CodeWriter, entry: number, write: number, member: number): void {
  code.get(entry);
  pushScaled(code, write, dataTlbEntry.writeWindow - dataTlbEntry.readWindow);
  code.memory('i32.load16_u', dataTlbEntry.readWindow + member);
}
