import type { Core } from '../core.ts';
import { R } from '../registers.ts';
import {
  count,
  readCompare,
  readTimerControl,
  readTimerValue,
  type TimerName,
  writeCompare,
  writeTimerControl,
  writeTimerValue,
} from '../timer.ts';
import type { Behaviour, Behaviours, Decision } from './registry.ts';

/** CNTKCTL_EL1: what EL0 may use. */
const CNTKCTL = { EL0PCTEN: 1 << 0, EL0VCTEN: 1 << 1, EL0VTEN: 1 << 8, EL0PTEN: 1 << 9 } as const;
/** CNTHCTL_EL2 (HCR_EL2.E2H = 0): what EL1 and EL0 may use. */
const CNTHCTL = { EL1PCTEN: 1 << 0, EL1PCEN: 1 << 1 } as const;

/** @param user CNTKCTL_EL1 bits, any of which lets EL0 through. @param hypervisor CNTHCTL_EL2 bit that must be set, or 0. */
const allowed =
  (user: number, hypervisor: number) =>
  (core: Core, { el }: { readonly el: number }): Decision => {
    if (el === 0 && (core.state.systemLow(R.CNTKCTL_EL1) & user) === 0) return 'el1';
    return hypervisor && (core.state.systemLow(R.CNTHCTL_EL2) & hypervisor) === 0 ? 'el2' : 'perform';
  };

const physicalCount: Behaviour = { read: (core) => count(core, 'physical'), check: allowed(CNTKCTL.EL0PCTEN, CNTHCTL.EL1PCTEN) };
const virtualCount: Behaviour = { read: (core) => count(core, 'virtual'), check: allowed(CNTKCTL.EL0VCTEN, 0) };

function timer(name: TimerName, prefix: string, check: Behaviour['check']): Behaviours {
  const with_ = (
    read: (core: Core, timer: TimerName) => bigint,
    write: (core: Core, timer: TimerName, value: bigint) => void,
  ): Behaviour => ({
    read: (core) => read(core, name),
    write: (core, value) => write(core, name, value),
    ...(check ? { check } : {}),
  });
  return {
    [`${prefix}_CTL_EL0`]: with_(readTimerControl, writeTimerControl),
    [`${prefix}_CVAL_EL0`]: with_(readCompare, writeCompare),
    [`${prefix}_TVAL_EL0`]: with_(readTimerValue, writeTimerValue),
  };
}

export const timerRegisters: Behaviours = {
  CNTFRQ_EL0: { check: allowed(CNTKCTL.EL0PCTEN | CNTKCTL.EL0VCTEN, 0) },
  CNTPCT_EL0: physicalCount,
  CNTPCTSS_EL0: physicalCount,
  CNTVCT_EL0: virtualCount,
  CNTVCTSS_EL0: virtualCount,
  ...timer('virtual', 'CNTV', allowed(CNTKCTL.EL0VTEN, 0)),
  ...timer('physical', 'CNTP', allowed(CNTKCTL.EL0PTEN, CNTHCTL.EL1PCEN)),
};
