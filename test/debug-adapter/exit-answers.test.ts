import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Client } from './client.ts';
import { machineSession, power } from './machine-session.ts';

const thread = { threadId: 1 };

/** Vectors 0x800 above the entry; at the one for a synchronous exception (and an SError) from EL1h a loop. */
const vectors = `
        .balign 2048
vectors:
        .space  0x200
        b       .
        .balign 128
        .space  0x100
        b       .
`;

/** A guest that reads a word of a device, a byte of a device with sign, a pair of a device, and writes one. */
const guest = `
_start: adr     x0, vectors
        msr     vbar_el1, x0
        isb
        movz    x9, #0x0900, lsl #16
load:   ldr     w1, [x9, #0x18]
signed: ldrsb   x2, [x9, #0x18]
store:  str     w1, [x9]
pair:   ldp     w3, w4, [x9]
        ${power}
${vectors}`;

const registers = async (client: Client, ...names: string[]): Promise<string[]> => {
  const results = [];
  for (const expression of names)
    results.push(Number((await client.request('evaluate', { expression: `${expression},x`, context: 'watch' })).result));
  return results.map((value) => `0x${value.toString(16)}`);
};
const say = async (client: Client, expression: string): Promise<string> =>
  (await client.request('evaluate', { expression, context: 'repl' })).result;
const refusal = (client: Client, expression: string): Promise<string> => client.refusal('evaluate', { expression, context: 'repl' });

/** Continues to the next exit; its summary. */
async function nextExit(client: Client): Promise<string> {
  await client.request('continue', thread);
  return (await client.event('stopped')).text;
}

const session = (...filters: string[]): Promise<Client> =>
  machineSession(guest, { filters: filters.map((name) => `exit:KVM_EXIT_${name}`) });

