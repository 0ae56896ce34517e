/** A Linux with KVM: Debian's kernel at EL2 of QEMU's virt machine, with runner.c for user space. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { characterDevice, cpio, directory, program } from '../../guests/cpio.ts';
import { type Case, encodeCases } from './steps.ts';

const here = dirname(fileURLToPath(import.meta.url));
const compiler = 'aarch64-linux-gnu-gcc';
/** An emulated machine that runs a hypervisor is slow. */
const PATIENCE = 10 * 60 * 1000;
/** Misc devices have major number 10; /dev/kvm is 232 of them. */
const KVM_DEVICE = [10, 232] as const;

function compile(folder: string): Buffer {
  const runner = join(folder, 'runner');
  const done = spawnSync(compiler, ['-O2', '-Wall', '-static', '-o', runner, join(here, 'runner.c')], { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`runner.c does not compile:\n${done.error?.message ?? done.stderr}`);
  return readFileSync(runner);
}

/** What runner.c printed: a list of result lines for each case, in order. */
export type Printed = readonly { readonly name: string; readonly lines: readonly string[] }[];

/** Boots the kernel `image` and has it carry out the cases. @throws Error with the end of the console where they did not all end. */
export async function runOnLinux(image: string, cases: readonly Case[]): Promise<Printed> {
  const folder = mkdtempSync(join(tmpdir(), 'kvm-oracle-'));
  try {
    const archive = cpio([
      directory('dev'),
      characterDevice('dev/console', 5, 1),
      characterDevice('dev/kvm', ...KVM_DEVICE),
      program('init', compile(folder)),
      program('steps', encodeCases(cases)),
    ]);
    const initramfs = join(folder, 'initramfs.cpio.gz');
    writeFileSync(initramfs, gzipSync(archive));
    return parse(await boot(image, initramfs));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const machine = ['-M', 'virt,virtualization=on,gic-version=3', '-cpu', 'max,pauth-impdef=on', '-smp', '1', '-m', '512', '-accel', 'tcg'];

function boot(image: string, initramfs: string): Promise<string> {
  const append = 'console=ttyAMA0 quiet loglevel=1 nokaslr';
  const rest = ['-nographic', '-no-reboot', '-kernel', image, '-initrd', initramfs, '-append', append];
  return new Promise((resolve, reject) => {
    const qemu = spawn('qemu-system-aarch64', [...machine, ...rest], { stdio: ['ignore', 'pipe', 'inherit'] });
    const late = setTimeout(() => qemu.kill(), PATIENCE);
    let console = '';
    qemu.stdout.setEncoding('utf8').on('data', (text: string) => {
      console += text;
    });
    qemu.on('error', reject);
    qemu.on('close', () => {
      clearTimeout(late);
      if (/^@end\r?$/m.test(console)) resolve(console);
      else reject(new Error(`Linux did not carry out all steps; its console ends with\n${console.slice(-2000)}`));
    });
  });
}

function parse(console: string): Printed {
  const cases: { name: string; lines: string[] }[] = [];
  for (const line of console.split(/\r?\n/)) {
    if (line.startsWith('@c ')) cases.push({ name: line.slice(3), lines: [] });
    else if (/^@[rds] /.test(line)) cases.at(-1)!.lines.push(line.slice(1));
  }
  return cases;
}
