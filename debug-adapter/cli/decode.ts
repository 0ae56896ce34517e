import { byName, systemRegisters } from '../../emulator/isa/registers/index.ts';
import type { Field, SystemRegister } from '../../emulator/isa/registers/register.ts';
import { bits, inner } from '../../emulator/machine/expression/register-fields.ts';
import { meaningOf } from '../views/fields.ts';
import { parseUnsigned } from './disasm.ts';
import { CliError } from './exit-status.ts';

/** Short names and the register whose layout they mean: fields are the same at every exception level that has them. */
const shortNames: Readonly<Record<string, string>> = {
  esr: 'ESR_EL1',
  spsr: 'SPSR_EL1',
  pstate: 'SPSR_EL1',
  par: 'PAR_EL1',
  sctlr: 'SCTLR_EL1',
  tcr: 'TCR_EL1',
  mair: 'MAIR_EL1',
  ttbr: 'TTBR0_EL1',
  cpacr: 'CPACR_EL1',
  vtcr: 'VTCR_EL2',
  vttbr: 'VTTBR_EL2',
  hcr: 'HCR_EL2',
  hpfar: 'HPFAR_EL2',
  mdcr: 'MDCR_EL2',
  cptr: 'CPTR_EL2',
  mpidr: 'MPIDR_EL1',
  midr: 'MIDR_EL1',
  ctr: 'CTR_EL0',
  clidr: 'CLIDR_EL1',
};

/** What can be decoded, for the help. */
export const decodableRegisters = 'esr, spsr, par, sctlr, tcr, mair, hcr, vtcr, vttbr, hpfar … or any system register by its Arm ARM name';

/**
 * `kvm-arm64 decode REGISTER VALUE`: the fields of a value with their meanings, one a line. Bits that no field names are shown as unknown, never an error:
 * newer architectures use them.
 * @throws CliError for an unknown register or a value that is no 64-bit number.
 */
export function decode(name: string, text: string): string {
  const register = find(name);
  const value = parseUnsigned(text, 64, 'VALUE');
  const fields = register.fields ?? [];
  const lines = [`${register.name} = ${hex(value, 16)}  ${register.title}`, ...render(fields, fields, value, (1n << 64n) - 1n, 1)];
  return `${lines.join('\n')}\n`;
}

function find(name: string): SystemRegister {
  const register = byName(shortNames[name.toLowerCase()] ?? name);
  if (!register) {
    const close = systemRegisters.filter((r) => r.name.toLowerCase().startsWith(name.toLowerCase())).map((r) => r.name);
    throw new CliError(`no register is called "${name}"${close.length > 0 ? `; there are ${close.slice(0, 6).join(', ')}` : ''}`);
  }
  return register;
}

function render(fields: readonly Field[], register: readonly Field[], value: bigint, mask: bigint, depth: number): string[] {
  const indent = '  '.repeat(depth);
  let unknown = value & mask;
  const lines = fields.flatMap((field) => {
    const fieldMask = ((1n << BigInt(field.high - field.low + 1)) - 1n) << BigInt(field.low);
    unknown &= ~fieldMask;
    const own = bits(value, field.high, field.low);
    const meaning = meaningOf(field, own);
    const where = field.high === field.low ? `${field.high}` : `${field.high}:${field.low}`;
    const line = `${indent}${where.padEnd(7)}${field.name.padEnd(12)} ${hex(own, 1)}${meaning === undefined ? '' : `  ${meaning}`}`;
    const inside = inner(field, register, value);
    return inside.length > 0 ? [line, ...render(inside, register, value, fieldMask, depth + 1)] : [line];
  });
  return unknown === 0n ? lines : [...lines, `${indent}unknown bits ${hex(unknown, 1)}`];
}

const hex = (value: bigint, digits: number): string => `0x${value.toString(16).padStart(digits, '0')}`;