describe('answers to an exit, in the Debug Console', () => {
  it('complete: a load gets the value, sign and width as the instruction says', async () => {
    const client = await session('MMIO');
    assert.equal(await nextExit(client), 'read of 4 bytes at 0x9000018');
    assert.match(await say(client, 'complete 0x8000_0001'), /^vCPU 0, after 4 instructions: the load gets 0x80000001$/);
    await client.event('invalidated');
    assert.deepEqual(await registers(client, 'x1', 'data'), ['0x0', '0x80000001'], 'KVM finishes it at the next KVM_RUN');
    assert.equal(await nextExit(client), 'read of 1 byte at 0x9000018');
    assert.deepEqual(await registers(client, 'x1'), ['0x80000001']);
    await say(client, 'complete x1 - 0x7fffff81');
    assert.equal(await nextExit(client), 'write of 4 bytes at 0x9000000: 0x80000001');
    assert.equal((await client.request('evaluate', { expression: 'x2', context: 'watch' })).result, '0xffffffffffffff80');
    assert.match(await say(client, 'complete'), /the store goes to no device/);
    await client.request('stepIn', thread);
    await client.event('stopped');
    assert.deepEqual(await registers(client, 'pc'), ['0x4008001c']);
    assert.ok(!client.output.join('').includes('\x01'), 'nothing reached the UART');
    await client.request('disconnect');
  });

  it('a step after the answer finishes the instruction', async () => {
    const client = await session('MMIO');
    await nextExit(client);
    await say(client, 'complete 7');
    await client.request('stepIn', thread);
    assert.equal((await client.event('stopped')).reason, 'step');
    assert.deepEqual(await registers(client, 'x1', 'pc'), ['0x7', '0x40080014']);
    await client.request('disconnect');
  });

  it('inject dabt at an MMIO exit: vector, ESR, FAR, ELR, SPSR and PSTATE of the guest; the load is not completed', async () => {
    const client = await session('MMIO');
    await nextExit(client);
    const expected =
      'vCPU 0, after 4 instructions: external abort injected: ESR_EL1 = 0x96000010, FAR_EL1 = 0x9000018, ELR_EL1 = 0x40080010, SPSR_EL1 = 0x3c5, PC = 0x40080a00';
    assert.equal(await say(client, 'inject dabt'), expected);
    assert.deepEqual(await registers(client, 'pc', 'esr_el1', 'far_el1', 'elr_el1', 'spsr_el1', 'pstate', 'x1'), [
      '0x40080a00',
      '0x96000010',
      '0x9000018',
      '0x40080010',
      '0x3c5',
      '0x3c5',
      '0x0',
    ]);
    await client.request('stepIn', thread);
    await client.event('stopped');
    assert.deepEqual(await registers(client, 'pc', 'x1'), ['0x40080a00', '0x0'], 'the handler runs');
    await client.request('disconnect');
  });

  it('an injected abort is one of the guest for the filters: by hand and by the VMM', async () => {
    const client = await machineSession(guest, { filters: ['exit:KVM_EXIT_MMIO', 'exception:data-abort'] });
    await nextExit(client);
    await say(client, 'inject dabt');
    await client.request('continue', thread);
    assert.equal((await client.event('stopped')).description, 'Paused on guest exception: data-abort');
    assert.deepEqual(await registers(client, 'pc', 'far'), ['0x40080a00', '0x9000018'], 'before the handler has run');
    await client.request('disconnect');
    const other = await machineSession(guest, { filters: ['exception:data-abort'] });
    await other.request('continue', thread);
    assert.equal((await other.event('stopped')).description, 'Paused on guest exception: data-abort');
    assert.deepEqual(await registers(other, 'elr'), ['0x4008001c'], 'the pair');
    await other.request('disconnect');
  });

  it('emulate: the device answers, and kvm_run shows what it said before going on', async () => {
    const client = await session('MMIO');
    await nextExit(client);
    assert.match(await say(client, 'emulate'), /the devices answered/);
    assert.deepEqual(await registers(client, 'data', 'x1'), ['0x90', '0x0']);
    await client.request('disconnect');
  });

  it('resume: a load gets what is in kvm_run', async () => {
    const client = await session('MMIO');
    await nextExit(client);
    const { stackFrames } = await client.request('stackTrace', thread);
    const { scopes } = await client.request('scopes', { frameId: stackFrames[0].id });
    const { variablesReference } = scopes.find((s: { name: string }) => s.name === 'kvm_run');
    await client.request('setVariable', { variablesReference, name: 'data', value: '0x55' });
    await say(client, 'resume');
    const { variables } = await client.request('variables', { variablesReference });
    assert.equal(variables.find((v: { name: string }) => v.name === 'answer').value, 'resume');
    await nextExit(client);
    assert.deepEqual(await registers(client, 'x1'), ['0x55']);
    await client.request('disconnect');
  });

  it('resume at KVM_EXIT_ARM_NISV: the guest tries again, which takes its time', async () => {
    const client = await session('ARM_NISV');
    await nextExit(client);
    assert.match(await say(client, 'resume'), /KVM_RUN goes on/);
    assert.match(await nextExit(client), /read at 0x9000000/);
    assert.deepEqual(await registers(client, 'pc'), ['0x4008001c']);
    assert.match(await say(client, 'stats'), /^7 instructions/);
    await client.request('disconnect');
  });

  it('terminate: the machine stops for good, saying why', async () => {
    const client = await session('ARM_NISV');
    await nextExit(client);
    await say(client, 'terminate');
    await client.request('continue', thread);
    assert.match((await client.event('stopped')).text, /^user space ended the machine at KVM_EXIT_ARM_NISV: read at 0x9000000/);
    await client.request('disconnect');
  });

  it('exceptionInfo tells the answers, then the one that was given', async () => {
    const client = await session('MMIO');
    await nextExit(client);
    const details = async () => (await client.request('exceptionInfo', thread)).details.stackTrace as string;
    assert.match(await details(), /^answers: emulate, complete, inject-dabt, resume, terminate$/m);
    await say(client, 'complete 3');
    assert.match(await details(), /^answered by hand: complete$/m);
    assert.match(await details(), /^data = 0x3$/m);
    await client.request('disconnect');
  });
});

describe('SErrors', () => {
  const masked = `
        movz    x1, #0
_start: adr     x0, vectors
        msr     vbar_el1, x0
        isb
spin:   add     x1, x1, #1
        nop
        msr     daifclr, #4
        b       .
${vectors}`;

  it('pending while PSTATE.A masks it, taken once that is clear, with the syndrome that was asked for', async () => {
    const client = await machineSession(masked, { cpu: 'neoverse-n1' });
    assert.match(
      await say(client, 'inject serror aet=UER dfsc=0x11 ea=1'),
      /SError pending until PSTATE\.A lets it be taken: HCR_EL2\.VSE = 1, VSESR_EL2 = 0xe11$/,
    );
    for (let i = 0; i < 8; i++) {
      await client.request('stepIn', thread);
      await client.event('stopped');
    }
    assert.deepEqual(await registers(client, 'pc', 'esr_el1'), ['0x40080b80', '0xbe000e11']);
    await client.request('disconnect');
  });

  it('without a syndrome: IDS alone', async () => {
    const client = await machineSession(masked, { cpu: 'neoverse-n1' });
    await say(client, 'inject serror');
    assert.deepEqual(await registers(client, 'vsesr_el2'), ['0x1000000']);
    await client.request('disconnect');
  });

  it('a syndrome needs FEAT_RAS: -EINVAL, and nothing changes', async () => {
    const client = await machineSession(masked);
    assert.match(await refusal(client, 'inject serror aet=UC'), /KVM_SET_VCPU_EVENTS.*-EINVAL/);
    assert.deepEqual(await registers(client, 'hcr_el2.VSE'), ['0x0']);
    await client.request('disconnect');
  });
});

