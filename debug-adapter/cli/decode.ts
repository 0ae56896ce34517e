import { describe, registerNamed, renderFields } from '../../emulator/isa/registers/describe.ts';
import { systemRegisters } from '../../emulator/isa/registers/index.ts';
import type { SystemRegister } from '../../emulator/isa/registers/register.ts';
import { parseUnsigned } from './disasm.ts';
import { CliError } from './exit-status.ts';

/**
 * `kvm-arm64 decode REGISTER VALUE`: the fields of a value with their meanings, one a line. Bits that no field names are shown as unknown, never an error:
 * newer architectures use them.
 * @throws CliError for an unknown register or a value that is no 64-bit number.
 */
export function decode(name: string, text: string): string {
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
