/**
 * What a region's function returns, i64: the address of the instruction to go on with, which is a multiple of 4; or, with bit 0 set, how and where the region
 * ended otherwise: bits 4:2 how, bits 15:5 the number of an instruction in the page of the region's entry, or `elsewhere`: its address is in `slots.regionPc`,
 * and its page in the fetch TLB.
 */
export const regionEnd = { flag: 1, statusShift: 2, statusMask: 7, indexShift: 5, bits: 16, elsewhere: 0x7ff } as const;

export const regionStatus = {
  /** At that instruction, interpreted: it needs the slow path of an access, or more instructions than are left. */
  interpret: 0,
  /** The target in `slots.exitPayload` is no multiple of 4; the instruction at the number is done. */
  jump: 1,
  /** Exit with that instruction unexecuted; `slots.exitCode` says why. */
  exit: 2,
  /** Exit with that instruction done. */
  exitAfter: 3,
} as const;
