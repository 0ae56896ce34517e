import { ICH_HCR, ICH_VTR } from '../../isa/registers/virtual-interface.ts';
import type { Core } from '../core.ts';
import type { Group } from '../gic/virtual-interface.ts';
import { HCR, R } from '../registers.ts';
import type { Behaviour, Behaviours, Decision } from './registry.ts';

/** Which list of traps an ICC register is on: its group, both, or the registers that make SGIs. */
type Reach = Group | 'common' | 'sgi';

/** Routing of an ICC access at EL1: to the virtual interface where HCR_EL2.FMO/IMO say so, trapped by ICH_HCR_EL2 and, for SGIs, always. */
const routed =
  (reach: Reach, directory = false) =>
  (core: Core): Decision => {
    const hcr = core.state.systemLow(R.HCR_EL2);
    const control = core.state.systemLow(R.ICH_HCR_EL2);
    if (reach === 'sgi') return hcr & (HCR.IMO | HCR.FMO) ? 'el2' : 'unsupported';
    if (reach === 'common' && control & ICH_HCR.TC) return 'el2';
    if (reach === 0 && control & ICH_HCR.TALL0) return 'el2';
    if (reach === 1 && control & ICH_HCR.TALL1) return 'el2';
    if (directory && control & ICH_HCR.TDIR) return 'el2';
    const virtual = reach === 0 ? HCR.FMO : reach === 1 ? HCR.IMO : HCR.IMO | HCR.FMO;
    // Without it the access reaches the physical CPU interface, which is the host's.
    return hcr & virtual ? 'perform' : 'unsupported';
  };

const number = (value: bigint): number => Number(value & 0xffff_ffffn);

/** Registers that exist once for each group. */
function grouped(group: Group): Behaviours {
  const check = routed(group);
  return {
    [`ICC_IAR${group}_EL1`]: { check, read: ({ gic }) => BigInt(gic.acknowledge(group)) },
    [`ICC_EOIR${group}_EL1`]: { check, write: ({ gic }, value) => gic.endOfInterrupt(group, number(value) & 0xff_ffff) },
    [`ICC_HPPIR${group}_EL1`]: { check, read: ({ gic }) => BigInt(gic.highestPendingInterrupt(group)) },
    [`ICC_BPR${group}_EL1`]: {
      check,
      read: ({ gic }) => BigInt(gic.readBinaryPoint(group)),
      write: ({ gic }, value) => gic.setBinaryPoint(group, number(value)),
    },
    [`ICC_IGRPEN${group}_EL1`]: {
      check,
      read: ({ gic }) => (gic.groupEnabled(group) ? 1n : 0n),
      write: ({ gic }, value) => gic.enableGroup(group, (value & 1n) !== 0n),
    },
    [`ICC_AP${group}R0_EL1`]: {
      check,
      read: ({ gic }) => BigInt(gic.readActivePriorities(group)),
      write: ({ gic }, value) => gic.writeActivePriorities(group, number(value)),
    },
    // Five bits of preemption need one register; the others are UNDEFINED.
    ...Object.fromEntries([1, 2, 3].map((n): [string, Behaviour] => [`ICC_AP${group}R${n}_EL1`, { check: () => 'undefined' }])),
  };
}

/** System register access is always on: SRE, DFB and DIB are RAO/WI. */
const SRE = 7n;

export const gicRegisters: Behaviours = {
  ...grouped(0),
  ...grouped(1),
  ICC_PMR_EL1: {
    check: routed('common'),
    read: ({ gic }) => BigInt(gic.priorityMask()),
    write: ({ gic }, value) => gic.setPriorityMask(number(value)),
  },
  ICC_RPR_EL1: { check: routed('common'), read: ({ gic }) => BigInt(gic.runningPriority()) },
  ICC_CTLR_EL1: {
    check: routed('common'),
    read: ({ gic }) => BigInt(gic.readControl()),
    write: ({ gic }, value) => gic.setControl(number(value)),
  },
  ICC_DIR_EL1: { check: routed('common', true), write: ({ gic }, value) => gic.deactivate(number(value) & 0xff_ffff) },
  ICC_SGI0R_EL1: { check: routed('sgi') },
  ICC_SGI1R_EL1: { check: routed('sgi') },
  ICC_ASGI1R_EL1: { check: routed('sgi') },
  ICC_SRE_EL1: {
    check: (core) => (core.state.systemLow(R.ICC_SRE_EL2) & 8 ? 'perform' : 'el2'),
    read: () => SRE,
    write: () => {},
  },
  ICH_VTR_EL2: { read: () => BigInt(ICH_VTR) },
  ICH_MISR_EL2: { read: ({ gic }) => BigInt(gic.maintenance()) },
  ICH_EISR_EL2: { read: ({ gic }) => BigInt(gic.endedLists()) },
  ICH_ELRSR_EL2: { read: ({ gic }) => BigInt(gic.emptyLists()) },
};
