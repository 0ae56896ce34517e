import { bits, inner, layoutOf, maskOf, meaningOf } from './field-lookup.ts';
import { programStatusFields } from './fields/program-status.ts';
import { syndromeFields } from './fields/syndrome.ts';
import { byName } from './index.ts';
import type { Field, SystemRegister } from './register.ts';

/** A field of a value: what it holds, what that means, and the fields inside it. */
export interface DescribedField {
  readonly name: string;
  /** Bit numbers, as the Arm ARM prints them: `31:26`, `25`. */
  readonly bits: string;
  readonly value: bigint;
  readonly meaning?: string;
  readonly children: readonly DescribedField[];
}

/** Registers by the short names people type; EL1's layout stands for all. */
const shortNames: Readonly<Record<string, string>> = {
  esr: 'ESR_EL1',
  hsr: 'ESR_EL2',
  spsr: 'SPSR_EL1',
  pstate: 'SPSR_EL1',
  cpsr: 'SPSR_EL1',
  par: 'PAR_EL1',
  vtcr: 'VTCR_EL2',
  vttbr: 'VTTBR_EL2',
  hcr: 'HCR_EL2',
  hpfar: 'HPFAR_EL2',
  tcr: 'TCR_EL1',
  sctlr: 'SCTLR_EL1',
  mair: 'MAIR_EL1',
  ttbr: 'TTBR0_EL1',
  midr: 'MIDR_EL1',
  mpidr: 'MPIDR_EL1',
  mdcr: 'MDCR_EL2',
  cptr: 'CPTR_EL2',
  ctr: 'CTR_EL0',
  clidr: 'CLIDR_EL1',
  cpacr: 'CPACR_EL1',
  vsesr: 'VSESR_EL2',
  disr: 'DISR_EL1',
  mdscr: 'MDSCR_EL1',
};

/** Names `registerNamed` takes besides every register's own. */
export const describableNames: readonly string[] = Object.keys(shortNames);

/** The register a name stands for, short or the Arm ARM's; undefined: there is none. */
export const registerNamed = (name: string): SystemRegister | undefined => byName(shortNames[name.toLowerCase()] ?? name);

function describeFields(fields: readonly Field[], all: readonly Field[], value: bigint, within: bigint): readonly DescribedField[] {
  const described = fields.map((field): DescribedField => {
    const own = bits(value, field.high, field.low);
    const meaning = meaningOf(field, own);
    const layout = inner(field, all, value);
    const mask = maskOf(field);
    return {
      name: field.name,
      bits: field.high === field.low ? String(field.high) : `${field.high}:${field.low}`,
      value: own,
      ...(meaning === undefined ? {} : { meaning }),
      // A variant whose selected layout is empty has no fields, so set bits in it are unknown.
      children: field.variant ? describeFields(layout, all, value, mask) : [],
    };
  });
  return [...described, ...unknownBits(fields, value & within)];
}

/** Runs of set bits that no field names: a newer architecture may use them. */
function unknownBits(fields: readonly Field[], value: bigint): readonly DescribedField[] {
  let rest = value;
  for (const field of fields) rest &= ~maskOf(field);
  const runs: DescribedField[] = [];
  for (let bit = 63; bit >= 0; bit--) {
    if (((rest >> BigInt(bit)) & 1n) === 0n) continue;
    const high = bit;
    while (bit > 0 && ((rest >> BigInt(bit - 1)) & 1n) === 1n) bit--;
    runs.push({ name: 'unknown', bits: high === bit ? String(high) : `${high}:${bit}`, value: bits(value, high, bit), children: [] });
  }
  return runs;
}

/** The fields of a value with a layout. Never fails: bits the layout does not know are shown as unknown. */
export function describe(fields: readonly Field[], value: bigint): readonly DescribedField[] {
  const word = BigInt.asUintN(64, value);
  return describeFields(layoutOf(fields, fields, word), fields, word, (1n << 64n) - 1n);
}

/** ESR_ELx (or an esr of kvm_run). */
export const describeSyndrome = (esr: bigint): readonly DescribedField[] => describe(syndromeFields, esr);

/** SPSR_ELx or PSTATE. */
export const describeProgramStatus = (spsr: bigint): readonly DescribedField[] => describe(programStatusFields, spsr);

/** One line a field: bits, name, value, meaning; fields inside a field are indented. */
export function renderFields(fields: readonly DescribedField[], indent = ''): string {
  const widest = Math.max(0, ...fields.map((field) => field.name.length));
  return fields
    .map((field) => {
      const text = `${indent}[${field.bits.padStart(5)}] ${field.name.padEnd(widest)}  0x${field.value.toString(16)}`;
      const line = field.meaning === undefined ? text : `${text}  ${field.meaning}`;
      const inner = field.children.length > 0 ? `\n${renderFields(field.children, `${indent}  `)}` : '';
      return line + inner;
    })
    .join('\n');
}
