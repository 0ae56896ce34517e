import { contextOf } from '../../emulator/machine/debug/context.ts';
import { compile } from '../../emulator/machine/expression/evaluate.ts';
import type { NamedBytes } from '../../emulator/machine/machine.ts';
import { machineNames } from '../../emulator/machine/names.ts';
import { VirtTarget } from '../../emulator/machine/virt/virt-target.ts';
import type { VirtMachine } from '../../emulator/vmm/virt-machine.ts';
import { poisonOf } from '../interventions/poison-arguments.ts';
import { parseStep, readScript } from '../interventions/script.ts';
import type { NamedGuest } from '../session-state.ts';
import { ownSymbols } from '../symbols/kernel-own.ts';
import { loadSymbols } from '../symbols/load.ts';
import { SymbolTable } from '../symbols/symbols.ts';
import { CliError } from './exit-status.ts';

/** What is done to a machine from outside while it runs. */
export interface ArrangeOptions {
  readonly poison?: readonly string[];
  readonly script?: string;
  readonly symbols?: readonly string[];
}

/** Poisons memory and hands the script over; what that does is told on stderr. @throws CliError */
export async function arrangeRun(
  machine: VirtMachine,
  kernel: NamedBytes,
  { poison = [], script, symbols: files = [] }: ArrangeOptions,
): Promise<void> {
  if (poison.length === 0 && script === undefined) return;
  const target = new VirtTarget(machine);
  const symbols = new SymbolTable();
  try {
    for (const file of files) symbols.add(await loadSymbols(file));
    if (files.length === 0) symbols.add(ownSymbols(kernel)?.symbols ?? []);
    const guest: NamedGuest = { symbols, loaded: target.guest, names: machineNames((name) => symbols.runtimeAddress(name)) };
    for (const text of poison) target.intervene(0, poisonOf(text, guest), (e) => compile(e)(contextOf(target, 0, undefined)));
    if (script === undefined) return;
    const steps = (await readScript(script)).map((step) => parseStep(step, guest, machine.vcpus.length));
    if (steps.some(({ acts }) => acts.some(({ act }) => act === 'stop'))) throw new Error(`${script}: "stop" needs a debugger`);
    target.setScript(steps, (text) => process.stderr.write(`kvm-arm64: ${text}\n`));
  } catch (error) {
    throw new CliError((error as Error).message);
  }
}
