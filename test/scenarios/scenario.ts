import { readFileSync } from 'node:fs';
import { AdapterSession } from '../../debug-adapter/session.ts';
import { DebuggedMachine } from '../../emulator/machine/debugged-machine.ts';
import { VirtTarget } from '../../emulator/machine/virt/virt-target.ts';
import { createMachine } from '../../emulator/vmm/create.ts';
import type { VirtMachine } from '../../emulator/vmm/virt-machine.ts';
import { Client } from '../debug-adapter/client.ts';

const folder = new URL('../../extension/guests/scenarios/', import.meta.url);

export interface ScenarioConfiguration {
  readonly name: string;
  readonly program: string;
  readonly [property: string]: unknown;
}

/** The launch configurations that come with the scenarios. */
export const scenarios: readonly ScenarioConfiguration[] = JSON.parse(
  readFileSync(new URL('launch.json', folder), 'utf8').replaceAll('${workspaceFolder}/', folder.pathname),
).configurations;

export function scenario(name: string): ScenarioConfiguration {
  const found = scenarios.find((s) => s.name === name);
  if (!found) throw new Error(`there is no scenario "${name}"`);
  return found;
}

/** Milliseconds. */
const PATIENCE = 20_000;

interface Message {
  readonly event: string;
  readonly body: { readonly category?: string; readonly output?: string; readonly exitCode?: number; readonly text?: string };
}

/** A session with a real machine in this process. `onEvent` is told of every event. */
export function open(onEvent: (event: Message) => void = () => {}): { readonly client: Client; readonly machine: () => VirtMachine } {
  let machine: VirtMachine | undefined;
  const adapter = new AdapterSession(
    () =>
      new DebuggedMachine(async (given) => {
        machine = await createMachine(given);
        return new VirtTarget(machine);
      }),
  );
  const client = new Client({
    send: (message) => adapter.handleMessage(message as never),
    onMessage: (listener) =>
      adapter.onDidSendMessage((message: unknown) => {
        const copy = JSON.parse(JSON.stringify(message));
        if (copy.type === 'event') onEvent(copy);
        listener(copy);
      }),
  });
  return { client, machine: () => machine! };
}

export interface Played {
  /** What the guest printed. */
  readonly lines: readonly string[];
  /** What the debugger said. */
  readonly said: string;
  readonly exits: Readonly<Record<string, number>>;
  /** 0 power-off, 4 reset; undefined: the machine stopped. */
  readonly exitCode: number | undefined;
  /** What it stopped at. */
  readonly stopped: string | undefined;
}

/** Launches a configuration as it is and lets it run to its end, or until it stops. */
export async function play(name: string): Promise<Played> {
  const texts: Record<'guest' | 'debugger', string> = { guest: '', debugger: '' };
  let end: (how: Pick<Played, 'exitCode' | 'stopped'>) => void;
  const ended = new Promise<Pick<Played, 'exitCode' | 'stopped'>>((resolve) => {
    end = resolve;
  });
  const { client, machine } = open(({ event, body }) => {
    if (event === 'output') texts[body.category === 'stdout' ? 'guest' : 'debugger'] += body.output;
    if (event === 'exited' || event === 'stopped') end({ exitCode: body.exitCode, stopped: body.text });
  });
  await client.launch({ ...scenario(name), console: 'internalConsole' });
  const patience = setTimeout(() => end({ exitCode: undefined, stopped: 'nothing: it went on and on' }), PATIENCE);
  const how = await ended;
  clearTimeout(patience);
  const exits = machine().exitCounts;
  await client.request('disconnect');
  return { ...how, exits, lines: texts.guest.split(/\r?\n/).filter((line) => line !== ''), said: texts.debugger };
}
