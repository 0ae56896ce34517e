/** The kernels whose KVM is asked. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Apt, NoMirror } from '../../guests/apt.ts';
import { guestCache, guestFiles } from '../../guests/guests.ts';

/** 7.2: KVM_CAP_ARM_SEA_TO_USER and what came with it; 6.12: KVM before that. */
export const kernels = ['7.2', '6.12'] as const;
export type Kernel = (typeof kernels)[number];

/** Debian's cloud kernels from 7.x on are in a package of their own. */
const PACKAGE = 'linux-binary-7\\.2\\.[0-9]+\\+[^ ]*-cloud-arm64';

const cached = join(guestCache, 'kvm-7.2', 'Image');

/** Path of a kernel's Image, fetched if it is not there. */
export async function kernelImage(kernel: Kernel): Promise<string> {
  if (kernel === '6.12') {
    const { image } = guestFiles().kernels['6.12'];
    if (!existsSync(image)) throw new NoMirror('the 6.12 kernel is not there: run `npm run guests`');
    return image;
  }
  if (!existsSync(cached)) await obtain();
  return cached;
}

/** The Image of a kernel, if it is there already. */
export function presentImage(kernel: Kernel): string | undefined {
  const path = kernel === '6.12' ? guestFiles().kernels['6.12'].image : cached;
  return existsSync(path) ? path : undefined;
}

async function obtain(): Promise<void> {
  const work = join(guestCache, 'apt-kvm');
  const apt = new Apt(work, ['trixie-backports', 'sid']);
  await apt.update();
  const name = (await apt.search(PACKAGE)).sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1);
  if (!name) throw new NoMirror('the Debian mirror has no 7.2 cloud kernel');
  console.log(`kernel: ${name}`);
  const unpacked = join(work, 'unpacked');
  await apt.unpack(name, unpacked);
  const found = readdirSync(unpacked, { recursive: true, encoding: 'utf8' }).find((path) => /\/vmlinuz[^/]*$/.test(path));
  if (!found) throw new Error(`${name} holds no kernel`);
  mkdirSync(join(cached, '..'), { recursive: true });
  writeFileSync(cached, readFileSync(join(unpacked, found)));
  rmSync(work, { recursive: true, force: true });
}
