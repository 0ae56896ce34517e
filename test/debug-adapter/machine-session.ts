import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { AdapterSession } from '../../debug-adapter/session.ts';
import { DebuggedMachine } from '../../emulator/machine/debugged-machine.ts';
import { VirtTarget } from '../../emulator/machine/virt/virt-target.ts';
import { createMachine } from '../../emulator/vmm/create.ts';
import { Client } from './client.ts';

const folder = mkdtempSync(join(tmpdir(), 'machine-session-'));
after(() => rmSync(folder, { recursive: true }));
let count = 0;

/** Source lines that power the machine off. */
export const power = `
        movz    x0, #0x8400, lsl #16
        movk    x0, #8
        hvc     #0
        b       .
`;

/** A session with a real machine in this process, standing before the first instruction of an assembled guest. The rest of the options is the launch configuration's. */
export async function machineSession(
  source: string,
  { filters = [], ...configuration }: { readonly filters?: readonly string[] } & Readonly<Record<string, unknown>> = {},
): Promise<Client> {
  const program = join(folder, `guest${count++}.S`);
  writeFileSync(program, `.text\n.global _start\n${source}\n`);
  const adapter = new AdapterSession(() => new DebuggedMachine(async (given) => new VirtTarget(await createMachine(given))));
  const client = new Client({
    send: (message) => adapter.handleMessage(message as never),
    onMessage: (listener) => adapter.onDidSendMessage((message: unknown) => listener(JSON.parse(JSON.stringify(message)))),
  });
  await client.launch({ program, memory: '16M', ...configuration }, () => client.request('setExceptionBreakpoints', { filters }), {
    supportsInvalidatedEvent: true,
  });
  if (configuration['stopOnEntry'] !== false) await client.event('stopped');
  return client;
}
