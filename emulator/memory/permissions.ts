/**
 * Permissions of the two stages (Arm ARM, "Memory access control"), as tables from descriptor bits to rights.
 * Rights: EL1 read 1, write 2, execute 4; EL0 read 8, write 16, execute 32.
 */
const [R1, W1, X1, R0, W0, X0] = [1, 2, 4, 8, 16, 32];

/** Data access rights by AP[2:1]. */
const byAccessPermission = [R1 | W1, R1 | W1 | R0 | W0, R1, R1 | R0];
/** Rights that APTable[1:0] leaves. */
const byTable = [R1 | W1 | R0 | W0, R1 | W1, R1 | R0, R1];

/** Index into `stage1Rights`: AP[2:1] in 1:0, APTable in 3:2, PXN (with PXNTable) 4, UXN (with UXNTable) 5, SCTLR_EL1.WXN 6. */
export const stage1Rights: Uint8Array = Uint8Array.from({ length: 128 }, (_, index) => {
  const data = byAccessPermission[index & 3]! & byTable[(index >> 2) & 3]!;
  const [pxn, uxn, wxn] = [(index >> 4) & 1, (index >> 5) & 1, (index >> 6) & 1];
  // What EL0 can write, EL1 never executes.
  let execute = (pxn || data & W0 ? 0 : X1) | (uxn ? 0 : X0);
  if (wxn) execute &= ~((data & W1 ? X1 : 0) | (data & W0 ? X0 : 0));
  return data | execute;
});

/** Index into `stage2Rights`: S2AP[1:0] in 1:0, XN[1:0] (descriptor bits 54:53) in 3:2. */
export const stage2Rights: Uint8Array = Uint8Array.from({ length: 16 }, (_, index) => {
  const data = (index & 1 ? R1 | R0 : 0) | (index & 2 ? W1 | W0 : 0);
  return data | [X1 | X0, X0, 0, X1][index >> 2]!;
});

/** Rights of EL0 any of which make PSTATE.PAN deny a page to EL1; `epan` is SCTLR_EL1.EPAN. */
export const panDenies = (epan: boolean): number => (epan ? R0 | W0 | X0 : R0 | W0);

/** True where PSTATE.PAN denies EL1 a data access to a page with these stage 1 rights. */
export const deniedByPan = (rights: number, epan: boolean): boolean => (rights & panDenies(epan)) !== 0;

/** Who executes by stage 2 XN[1:0], in words. */
export const executeNever2: readonly string[] = ['EL1 and EL0 execute', 'EL0 executes', 'nobody executes', 'EL1 executes'];

const letters = (rights: number): string => `${rights & 1 ? 'r' : '-'}${rights & 2 ? 'w' : '-'}${rights & 4 ? 'x' : '-'}`;

/** `EL1 rw-, EL0 r--`. */
export const describeRights = (rights: number): string => `EL1 ${letters(rights)}, EL0 ${letters(rights >> 3)}`;
