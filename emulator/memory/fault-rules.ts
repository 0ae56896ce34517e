import type { RegimeConfiguration, Stage2Parameters, VaRange } from './configuration.ts';
import type { Fault } from './fault.ts';
import { granuleName } from './granule.ts';

/** The check of a translation that a fault is about: what the architecture's pseudocode asked when it gave up. Every place that faults names its own. */
export type FaultRule =
  | 'TxSZ'
  | 'EPD'
  | 'E0PD'
  | 'SL0'
  | 'input size'
  | 'flat address size'
  | 'base address size'
  | 'table address size'
  | 'output address size'
  | 'invalid descriptor'
  | 'reserved descriptor'
  | 'access flag'
  | 'rights'
  | 'PAN'
  | 'protected walk'
  | 'device alignment'
  | 'alignment'
  | 'nothing answers'
  | 'poison';

/** What a rule is explained from: the stage's settings. */
interface Settings {
  readonly stage: 1 | 2;
  readonly configuration: RegimeConfiguration;
  readonly range: VaRange;
  readonly stage2: Stage2Parameters;
  readonly upper: boolean;
  readonly level: number;
}

const registerOf = ({ stage }: Settings): string => (stage === 1 ? 'TCR_EL1' : 'VTCR_EL2');
const digit = ({ upper }: Settings): string => (upper ? '1' : '0');
const granuleOf = ({ stage, range, stage2 }: Settings): number => (stage === 1 ? range.granule : stage2.granule);
const iaBitsOf = ({ stage, range, stage2 }: Settings): number => (stage === 1 ? range.iaBits : stage2.iaBits);
const limitOf = ({ stage, configuration, stage2 }: Settings): string =>
  `${Math.log2(stage === 1 ? configuration.outputLimit : stage2.outputLimit)} bits (${stage === 1 ? 'TCR_EL1.IPS' : 'VTCR_EL2.PS'} and ID_AA64MMFR0_EL1.PARange)`;

const explanations: Readonly<Record<FaultRule, (settings: Settings) => string>> = {
  TxSZ: (s) => `TCR_EL1.T${digit(s)}SZ = ${64 - s.range.iaBits} is outside what the ${granuleName(s.range.granule)} granule allows`,
  EPD: (s) => `TCR_EL1.EPD${digit(s)} = 1: no walk with TTBR${digit(s)}_EL1`,
  E0PD: (s) => `TCR_EL1.E0PD${digit(s)} = 1: EL0 does not reach this range`,
  SL0: () => 'VTCR_EL2.SL0 and T0SZ do not fit together',
  'input size': (s) =>
    s.stage === 1
      ? `the bits above ${iaBitsOf(s) - 1} are not all ${digit(s)}: outside the ${iaBitsOf(s)} bits of TCR_EL1.T${digit(s)}SZ = ${64 - iaBitsOf(s)}`
      : `outside the ${iaBitsOf(s)} bits of VTCR_EL2.T0SZ = ${64 - iaBitsOf(s)}`,
  'flat address size': (s) =>
    `stage 1 is off and the address has more than ${Math.log2(s.configuration.flatLimit)} bits (ID_AA64MMFR0_EL1.PARange)`,
  'base address size': (s) => `the address in ${s.stage === 1 ? `TTBR${digit(s)}_EL1` : 'VTTBR_EL2'} has more than ${limitOf(s)}`,
  'table address size': (s) => `the address of the next table has more than ${limitOf(s)}`,
  'output address size': (s) => `the output address has more than ${limitOf(s)}`,
  'invalid descriptor': () => 'bit 0 of the descriptor is 0: invalid',
  'reserved descriptor': (s) =>
    s.level === 3
      ? 'bits 1:0 of a level 3 descriptor are 0b01: reserved, taken as invalid'
      : `a block at level ${s.level} with the ${granuleName(granuleOf(s))} granule: reserved, taken as invalid`,
  'access flag': (s) => `AF = 0, and hardware does not set it (${registerOf(s)}.HA = 0 or not implemented)`,
  rights: () => 'the access needs a right that the descriptors do not give',
  PAN: (s) => `PSTATE.PAN = 1: EL1 does not access data that EL0 can reach${s.configuration.epan ? ' (SCTLR_EL1.EPAN: or execute)' : ''}`,
  'protected walk': () => 'HCR_EL2.PTW = 1: a stage 1 walk does not read Device memory',
  'device alignment': () => 'Device memory takes neither unaligned accesses nor DC ZVA',
  alignment: () => 'not aligned to its size',
  'nothing answers': () => 'nothing answers at that physical address',
  poison: () => 'the memory there is poisoned',
};

/** The rule of a fault as a sentence, with the settings it came from. `upper`: of the range of TTBR1_EL1. */
export function explainFault({ rule, stage, level }: Fault, configuration: RegimeConfiguration, upper: boolean): string {
  const range = upper ? configuration.upper : configuration.lower;
  return explanations[rule]({ stage, configuration, range, stage2: configuration.stage2, upper, level });
}
