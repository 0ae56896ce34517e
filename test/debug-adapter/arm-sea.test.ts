/** KVM_EXIT_ARM_SEA as a person sees it: the stop, exceptionInfo and the record in Variables are the kernel profile's. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Client } from './client.ts';
import { machineSession, power } from './machine-session.ts';

const thread = { threadId: 1 };

const guest = `
_start: adr     x0, vectors
        msr     vbar_el1, x0
        adr     x9, bad
load:   ldr     x2, [x9]
        ${power}
        .balign 2048
vectors:
        .space  0x200
        mrs     x20, esr_el1
        ${power}
        .balign 128
        .space  0x280
lower:  ${power}
        .balign 64
bad:    .quad   0x1234
`;

interface Variable {
  readonly name: string;
  readonly value: string;
  readonly variablesReference: number;
}

async function atError(configuration: Readonly<Record<string, unknown>>): Promise<Client> {
  const filters = ['exit:KVM_EXIT_ARM_SEA'];
  const client = await machineSession(guest, { cpu: 'neoverse-n1', poison: ['bad data'], filters, ...configuration });
  await client.request('continue', thread);
  assert.equal((await client.event('stopped')).description, 'Paused on KVM_EXIT_ARM_SEA');
  return client;
}

const variablesOf = async (client: Client, variablesReference: number): Promise<readonly Variable[]> =>
  (await client.request('variables', { variablesReference })).variables;

/** The rows of `kvm_run`: `exit_reason` and the record. */
async function record(client: Client): Promise<readonly Variable[]> {
  const { stackFrames } = await client.request('stackTrace', thread);
  const { scopes } = await client.request('scopes', { frameId: stackFrames[0].id });
  const scope = scopes.find(({ name }: { name: string }) => name === 'kvm_run');
  return (await variablesOf(client, scope.variablesReference)).slice(0, 5);
}

const shape = (rows: readonly Variable[]): string[] => rows.map(({ name, value }) => `${name} ${value.replace(/0x400\w+/, 'ADDRESS')}`);

const profiles = {
  merged: {
    reason: 41,
    rows: ['exit_reason 41 (KVM_EXIT_ARM_SEA)', 'flags 0x1 (GPA_VALID)', 'esr 0x92000010', 'gva ADDRESS', 'gpa ADDRESS'],
  },
  proposed: {
    reason: 40,
    rows: ['exit_reason 40 (KVM_EXIT_ARM_SEA)', 'esr 0x92000010', 'flags 0x3 (GVA_VALID, GPA_VALID)', 'gva ADDRESS', 'gpa ADDRESS'],
  },
} as const;

describe('KVM_EXIT_ARM_SEA over DAP', () => {
  for (const [kernelProfile, { reason, rows }] of Object.entries(profiles)) {
    it(`sea §1 ${kernelProfile}: the record in Variables, in its order, with its number; esr opens into its fields`, async () => {
      const client = await atError({ kernelProfile });
      const shown = await record(client);
      assert.deepEqual(shape(shown), rows);
      const esr = shown.find(({ name }) => name === 'esr')!;
      const fields = (await variablesOf(client, esr.variablesReference)).map(({ name, value }) => `${name} ${value}`).join('\n');
      assert.match(fields, /EC.* 0x24/);
      await client.request('disconnect');
    });

    it(`sea §3 ${kernelProfile}: exceptionInfo: record, syndrome at EL2, both translation stages, what can be answered`, async () => {
      const client = await atError({ kernelProfile });
      const { exceptionId, details } = await client.request('exceptionInfo', thread);
      assert.equal(exceptionId, 'KVM_EXIT_ARM_SEA');
      assert.equal(details.fullTypeName, `KVM_EXIT_ARM_SEA (${reason})`);
      for (const part of [
        'esr = 0x92000010',
        'ESR_EL2 = 0x92000010',
        'answers: inject, inject-dabt, inject-iabt, inject-serror, resume, terminate',
      ])
        assert.ok(details.stackTrace.includes(part), `${part} in ${details.stackTrace}`);
      assert.match(details.stackTrace, /FAR_EL2: .*\n(.*\n)*.*stage 2/i);
      await client.request('disconnect');
    });

    it(`${kernelProfile}: the debugger names the kernel profile in force, at launch and in a scope`, async () => {
      const client = await atError({ kernelProfile });
      assert.ok(client.output.join('').includes(`KVM: kernel profile ${kernelProfile};`));
      const { stackFrames } = await client.request('stackTrace', thread);
      const { scopes } = await client.request('scopes', { frameId: stackFrames[0].id });
      const vm = scopes.find(({ name }: Variable) => name === 'VM');
      const facts = await variablesOf(client, vm.variablesReference);
      assert.equal(facts.find(({ name }) => name === 'kernelProfile')?.value, kernelProfile);
      await client.request('disconnect');
    });
  }

  it('the answer is in the record afterwards, and none is left', async () => {
    const client = await atError({});
    await client.request('kvmArm64.intervene', { command: 'inject dabt', ...thread });
    const rows = await record(client);
    assert.equal(shape(rows)[1], 'answer inject-dabt');
    assert.deepEqual((await client.request('kvmArm64.exitAnswers', thread)).answers, []);
    await client.request('disconnect');
  });

  it('sea §3 step 1: claimed by APEI: no stop at all', async () => {
    const filters = ['exit:KVM_EXIT_ARM_SEA', 'exception:serror', 'exception:data-abort'];
    const client = await machineSession(guest, { cpu: 'neoverse-n1', poison: ['bad data'], filters, host: { apei: 'claims' } });
    await client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'load + 4' }] });
    await client.request('continue', thread);
    assert.notEqual((await client.event('stopped')).reason, 'exception');
    assert.equal((await client.request('evaluate', { expression: 'x2,x', context: 'watch' })).result, '0x1234');
    await client.request('disconnect');
  });
});
