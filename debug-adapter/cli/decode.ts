import { describe, registerNamed, renderFields } from '../../emulator/isa/registers/describe.ts';
import { systemRegisters } from '../../emulator/isa/registers/index.ts';
import type { SystemRegister } from '../../emulator/isa/registers/register.ts';
import { type DescriptorPlace, describeDescriptor, descriptorKind } from '../../emulator/memory/descriptor-fields.ts';
import { parseUnsigned } from './disasm.ts';
import { CliError } from './exit-status.ts';

/** What a translation table descriptor is decoded with. */
export interface DescriptorOptions {
  readonly level: number;
  readonly granule: '4K' | '16K' | '64K';
  readonly fwb?: boolean;
  /** MAIR_EL1, hexadecimal. */
  readonly mair?: string;
}

const granules = { '4K': 12, '16K': 14, '64K': 16 } as const;

/** `kvm-arm64 decode stage1 VALUE`: a translation table descriptor. @throws CliError */
function decodeDescriptor(stage: 1 | 2, text: string, { level, granule, fwb, mair }: DescriptorOptions): string {
  const value = parseUnsigned(text, 64, 'VALUE');
  const place: DescriptorPlace = { stage, level, granule: granules[granule] };
  const settings = { fwb: fwb ?? false, ...(mair === undefined ? {} : { mair: parseUnsigned(mair, 64, 'MAIR') }) };
  const kind = descriptorKind(Number(value & 3n), place);
  const head = `stage ${stage} level ${level} ${kind} descriptor = 0x${value.toString(16).padStart(16, '0')}`;
  return `${head}\n${renderFields(describeDescriptor(value, place, settings), '  ')}\n`;
}

/**
 * `kvm-arm64 decode REGISTER VALUE`: the fields of a value with their meanings, one a line. Bits that no field names are shown as unknown, never an error:
 * newer architectures use them.
 * @throws CliError for an unknown register or a value that is no 64-bit number.
 */
export function decode(name: string, text: string, options: DescriptorOptions = { level: 3, granule: '4K' }): string {
  const stage = /^stage([12])$/i.exec(name)?.[1];
  if (stage !== undefined) return decodeDescriptor(stage === '1' ? 1 : 2, text, options);
  const register = find(name);
  const value = parseUnsigned(text, 64, 'VALUE');
  const head = `${register.name} = 0x${value.toString(16).padStart(16, '0')}  ${register.title}`;
  return `${[head, renderFields(describe(register.fields ?? [], value), '  ')].filter((part) => part !== '').join('\n')}\n`;
}

function find(name: string): SystemRegister {
  const register = registerNamed(name);
  if (!register) {
    const close = systemRegisters.filter((r) => r.name.toLowerCase().startsWith(name.toLowerCase())).map((r) => r.name);
    throw new CliError(`no register is called "${name}"${close.length > 0 ? `; there are ${close.slice(0, 6).join(', ')}` : ''}`);
  }
  return register;
}
