import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { AdapterSession } from '../../debug-adapter/session.ts';
import { guestMemfdFlag } from '../../emulator/kvm/guest-memfd.ts';
import { memslotFlag } from '../../emulator/kvm/memslots.ts';
import { DebuggedMachine } from '../../emulator/machine/debugged-machine.ts';
import { VirtTarget } from '../../emulator/machine/virt/virt-target.ts';
import { createMachine } from '../../emulator/vmm/create.ts';
import type { VirtMachine } from '../../emulator/vmm/virt-machine.ts';
import { Client } from './client.ts';

const folder = mkdtempSync(join(tmpdir(), 'failed-runs-'));
after(() => rmSync(folder, { recursive: true }));
const thread = { threadId: 1 };

/** A session with a real machine in this process; `prepare` does to the machine what no guest and no debugger can. */
async function session(name: string, source: string, filter: string, prepare: (machine: VirtMachine) => void = () => {}): Promise<Client> {
  const program = join(folder, `${name}.S`);
  writeFileSync(program, `.text\n.global _start\n_start:\n${source}\n`);
  const build = async (configuration: Parameters<typeof createMachine>[0]): Promise<VirtTarget> => {
    const machine = await createMachine(configuration);
    prepare(machine);
    return new VirtTarget(machine);
  };
  const adapter = new AdapterSession(() => new DebuggedMachine(build));
  const client = new Client({
    send: (message) => adapter.handleMessage(message as never),
    onMessage: (listener) => adapter.onDidSendMessage((message: unknown) => listener(JSON.parse(JSON.stringify(message)))),
  });
  await client.launch({ program, memory: '16M' }, () => client.request('setExceptionBreakpoints', { filters: [`exit:${filter}`] }));
  await client.event('stopped');
  return client;
}

/** Continues; how the machine stopped, and what the kvm_run scope shows. */
async function goOn(client: Client) {
  await client.request('continue', thread);
  const { description, text } = await client.event('stopped');
  const { stackFrames } = await client.request('stackTrace', thread);
  const { scopes } = await client.request('scopes', { frameId: stackFrames[0].id });
  const { variablesReference } = scopes.find((s: { name: string }) => s.name === 'kvm_run');
  const { variables } = await client.request('variables', { variablesReference });
  const record = Object.fromEntries(variables.map((v: { name: string; value: string }) => [v.name, v.value]));
  return { description, text, record };
}

describe('exits of a KVM_RUN that failed: the filter stops first, then the VMM does', () => {
  it('KVM_EXIT_FAIL_ENTRY', async () => {
    const client = await session('fail-entry', 'mov x1, #1\nb .', 'KVM_EXIT_FAIL_ENTRY');
    const { stackFrames } = await client.request('stackTrace', thread);
    await client.request('setExpression', { expression: '$pstate', value: '0x3c9', frameId: stackFrames[0].id });
    const exit = await goOn(client);
    assert.deepEqual(
      [exit.description, exit.text],
      ['Paused on KVM_EXIT_FAIL_ENTRY', 'the return to the guest was an illegal exception return'],
    );
    assert.deepEqual(
      [exit.record.exit_reason, exit.record.hardware_entry_failure_reason, exit.record.cpu],
      ['9 (KVM_EXIT_FAIL_ENTRY)', '0x0', '0x0'],
    );
    const stop = await goOn(client);
    assert.equal(stop.description, 'The machine cannot go on');
    assert.match(stop.text, /^KVM_RUN failed with -EINVAL: PSTATE 0x3c9 is an illegal exception return/);
    await client.request('disconnect');
  });

  it('KVM_EXIT_INTERNAL_ERROR', async () => {
    const linking = 'movz x1, #1\nmovk x1, #0x10, lsl #16\nmsr dbgwcr0_el1, x1\nmov x2, #0x8000\nmsr mdscr_el1, x2\nisb\nb .';
    const client = await session('internal-error', linking, 'KVM_EXIT_INTERNAL_ERROR');
    const exit = await goOn(client);
    assert.equal(exit.text, 'KVM_INTERNAL_ERROR_EMULATION at 0x40080014');
    const { exit_reason, suberror, ndata, 'data[0]': at, 'data[1]': beyond } = exit.record;
    assert.deepEqual(
      [exit_reason, suberror, ndata, at, beyond],
      ['17 (KVM_EXIT_INTERNAL_ERROR)', '0x1 (KVM_INTERNAL_ERROR_EMULATION)', '0x1', '0x40080014', undefined],
    );
    assert.match((await goOn(client)).text, /^linked watchpoints are not supported/);
    await client.request('disconnect');
  });

  it('KVM_EXIT_MEMORY_FAULT', async () => {
    const client = await session('memory-fault', 'movz x9, #0x8000, lsl #16\nldr x1, [x9, #8]\nb .', 'KVM_EXIT_MEMORY_FAULT', ({ vm }) => {
      const guestMemfd = vm.createGuestMemfd(0x1000, guestMemfdFlag.MMAP);
      vm.memslots.set2({
        slot: 1,
        flags: memslotFlag.GUEST_MEMFD,
        guestPhysAddr: 0x80000000,
        memorySize: 0x1000,
        userspaceAddr: 0,
        guestMemfd,
      });
      guestMemfd.close();
    });
    const exit = await goOn(client);
    assert.deepEqual([exit.description, exit.text], ['Paused on KVM_EXIT_MEMORY_FAULT', 'no page for 0x80000000']);
    const { exit_reason, flags, gpa, size } = exit.record;
    assert.deepEqual([exit_reason, flags, gpa, size], ['39 (KVM_EXIT_MEMORY_FAULT)', '0x0', '0x80000000', '0x1000']);
    assert.match((await goOn(client)).text, /^KVM_RUN failed with -EFAULT: no page for the guest physical address 0x80000000/);
    await client.request('disconnect');
  });
});
