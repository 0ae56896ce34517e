import { interruptStatus } from '../interrupts.ts';
import { HCR, R } from '../registers.ts';
import type { Behaviour, Behaviours } from './registry.ts';

/** There are no error records: ERRIDR_EL1.NUM is 0 and the ERX registers are RAZ/WI. */
const noRecord: Behaviour = { read: () => 0n, write: () => {} };

export const errorRegisters: Behaviours = {
  ISR_EL1: { read: interruptStatus },
  /** With HCR_EL2.AMO an access reaches VDISR_EL2. */
  DISR_EL1: {
    read: (core) => core.state.system(core.state.systemLow(R.HCR_EL2) & HCR.AMO ? R.VDISR_EL2 : R.DISR_EL1),
    write: (core, value) => core.state.setSystem(core.state.systemLow(R.HCR_EL2) & HCR.AMO ? R.VDISR_EL2 : R.DISR_EL1, value),
  },
  ERRIDR_EL1: { read: () => 0n },
  ...Object.fromEntries(
    ['ERXFR', 'ERXCTLR', 'ERXSTATUS', 'ERXADDR', 'ERXMISC0', 'ERXMISC1', 'ERXMISC2', 'ERXMISC3'].map((name) => [`${name}_EL1`, noRecord]),
  ),
};
