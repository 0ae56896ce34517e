import type { MachineConfiguration } from '../../emulator/machine/machine.ts';
import type { ExitPolicies } from '../../emulator/vmm/exits/policy.ts';
import { poisonOf } from '../interventions/poison-arguments.ts';
import { parseStep, readScript } from '../interventions/script.ts';
import { RequestError } from '../request-error.ts';
import type { Guest } from '../session-state.ts';
import type { LaunchConfiguration } from './configuration.ts';

/** What user space does about exits. Where nobody debugs, nobody is there to stop for. */
export function policiesOf({ onExit = {}, noDebug }: LaunchConfiguration): Pick<MachineConfiguration, 'onExit'> {
  if (!noDebug) return { onExit };
  const unattended = Object.entries(onExit).map(([exit, policy]) => [exit, policy === 'stop' ? 'terminate' : policy]);
  return { onExit: Object.fromEntries(unattended) as ExitPolicies };
}

/** Poisons what is to be bad from the start, and hands the script over. The guest stands before its first instruction. Throws RequestError. */
export async function arrange(guest: Guest): Promise<void> {
  const { machine, configuration } = guest;
  for (const [n, text] of (configuration.poison ?? []).entries()) {
    try {
      await machine.intervene(0, poisonOf(text, guest));
    } catch (error) {
      throw new RequestError(`poison[${n}]: ${(error as Error).message}`);
    }
  }
  if (configuration.script === undefined) return;
  const steps = await readScript(configuration.script);
  await machine.setScript(steps.map((step) => parseStep(step, guest, configuration.cpus)));
}
