import { numbered, registers } from './define.ts';

const rw = (encoding: string, title: string, access = '- rw rw') => ({ encoding, access, title });

/** Self-hosted debug. */
export const debug = registers('Debug', {
  OSDTRRX_EL1: rw('S2_0_C0_C0_2', 'OS Lock Data Transfer Register, Receive'),
  MDCCINT_EL1: { ...rw('S2_0_C0_C2_0', 'Monitor DCC Interrupt Enable Register'), writable: 0x6000_0000n },
  MDSCR_EL1: { ...rw('S2_0_C0_C2_2', 'Monitor Debug System Control Register'), writable: 0xe86f_f001n },
  OSDTRTX_EL1: rw('S2_0_C0_C3_2', 'OS Lock Data Transfer Register, Transmit'),
  OSECCR_EL1: rw('S2_0_C0_C6_2', 'OS Lock Exception Catch Control Register'),
  ...numbered(16, (n) => [`DBGBVR${n}_EL1`, rw(`S2_0_C0_C${n}_4`, `Debug Breakpoint Value Register ${n}`)]),
  ...numbered(16, (n) => [
    `DBGBCR${n}_EL1`,
    { ...rw(`S2_0_C0_C${n}_5`, `Debug Breakpoint Control Register ${n}`), writable: 0x00ff_e1e7n },
  ]),
  ...numbered(16, (n) => [`DBGWVR${n}_EL1`, rw(`S2_0_C0_C${n}_6`, `Debug Watchpoint Value Register ${n}`)]),
  ...numbered(16, (n) => [
    `DBGWCR${n}_EL1`,
    { ...rw(`S2_0_C0_C${n}_7`, `Debug Watchpoint Control Register ${n}`), writable: 0x1f1f_ffffn },
  ]),
  MDRAR_EL1: rw('S2_0_C1_C0_0', 'Monitor Debug ROM Address Register', '- ro ro'),
  OSLAR_EL1: rw('S2_0_C1_C0_4', 'OS Lock Access Register', '- wo wo'),
  OSLSR_EL1: rw('S2_0_C1_C1_4', 'OS Lock Status Register', '- ro ro'),
  OSDLR_EL1: { ...rw('S2_0_C1_C3_4', 'OS Double Lock Register'), writable: 1n },
  DBGPRCR_EL1: { ...rw('S2_0_C1_C4_4', 'Debug Power Control Register'), writable: 1n },
  DBGCLAIMSET_EL1: rw('S2_0_C7_C8_6', 'Debug CLAIM Tag Set Register'),
  DBGCLAIMCLR_EL1: rw('S2_0_C7_C9_6', 'Debug CLAIM Tag Clear Register'),
  DBGAUTHSTATUS_EL1: rw('S2_0_C7_C14_6', 'Debug Authentication Status Register', '- ro ro'),
  MDCCSR_EL0: rw('S2_3_C0_C1_0', 'Monitor DCC Status Register', 'ro ro ro'),
  DBGDTR_EL0: rw('S2_3_C0_C4_0', 'Debug Data Transfer Register, half-duplex', 'rw rw rw'),
  DBGDTRRX_EL0: rw('S2_3_C0_C5_0', 'Debug Data Transfer Register, Receive (read) and Transmit (write)', 'rw rw rw'),
  DBGVCR32_EL2: rw('S2_4_C0_C7_0', 'Debug Vector Catch Register', '- - rw'),
  DSPSR_EL0: rw('S3_3_C4_C5_0', 'Debug Saved Program Status Register', '- - -'),
  DLR_EL0: rw('S3_3_C4_C5_1', 'Debug Link Register', '- - -'),
});
