/** What an access is, for the two stages of translation: bits of one number, so that the hot path passes it along for free. */
export const READ = 1;
export const WRITE = 2;
export const FETCH = 4;
/** With the rights of EL0 (at EL0, or LDTR/STTR). */
export const UNPRIVILEGED = 8;
/** PSTATE.PAN is in force for it. */
export const PAN = 16;
/** Does not set the dirty state: AT, DC, IC. */
export const NO_DIRTY = 32;
/** The debugger looks: no permission check, no Access flag fault, nothing changes. */
export const PROBE = 64;
/** Stage 2 translation of a stage 1 walk. */
export const WALK = 128;
/** Not aligned to its size: faults on Device memory. */
export const MISALIGNED = 256;
/** DC ZVA: faults on Device memory however aligned. */
export const ZERO = 512;
/** DC or IC by VA: no Access flag fault. */
export const MAINTENANCE = 1024;
/** Checks everything and changes nothing: no hardware update of descriptors. */
export const DRY = 2048;

/** Rights, as bits of a page's permissions: those of EL1, and shifted by 3 those of EL0. Numbered like READ, WRITE, FETCH. */
export const RIGHTS_MASK = 7;
export const EL0_SHIFT = 3;

/** Rights that an access needs, as bits of the permissions. */
export const neededRights = (access: number): number =>
  access & UNPRIVILEGED ? (access & RIGHTS_MASK) << EL0_SHIFT : access & RIGHTS_MASK;
