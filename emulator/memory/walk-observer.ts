/** Told of every descriptor a walk reads. The walks are the same with and without one. */
export interface WalkObserver {
  /**
   * @param input Address being translated: the IPA at stage 2; at stage 1 the VA is known to the caller (0).
   * @param address Where the descriptor is: a physical address at stage 2, an IPA at stage 1.
   */
  descriptor(stage: 1 | 2, level: number, input: number, address: number, low: number, high: number): void;
}
