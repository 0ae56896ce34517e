import { Command, InvalidArgumentError, Option } from 'commander';
import { LaunchError } from '../../emulator/vmm/loader/errors.ts';
import { lowerEngineThreads } from '../../emulator/vmm/thread-priority.ts';
import type { DescriptorOptions } from './decode.ts';
import { CliError, exitStatus } from './exit-status.ts';
import type { LockstepCommandOptions } from './lockstep.ts';
import type { RunOptions } from './run.ts';
import type { LoadOptions, SaveOptions } from './save.ts';

// A command's code is loaded when it is given: each needs a part of the program only.

const number = (what: string, valid: (n: number) => boolean) => (text: string) => {
  const value = Number(text);
  if (text.trim() === '' || !valid(value)) throw new InvalidArgumentError(`it must be ${what}.`);
  return value;
};

const program = new Command('kvm-arm64')
  .description('Runs and debugs arm64 guests on an embedded KVM/arm64 machine.')
  .showHelpAfterError('(kvm-arm64 --help shows what there is)')
  .exitOverride();

/** A command with the options that name a guest. */
const guestCommand = (name: string): Command =>
  program
    .command(name)
    .requiredOption('--kernel <file>', 'arm64 Image, ELF file or flat binary')
    .option('--initrd <file>', 'initial RAM disk')
    .option('--append <text>', 'kernel command line')
    .option('--memory <size>', 'RAM: a number and K, M or G', '512M')
    .option('--cpus <n>', 'number of vCPUs, 1 to 8', number('a whole number', Number.isInteger), 1)
    .addOption(
      new Option('--cpu <model>', 'CPU model; max offers all that is implemented')
        .choices(['cortex-a57', 'neoverse-n1', 'max'])
        .default('cortex-a57'),
    )
    .addOption(new Option('--kernel-profile <name>', 'which kernel the host runs').choices(['merged', 'proposed']).default('merged'))
    .option(
      '--host <members>',
      'the host where it differs from the CPU model: ras=on,fwb=off,dic=on,idc=on,doubleFault2=on,ipaBits=40,apei=claims',
    )
    .option('--on-exit <policy...>', 'what user space does at an exit: ARM_SEA=resume, MMIO=inject-dabt, ARM_NISV=terminate …')
    .option('--memslot <members...>', 'memory beside RAM: gpa=0x100000000,size=2M,backing=pfnmap,attributes=cacheable; a slot each')
    .option('--capabilities <names>', 'what user space enables of KVM: ARM_NISV_TO_USER,ARM_SEA_TO_USER (default), "" for nothing')
    .addOption(
      new Option('--pfnmap-policy <name>', 'cacheable VM_PFNMAP memory on a host without FEAT_S2FWB and DIC')
        .choices(['error', 'fallback-to-device'])
        .default('error'),
    )
    .option('--cache-model', 'keep what the data cache holds apart from what memory holds, so that stale data shows');

guestCommand('run')
  .description('run a guest with its console on stdin and stdout (Ctrl-A X quits)')
  .option('--realtime', "the guest's counter follows the clock on the wall: what it does then depends on this computer")
  .option('--until <text>', 'end with status 0 once the console has shown this')
  .option('--poison <range...>', 'memory that is bad from the start, for example "ipa:0x48000000+64 data once UER"')
  .option('--script <file>', 'what is done to the machine and when: a JSON object a line, {"at": …, "do": …}')
  .option(
    '--symbols <file...>',
    'vmlinux, another ELF file or System.map, for --poison and --script; of an Image without them, its own kallsyms',
  )
  .addOption(new Option('--mark <text...>', 'note in the statistics when the console first showed this').hideHelp())
  .option(
    '--timeout <seconds>',
    'end with status 124 after this long',
    number('a number of seconds above 0', (n) => n > 0),
  )
  .option('--stats <file>', 'write what was executed, how fast and why it left the guest, as JSON')
  .addHelpText('after', '\nExit status: 0 power-off, 1 usage, 2 the emulator had to stop, 4 reset, 124 time-out, 130 quit.')
  .action(async (options: RunOptions) => {
    const { run } = await import('./run.ts');
    process.exitCode = await run(options);
  });

