import { fieldNames } from '../isa/registers/field-lookup.ts';
import { systemRegisters } from '../isa/registers/index.ts';
import type { Field } from '../isa/registers/register.ts';
import { exitFieldNames } from './exits.ts';
import type { Expression } from './expression/ast.ts';
import type { Names } from './expression/names.ts';

/** Registers every vCPU has besides the system registers, by the machine's names. */
export const coreRegisters: readonly string[] = [
  ...Array.from({ length: 31 }, (_, n) => `x${n}`),
  'sp',
  'pc',
  'pstate',
  ...Array.from({ length: 32 }, (_, n) => `v${n}`),
  'fpcr',
  'fpsr',
];

const synonyms: Readonly<Record<string, string>> = { lr: 'x30', fp: 'x29', cpsr: 'pstate', ip0: 'x16', ip1: 'x17' };

/** Names of what happened, besides the fields of `kvm_run`. */
const happeningNames: ReadonlySet<string> = new Set(['esr', 'far', 'elr', 'spsr', 'fault_ipa', 'exit_reason', ...exitFieldNames]);

/** Whose field layout a name has, where it has no register entry of its own. */
const layouts: Readonly<Record<string, string>> = {
  esr: 'ESR_EL1',
  spsr: 'SPSR_EL1',
  hsr: 'ESR_EL2',
  esr_iss: 'ESR_EL2',
  fpcr: 'FPCR',
  fpsr: 'FPSR',
};

const core = new Set(coreRegisters);
const system = new Map(systemRegisters.map((r) => [r.name.toLowerCase(), r]));
const noFields: readonly Field[] = [];
const fieldNameCache = new Map<string, readonly string[]>();

/** Canonical name of a register in any case and with any synonym; undefined: there is none. */
export function canonicalRegister(name: string): string | undefined {
  const lower = name.replace(/^\$/, '').toLowerCase();
  const plain = synonyms[lower] ?? lower;
  if (core.has(plain)) return plain;
  return system.get(plain)?.name;
}

/** PSTATE as an SPSR would save it; the mode M is EL, nRW and SP here (Arm ARM D1.4). */
const pstateFields: readonly Field[] = [
  ...(system.get('spsr_el1')?.fields ?? []).filter((f) => f.high < 32 && f.name !== 'M'),
  { name: 'nRW', high: 4, low: 4, meaning: { 0: 'AArch64', 1: 'AArch32' } },
  { name: 'EL', high: 3, low: 2, meaning: { 0: 'EL0', 1: 'EL1', 2: 'EL2', 3: 'EL3' } },
  { name: 'SP', high: 0, low: 0, meaning: { 0: 'SP_EL0', 1: 'SP_ELx' } },
];

/** Field layout of a register or of a value that has a register's layout. Empty where there is none. */
export function fieldsOf(name: string): readonly Field[] {
  if (name === 'pstate') return pstateFields;
  if (core.has(name) && layouts[name] === undefined) return noFields;
  const own = system.get(name.toLowerCase());
  return own?.fields ?? system.get((layouts[name] ?? '').toLowerCase())?.fields ?? noFields;
}

function namesOfFields(register: string): readonly string[] {
  let names = fieldNameCache.get(register);
  if (!names) fieldNameCache.set(register, (names = fieldNames(fieldsOf(register))));
  return names;
}

/** The part of a register another name stands for: w3, d1, s1, q1. */
function part(name: string): Expression | undefined {
  const match = /^\$?([wdshb])([0-9]{1,2})$/i.exec(name);
  if (!match) return undefined;
  const letter = match[1]!.toLowerCase();
  const bits = { w: 32, d: 64, s: 32, h: 16, b: 8 }[letter] as 8 | 16 | 32 | 64;
  const register = `${letter === 'w' ? 'x' : 'v'}${Number(match[2])}`;
  return core.has(register) ? { kind: 'cast', bits, signed: false, operand: { kind: 'register', name: register } } : undefined;
}

/** Names for expressions: registers and fields from the register table, events from the exit table, symbols as given. */
export function machineNames(symbol: (name: string) => bigint | undefined): Names {
  return {
    register(name) {
      const lower = name.replace(/^\$/, '').toLowerCase();
      if (lower === 'vcpu') return { kind: 'register', name: 'vcpu' };
      if (lower === 'el') return { kind: 'field', register: 'pstate', field: 'EL' };
      const canonical = canonicalRegister(name);
      return canonical ? { kind: 'register', name: canonical } : part(name);
    },
    field(register, field) {
      const names = namesOfFields(register);
      return names.find((n) => n === field) ?? names.find((n) => n.toLowerCase() === field.toLowerCase());
    },
    fieldNames: namesOfFields,
    event: (name) => (happeningNames.has(name.toLowerCase()) ? name.toLowerCase() : undefined),
    symbol,
  };
}

/** All names a person can complete to. */
export function completableNames(): readonly string[] {
  return [...coreRegisters, ...systemRegisters.map((r) => r.name), ...happeningNames];
}
