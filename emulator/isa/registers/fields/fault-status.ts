/** IFSC and DFSC (Arm ARM, ISS encoding for an exception from an Instruction Abort and from a Data Abort). */
export const faultStatus: Readonly<Record<number, string>> = {
  ...level('address size fault', 0x00, 0),
  ...level('translation fault', 0x04, 0),
  ...level('access flag fault', 0x08, 0),
  ...level('permission fault', 0x0c, 0),
  16: 'synchronous external abort',
  17: 'synchronous tag check fault',
  ...range('synchronous external abort on table walk', 0x12, -2),
  24: 'synchronous parity or ECC error',
  ...range('synchronous parity or ECC error on table walk', 0x1a, -2),
  33: 'alignment fault',
  34: 'debug exception; on an abort: granule protection fault on table walk, level -2',
  35: 'granule protection fault on table walk, level -1',
  ...level('granule protection fault on table walk', 0x24, 0),
  40: 'granule protection fault',
  41: 'address size fault, level -1',
  42: 'translation fault, level -2',
  43: 'translation fault, level -1',
  44: 'address size fault, level -2',
  48: 'TLB conflict abort',
  49: 'unsupported atomic hardware update fault',
  52: 'IMPLEMENTATION DEFINED fault (lockdown)',
  53: 'IMPLEMENTATION DEFINED fault (unsupported exclusive or atomic access)',
};

function level(what: string, code: number, first: number): Record<number, string> {
  return Object.fromEntries([0, 1, 2, 3].map((n) => [code + n, `${what}, level ${first + n}`]));
}

/** Six codes: levels -2 to 3. */
function range(what: string, code: number, first: number): Record<number, string> {
  return Object.fromEntries([0, 1, 2, 3, 4, 5].map((n) => [code + n, `${what}, level ${first + n}`]));
}

/** Fault status codes that are external aborts not on a walk: what ISS.SET and FnV belong to. */
export const EXTERNAL_ABORT = 0x10;