const count = number('a whole number above 0', (n) => Number.isInteger(n) && n > 0);
guestCommand('lockstep')
  .description('run a guest interpreted and translated side by side and compare everything')
  .option('--every <n>', 'instructions between comparisons', count, 1_000_000)
  .option('--limit <n>', 'end after this many instructions', count)
  .option('--hot <n>', 'translate what is jumped to this often (1 translates all that is jumped to)', count)
  .addHelpText('after', '\nExit status: 0 no difference, 1 usage, 3 a difference: the first instruction that makes one is found and shown.')
  .action(async (options: LockstepCommandOptions) => {
    const { runLockstep } = await import('./lockstep.ts');
    process.exitCode = await runLockstep(options);
  });

guestCommand('save')
  .description('run a guest for a while and save the machine in a file: registers, memory slots, interrupts, devices')
  .requiredOption('--after <n>', 'guest instructions to run first', count)
  .requiredOption('--to <file>', 'where to')
  .action(async (options: SaveOptions) => {
    const { save } = await import('./save.ts');
    process.exitCode = await save(options);
  });

program
  .command('load')
  .description('go on with a saved machine, on another host perhaps')
  .argument('<file>', 'what save wrote')
  .option('--host <members>', 'the host where it differs from the one before: fwb=off,dic=on,ras=on')
  .addOption(new Option('--kernel-profile <name>', 'which kernel the host runs').choices(['merged', 'proposed']))
  .addOption(new Option('--pfnmap-policy <name>', 'cacheable VM_PFNMAP memory there').choices(['error', 'fallback-to-device']))
  .option('--until <text>', 'end with status 0 once the console has shown this')
  .option(
    '--timeout <seconds>',
    'end with status 124 after this long',
    number('a number of seconds above 0', (n) => n > 0),
  )
  .option('--stats <file>', 'write what was executed, how fast and why it left the guest, as JSON')
  .action(async (file: string, options: LoadOptions) => {
    const { load } = await import('./save.ts');
    process.exitCode = await load(file, options);
  });

program
  .command('dap')
  .description('serve the Debug Adapter Protocol on stdin and stdout')
  .option(
    '--port <n>',
    'on this port of the loopback interface instead (0 chooses one)',
    number('a port, 0 to 65535', (n) => Number.isInteger(n) && n >= 0 && n < 65536),
  )
  .action(async ({ port }: { port?: number }) => {
    const { dap } = await import('./dap.ts');
    await dap(port);
  });

program
  .command('decode')
  .description('show the fields of a register value, or of a translation table descriptor')
  .argument(
    '<register>',
    'esr, spsr, par, sctlr, tcr, mair, hcr, vtcr, vttbr, hpfar … or any system register by its Arm ARM name; stage1, stage2: a descriptor',
  )
  .argument('<value>', 'hexadecimal')
  .option(
    '--level <n>',
    'of a descriptor: its lookup level, 0 to 3',
    number('0 to 3', (n) => Number.isInteger(n) && n >= 0 && n <= 3),
    3,
  )
  .addOption(new Option('--granule <size>', 'of a descriptor').choices(['4K', '16K', '64K']).default('4K'))
  .option('--fwb', 'of a stage 2 descriptor: HCR_EL2.FWB is 1')
  .option('--mair <value>', 'of a stage 1 descriptor: MAIR_EL1, hexadecimal')
  .action(async (register: string, value: string, options: DescriptorOptions) => {
    const { decode } = await import('./decode.ts');
    process.stdout.write(decode(register, value, options));
  });

program
  .command('disasm')
  .description('disassemble instruction words')
  .argument('<addr>', 'address of the first word, hexadecimal')
  .argument('<word...>', 'instruction words, hexadecimal')
  .action(async (address: string, words: string[]) => {
    const { disasm } = await import('./disasm.ts');
    process.stdout.write(disasm(address, words));
  });

lowerEngineThreads();
try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(error);
}
// What is still open (a terminal, a worker) must not keep the program alive; what is still to be written must be.
process.stdout.write('', () => process.exit());

function report(error: unknown): number {
  if (error instanceof CliError) {
    process.stderr.write(`kvm-arm64: ${error.message}\n`);
    return error.status;
  }
  if (error instanceof LaunchError) {
    process.stderr.write(`kvm-arm64: ${error.message}\n`);
    return exitStatus.usage;
  }
  // Commander has printed its message already; asking for help is no error.
  if (isCommanderError(error)) return error.exitCode === 0 ? 0 : exitStatus.usage;
  process.stderr.write(`kvm-arm64: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return exitStatus.stopped;
}

function isCommanderError(error: unknown): error is { readonly exitCode: number } {
  return error instanceof Error && 'exitCode' in error && 'code' in error && String(error.code).startsWith('commander.');
}
