import { LaunchError } from '../../emulator/vmm/loader/errors.ts';
import type { MemslotOption } from '../../emulator/vmm/memslot-options.ts';
import { truth } from './host-option.ts';

/**
 * Reads `--memslot gpa=0x100000000,size=2M,backing=pfnmap,attributes=cacheable`: members of one of the launch configuration's `memslots`.
 * @throws LaunchError
 */
export function parseMemslot(text: string): MemslotOption {
  const slot: Record<string, unknown> = {};
  for (const part of text.split(',')) {
    const [name, value] = [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)];
    if (!part.includes('=') || name === '' || value === '')
      throw new LaunchError(
        `--memslot: "${part}" is not understood: write name=value, for example gpa=0x100000000,size=2M,backing=pfnmap.`,
      );
    slot[name] = Object.hasOwn(truth, value) ? truth[value] : value;
  }
  return slot as unknown as MemslotOption;
}
