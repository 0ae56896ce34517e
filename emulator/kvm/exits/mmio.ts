import type { ExitDefinition } from './layout.ts';

const at = { physAddr: 32, data: 40, length: 48, isWrite: 52 } as const;
export const mmioAt = at;

/** KVM_EXIT_MMIO: a load or store of a guest physical address without memory behind it; user space emulates the device and, for a read, leaves the data. */
export const mmio: ExitDefinition = {
  name: 'KVM_EXIT_MMIO',
  number: 6,
  title: 'access to a guest physical address without a memslot',
  fields: [
    { name: 'phys_addr', offset: at.physAddr, size: 8 },
    { name: 'data', offset: at.data, size: 8 },
    { name: 'len', offset: at.length, size: 4 },
    { name: 'is_write', offset: at.isWrite, size: 1, meaning: (v) => (v ? 'write' : 'read') },
  ],
  summary: (run) => {
    const length = run.getNumber(at.length, 4);
    const where = `0x${run.get(at.physAddr, 8).toString(16)}`;
    if (run.getNumber(at.isWrite, 1) === 0) return `read of ${length} ${length === 1 ? 'byte' : 'bytes'} at ${where}`;
    const data = BigInt.asUintN(length * 8, run.get(at.data, 8));
    return `write of ${length} ${length === 1 ? 'byte' : 'bytes'} at ${where}: 0x${data.toString(16)}`;
  },
};
