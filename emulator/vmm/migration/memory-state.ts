import type { Memslots } from '../../kvm/memslots.ts';
import { PAGE_BYTES } from '../../kvm/stage2-geometry.ts';
import type { MemoryRun } from './format.ts';

/** Pages of all slots that are not zero, joined where they follow each other. */
export function saveMemory(memslots: Memslots, host: Uint8Array): { readonly runs: MemoryRun[]; readonly data: Uint8Array[] } {
  const words = new BigUint64Array(host.buffer, host.byteOffset, host.byteLength >>> 3);
  const runs: { gpa: number; bytes: number }[] = [];
  const data: Uint8Array[] = [];
  for (const { guestPhysAddr, memorySize } of memslots.all()) {
    for (let gpa = guestPhysAddr; gpa < guestPhysAddr + memorySize; gpa += PAGE_BYTES) {
      const at = memslots.hostAddress(gpa);
      if (at < 0 || isZero(words, at)) continue;
      const last = runs.at(-1);
      if (last && last.gpa + last.bytes === gpa) last.bytes += PAGE_BYTES;
      else runs.push({ gpa, bytes: PAGE_BYTES });
      data.push(host.subarray(at, at + PAGE_BYTES));
    }
  }
  return { runs, data };
}

function isZero(words: BigUint64Array, at: number): boolean {
  for (let word = at >>> 3; word < (at + PAGE_BYTES) >>> 3; word++) if (words[word] !== 0n) return false;
  return true;
}
