/** What a region's function returns: where in the page and, in the low bits, how to go on. */
export const REGION_STATUS_BITS = 3;

export const regionStatus = {
  /** At that instruction, by its record: another region may begin there. */
  dispatch: 0,
  /** At that instruction, interpreted: it needs the slow path of an access. */
  interpret: 1,
  /** Far: the target is in `slots.exitPayload`, the instruction at the number is done. */
  jump: 2,
  /** Exit with that instruction unexecuted; `slots.exitCode` says why. */
  exit: 3,
  /** Exit with that instruction done. */
  exitAfter: 4,
} as const;
