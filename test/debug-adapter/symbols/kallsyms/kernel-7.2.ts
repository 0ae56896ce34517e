import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { guestFiles, skipWithout } from '../../../guests/guests.ts';
import { systemMap } from '../../../guests/kernel-text.ts';
import { presentImage } from '../../../kvm/linux/kernels.ts';

/** What the 7.2 kernel prints of itself under QEMU, kept beside its Image; the Image is there once `npm run record-kvm` has been run. */
export function kallsymsOf72(): { readonly image: string; readonly skip: string | false; readonly expected: () => string[] } {
  const image = presentImage('7.2');
  if (image === undefined) return { image: '', skip: 'needs the 7.2 kernel: run `npm run record-kvm`', expected: () => [] };
  const { busybox } = guestFiles();
  const map = join(dirname(image), 'System.map');
  const expected = (): string[] => {
    if (!existsSync(map) || statSync(map).mtimeMs < statSync(image).mtimeMs) {
      const printed = systemMap(image, busybox);
      if (printed === null) throw new Error('the 7.2 kernel did not print its symbols under QEMU');
      writeFileSync(map, printed);
    }
    return readFileSync(map, 'utf8').trimEnd().split('\n');
  };
  return { image, skip: skipWithout(busybox), expected };
}