describe('what cannot be done says what to do', () => {
  it('in the Debug Console', async () => {
    const client = await session('MMIO');
    const rows = [
      ['inject dabt', /^vCPU 0 is not stopped at an exit: switch on a filter such as KVM_EXIT_MMIO and continue$/],
      ['complete 1', /not stopped at an exit/],
      ['inject what', /inject what\? dabt, iabt or serror, not "what"/],
      ['inject dabt now', /takes only "anyway", not "now"/],
      ['inject serror aet=BAD', /AET of an SError is a number of 3 bits or UC, UEU, UEO, UER, CE, not "BAD"/],
      ['inject serror colour=1', /no field "colour" to choose: AET, DFSC, EA, IESB/],
      ['inject serror loudly', /"loudly" is no field of an SError/],
      ['inject serror iss=0x2000000', /ISS has 25 bits/],
      ['inject serror iss=1 ea=1', /leave the fields out/],
      ['complete 1 +', /column 4: expected a value, found the end/],
      ['resume now', /resume takes nothing, not "now"/],
    ] as const;
    for (const [line, why] of rows) assert.match(await refusal(client, line), why, line);
    await nextExit(client);
    assert.match(await refusal(client, 'complete'), /the load needs a value of 4 bytes/);
    assert.match(await refusal(client, 'complete 0x100000000'), /does not fit into the 4 bytes/);
    assert.match(
      await refusal(client, 'inject iabt'),
      /inject-iabt is no answer to KVM_EXIT_MMIO: emulate, complete, inject-dabt, resume, terminate are/,
    );
    await say(client, 'complete 1');
    assert.match(await refusal(client, 'complete 2'), /the exit has been answered already \(complete\): continue or step/);
    await client.request('disconnect');
  });

  it('an abort anyway: the programming error that KVM does not notice', async () => {
    const client = await session('MMIO');
    await nextExit(client);
    await nextExit(client);
    await client.request('setExceptionBreakpoints', { filters: [] });
    await client.request('stepIn', thread);
    await client.event('stopped');
    // The address is that of the last abort, however long ago that was.
    assert.match(await say(client, 'inject dabt anyway'), /ESR_EL1 = 0x96000010, FAR_EL1 = 0x9000018, ELR_EL1 = 0x40080018/);
    await client.request('disconnect');
  });

  it('over the protocol: kvmArm64.intervene, kvmArm64.exitAnswers', async () => {
    const client = await session('MMIO');
    assert.deepEqual(await client.request('kvmArm64.exitAnswers', thread), { answers: [] });
    assert.match(await client.refusal('kvmArm64.intervene', {}), /"command" must be a string/);
    assert.match(await client.refusal('kvmArm64.intervene', { command: 'fly' }), /"fly" is no command/);
    assert.match(await client.refusal('kvmArm64.intervene', { command: 'resume', threadId: 2 }), /there is no thread 2/);
    await nextExit(client);
    const { exit, summary, write, answers } = await client.request('kvmArm64.exitAnswers', thread);
    assert.deepEqual([exit, summary, write], ['KVM_EXIT_MMIO', 'read of 4 bytes at 0x9000018', false]);
    assert.deepEqual(answers[1], {
      answer: 'complete',
      title: 'complete the access without a device: a load gets a value, a store is dropped',
    });
    const { account } = await client.request('kvmArm64.intervene', { command: 'complete 1', threadId: 1 });
    assert.equal(client.output.at(-1), `${account}\n`);
    assert.deepEqual((await client.request('kvmArm64.exitAnswers', thread)).answers, []);
    await client.request('disconnect');
  });

  it('completions: commands where the line begins, then their words', async () => {
    const client = await session();
    const labels = async (text: string): Promise<string[]> =>
      (await client.request('completions', { text, column: text.length + 1 })).targets.map((t: { label: string }) => t.label);
    assert.ok((await labels('inj')).includes('inject'));
    assert.deepEqual((await labels('inject se')).slice(0, 1), ['serror']);
    assert.ok((await labels('inject serror ae')).includes('aet=UER'));
    assert.ok(!(await labels('1 + inj')).includes('inject'));
    await client.request('disconnect');
  });
});
