import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Client } from './client.ts';
import { startServer } from './server.ts';
import { Transcript } from './transcript.ts';

const tour = fileURLToPath(new URL('./guests/tour.S', import.meta.url));

/** Plays a session against the real server process and compares what was said with the recording. */
async function play(name: string, session: (client: Client) => Promise<void>): Promise<void> {
  const server = startServer();
  const transcript = new Transcript();
  const client = new Client(transcript.on(server.line));
  try {
    const died = server.exited.then((status) => assert.fail(`the server ended with status ${status}`));
    await Promise.race([session(client), died]);
    await client.request('disconnect');
    assert.equal(await server.exited, 0);
  } finally {
    server.kill();
  }
  transcript.check(name);
}

const thread = { threadId: 1 };

async function frameOf(client: Client): Promise<number> {
  return (await client.request('stackTrace', thread)).stackFrames[0].id;
}

async function scopeOf(client: Client, name: string): Promise<number> {
  const { scopes } = await client.request('scopes', { frameId: await frameOf(client) });
  return scopes.find((s: { name: string }) => s.name === name).variablesReference;
}

describe('transcripts', { timeout: 120_000 }, () => {
  it('a tour: entry, breakpoints, stack, registers, disassembly, memory, power-off', () =>
    play('tour', async (client) => {
      await client.launch({ program: tour, memory: '64M' }, async () => {
        await client.request('setBreakpoints', { source: { path: tour }, breakpoints: [{ line: 14 }, { line: 999 }] });
        await client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'put', condition: "x0 == 'i'" }, { name: 'putt' }] });
      });
      await client.event('stopped');
      await frameOf(client);
      await client.request('continue', thread);
      await client.event('stopped');
      await client.request('stackTrace', thread);
      await client.request('variables', { variablesReference: await scopeOf(client, 'General') });
      await client.request('variables', { variablesReference: await scopeOf(client, 'PSTATE') });
      await client.request('disassemble', { memoryReference: 'va:0x40080000', instructionOffset: -2, instructionCount: 6 });
      await client.request('readMemory', { memoryReference: 'ipa:0x40080000', count: 16 });
      await client.request('stepOut', thread);
      await client.event('stopped');
      await frameOf(client);
      await client.request('setFunctionBreakpoints', { breakpoints: [] });
      await client.request('evaluate', { expression: '*(u32*)pc', context: 'watch' });
      await client.request('evaluate', { expression: 'translate pc', context: 'repl' });
      await client.request('continue', thread);
      await client.event('stopped');
      await client.request('next', thread);
      await client.event('stopped');
      await client.request('continue', thread);
      await client.event('terminated');
    }));

  it('exits: MMIO by condition, its syndrome, step over it, power-off as an exit', () =>
    play('exits', async (client) => {
      await client.launch({ program: tour, memory: '64M', stopOnEntry: false }, () =>
        client.request('setExceptionBreakpoints', {
          filters: ['exit:KVM_EXIT_SYSTEM_EVENT'],
          filterOptions: [{ filterId: 'exit:KVM_EXIT_MMIO', condition: "fault_ipa >= 0x9000000 && esr.WnR && data == '\\n'" }],
        }),
      );
      await client.event('stopped');
      await client.request('exceptionInfo', thread);
      const run = await scopeOf(client, 'kvm_run');
      const { variables } = await client.request('variables', { variablesReference: run });
      const esr = variables.find((v: { name: string }) => v.name === 'ESR_EL2');
      const fields = await client.request('variables', { variablesReference: esr.variablesReference });
      const iss = fields.variables.find((v: { name: string }) => v.name === 'ISS');
      await client.request('variables', { variablesReference: iss.variablesReference });
      await client.request('setVariable', { variablesReference: run, name: 'data', value: "'!'" });
      await client.refusal('setVariable', { variablesReference: run, name: 'is_write', value: '0x100' });
      await client.request('stepIn', thread);
      await client.event('stopped');
      await frameOf(client);
      await client.request('setExceptionBreakpoints', { filters: ['exit:KVM_EXIT_SYSTEM_EVENT'] });
      await client.request('continue', thread);
      await client.event('stopped');
      await client.request('exceptionInfo', thread);
      await client.request('continue', thread);
      await client.event('terminated');
    }));

  it('a guest exception: stop at the vector, change a register, go on', () =>
    play('exception', async (client) => {
      await client.launch({ program: tour, memory: '64M' }, () =>
        client.request('setExceptionBreakpoints', {
          filters: [],
          filterOptions: [{ filterId: 'exception:svc', condition: 'esr.imm16 == 7' }],
        }),
      );
      await client.event('stopped');
      await client.request('continue', thread);
      await client.event('stopped');
      await client.request('exceptionInfo', thread);
      await frameOf(client);
      await client.request('next', thread);
      await client.event('stopped');
      await client.request('evaluate', { expression: '$x9', context: 'watch', frameId: await frameOf(client) });
      await client.request('evaluate', { expression: 'ESR_EL1.EC', context: 'watch' });
      await client.request('evaluate', { expression: 'x9 = 1', context: 'repl' });
      await client.request('setExpression', { expression: 'pstate.Z', value: '1' });
      await client.request('continue', thread);
      await client.event('terminated');
    }));

  it('data breakpoints: a symbol read, the stack written, stops that say what happened', () =>
    play('data', async (client) => {
      await client.launch({ program: tour, memory: '64M', stopOnEntry: false }, async () => {
        const { dataId } = await client.request('dataBreakpointInfo', { name: 'greeting', bytes: 4 });
        await client.request('setDataBreakpoints', { breakpoints: [{ dataId, accessType: 'read', condition: "w0 == 'i'" }] });
      });
      await client.event('stopped');
      const frameId = await frameOf(client);
      await client.request('dataBreakpointInfo', { name: 'x1', variablesReference: await scopeOf(client, 'General') });
      const { dataId } = await client.request('dataBreakpointInfo', { name: '[sp + 8]', frameId });
      await client.request('setDataBreakpoints', {
        breakpoints: [{ dataId, accessType: 'write' }, { dataId: 'symbol:nothing/8' }, { dataId: 'greeting' }],
      });
      await client.request('continue', thread);
      await client.event('stopped');
      await client.refusal('exceptionInfo', thread);
      await client.request('setDataBreakpoints', { breakpoints: [] });
      await client.request('continue', thread);
      await client.event('terminated');
    }));

  it('mistakes: each gets an answer that says what is wrong', () =>
    play('mistakes', async (client) => {
      await client.request('initialize', { adapterID: 'kvm-arm64' });
      await client.refusal('threads2');
      await client.refusal('stackTrace', thread);
      await client.refusal('launch', { kernal: 'x' });
      await client.refusal('launch', { program: `${tour}x` });
      await client.refusal('launch', { kernel: fileURLToPath(new URL('./golden.test.ts', import.meta.url)) });
      await client.refusal('launch', { program: tour, memory: '3M', cpus: 9 });
      await client.refusal('attach', {});
    }));
});
