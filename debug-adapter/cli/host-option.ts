import { checkHost, type HostDescription } from '../../emulator/vmm/host.ts';
import { LaunchError } from '../../emulator/vmm/loader/errors.ts';

/** How people write what is on or off. */
export const truth: Readonly<Record<string, boolean>> = { on: true, yes: true, true: true, off: false, no: false, false: false };

/**
 * Reads `--host ras=on,fwb=off,ipaBits=40,apei=claims`: members of the launch configuration's `host`. `apei` may be given several times, with a range each.
 * @throws LaunchError
 */
export function parseHost(text: string): HostDescription {
  const host: Record<string, unknown> = {};
  const ranges: string[] = [];
  for (const part of text.split(',')) {
    const [name, value] = [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)];
    if (!part.includes('=') || name === '' || value === '')
      throw new LaunchError(`--host: "${part}" is not understood: write name=value, for example ras=on,fwb=off,apei=claims.`);
    if (name === 'apei' && value.includes(':')) ranges.push(value);
    else host[name] = Object.hasOwn(truth, value) ? truth[value] : /^[0-9]+$/.test(value) ? Number(value) : value;
  }
  if (ranges.length > 0) host['apei'] = ranges;
  return checkHost(host);
}
