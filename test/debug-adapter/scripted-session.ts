import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AdapterSession } from '../../debug-adapter/session.ts';
import { DebuggedMachine } from '../../emulator/machine/debugged-machine.ts';
import { FakeTarget, RAM, type Script } from '../machine/fake-target.ts';
import { Client } from './client.ts';

export const folder = mkdtempSync(join(tmpdir(), 'dap-'));
export const kernel = join(folder, 'Image');
writeFileSync(kernel, 'not read by the scripted machine');
export const systemMap = join(folder, 'System.map');
writeFileSync(systemMap, `0000000040080000 T _text\n0000000040080008 T main\n0000000040080100 T helper\n`);

export const hex = (value: bigint): string => `0x${value.toString(16)}`;
export const loop: readonly [number, Script] = [0x20, { kind: 'branch', to: RAM }];

/** A session with a scripted machine behind it. */
export function session(script: readonly (readonly [number, Script])[] = [loop]) {
  const target = new FakeTarget(new Map(script.map(([offset, what]) => [RAM + BigInt(offset), what])));
  const adapter = new AdapterSession(() => new DebuggedMachine(async () => target));
  const client = new Client({
    send: (message) => adapter.handleMessage(message as never),
    onMessage: (listener) => adapter.onDidSendMessage((message: unknown) => listener(JSON.parse(JSON.stringify(message)))),
  });
  return { client, target };
}

/** The same, launched and standing at its entry. */
export async function stopped(script?: readonly (readonly [number, Script])[]) {
  const { client, target } = session(script);
  await client.launch({ kernel, symbols: systemMap });
  assert.equal((await client.event('stopped')).reason, 'entry');
  const { stackFrames } = await client.request('stackTrace', { threadId: 1 });
  return { client, target, frame: stackFrames[0] };
}
