/** Scenarios in which somebody does something: reads a dirty log, takes the machine to another host, answers an exit. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { assembleProgram } from '../../debug-adapter/launch/assemble.ts';
import { checkConfiguration } from '../../debug-adapter/launch/configuration.ts';
import { createMachine } from '../../emulator/vmm/create.ts';
import { type Destination, loadMachine } from '../../emulator/vmm/migration/load.ts';
import { saveMachine } from '../../emulator/vmm/migration/save.ts';
import type { VirtMachine } from '../../emulator/vmm/virt-machine.ts';
import { runAll, text } from '../vmm/guest.ts';
import { open, scenario } from './scenario.ts';

const thread = { threadId: 1 };

describe('Dirty log', () => {
  test('the pages of each round, and none that were only read', async () => {
    const { client, machine } = open();
    await client.launch({ ...scenario('Dirty log'), console: 'internalConsole' }, () =>
      client.request('setFunctionBreakpoints', { breakpoints: ['first', 'second', 'third'].map((name) => ({ name })) }),
    );
    const pages = async (): Promise<number[]> => {
      await client.event('stopped');
      const log = machine().vm.memslots.getDirtyLog(1);
      await client.request('continue', thread);
      return [...Array(16).keys()].filter((page) => log[page >> 3]! & (1 << (page & 7)));
    };
    assert.deepEqual(await pages(), [3, 5]);
    assert.deepEqual(await pages(), [5]);
    assert.deepEqual(await pages(), []);
    assert.deepEqual(await client.event('exited'), { exitCode: 0 });
    await client.request('disconnect');
  });
});

describe('Migration: FWB to no FWB', () => {
  /** The guest of the scenario, in the loop in which it is saved. */
  async function saved(): Promise<Uint8Array> {
    const { program, ...options } = scenario('Migration: the source');
    const { memory, cpus, cpu, host, memslots } = checkConfiguration({ ...options, program });
    const { image } = await assembleProgram(program);
    const machine = await createMachine({
      kernel: { name: 'migrate.bin', bytes: image },
      memory,
      cpus,
      cpu,
      host: host!,
      memslots: memslots!,
    });
    machine.run(100_000);
    assert.match(text(machine), /^wrote a number into device memory\r\n$/);
    return saveMachine(machine);
  }
  const load = async (destination: Destination): Promise<VirtMachine> => loadMachine(await saved(), destination);

  test('stage2 §6: to a host like the first: the guest goes on', async () => {
    const machine = await load({});
    assert.equal(runAll(machine).kind, 'power-off');
    assert.equal(text(machine), 'found 000000000000002a\r\n');
  });

  test('stage2 §6: to a host without FWB: refused when the slot is made, before the guest runs', async () =>
    assert.rejects(load({ host: { fwb: false, dic: true } }), /KVM_SET_USER_MEMORY_REGION of slot 1.*FEAT_S2FWB.*-EINVAL/));

  test('stage2 §6: under the policy before, it is loaded, and the first access shows why it should not have been', async () => {
    const machine = await load({ host: { fwb: false, dic: true }, pfnmapPolicy: 'fallback-to-device' });
    const end = runAll(machine);
    assert.equal(text(machine), 'found ');
    assert.ok(end.kind === 'fatal' && /-EFAULT.*stage 2 maps as Device/.test(end.message), JSON.stringify(end));
  });
});

describe('SEA on a load, chosen by hand', () => {
  const say = (answer: string) => async () => {
    const lines: string[] = [];
    const { client } = open(({ event, body }) => {
      if (event === 'output' && body.category === 'stdout') lines.push(body.output!);
    });
    await client.launch({ ...scenario('SEA on a load, chosen by hand'), console: 'internalConsole' });
    await client.event('stopped');
    await client.request('evaluate', { expression: answer, context: 'repl' });
    await client.request('continue', thread);
    assert.deepEqual(await client.event('exited'), { exitCode: 0 });
    await client.request('disconnect');
    return lines.join('').split('\r\n')[1];
  };
  const rows = [
    ['inject dabt', 'external abort: ESR_EL1 0000000096000010 FAR_EL1 0000000040081148'],
    ['inject serror', 'SError: ESR_EL1 00000000bf000000, nobody knows whose: giving up'],
    ['inject serror aet=UC dfsc=0x11', 'SError: ESR_EL1 00000000be000011, nobody knows whose: giving up'],
    ['unpoison all', 'external abort: ESR_EL1 0000000096000010 FAR_EL1 0000000040081148'],
  ] as const;
  for (const [answer, line] of rows) test(answer, async () => assert.equal(await say(answer)(), line));
});
