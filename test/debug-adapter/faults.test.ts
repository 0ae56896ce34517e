import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { Client } from './client.ts';
import { machineSession, power } from './machine-session.ts';

const folder = mkdtempSync(join(tmpdir(), 'faults-'));
after(() => rmSync(folder, { recursive: true }));
const thread = { threadId: 1 };

/** Reads `bad` for ever, through a load and through a fetch; exceptions come back to the next instruction, and x20 keeps ESR_EL1 of the last, x21 counts. */
const guest = `
_start: adr     x0, vectors
        msr     vbar_el1, x0
        isb
        msr     daifclr, #4
        adr     x9, bad
again:  mov     x2, #0
load:   ldr     x2, [x9]
        b       next
        .balign 64
next:   add     x3, x3, #1
        b       again
        .balign 2048
vectors:
        .space  0x200
sync:   mrs     x20, esr_el1
        mrs     x22, far_el1
        add     x21, x21, #1
        mrs     x10, elr_el1
        add     x10, x10, #4
        msr     elr_el1, x10
        eret
        .balign 128
        .space  0x100
serror: mrs     x20, esr_el1
        b       .
        .balign 64
bad:    .quad   0x1234
        .balign 64
        ${power}`;

const ras = { cpu: 'neoverse-n1' };
const say = async (client: Client, expression: string): Promise<string> =>
  (await client.request('evaluate', { expression, context: 'repl' })).result;
const value = async (client: Client, expression: string): Promise<string> =>
  `0x${BigInt(await say(client, `${expression},x`)).toString(16)}`;

async function resumed(client: Client): Promise<{ readonly description?: string; readonly text?: string; readonly reason: string }> {
  await client.request('continue', thread);
  return client.event('stopped');
}

const SEA = 'exit:KVM_EXIT_ARM_SEA';

describe('poison by hand', () => {
  it('a load of bad memory is KVM_EXIT_ARM_SEA; inject answers it with the abort that fits', async () => {
    const client = await machineSession(guest, { ...ras, filters: [SEA] });
    assert.match(
      await say(client, 'poison bad bytes=8 data once'),
      /^vCPU 0, after 0 instructions: poison #1: va:0x[0-9a-f]+\+8 data once UER$/,
    );
    assert.match(await say(client, 'poisoned'), /^#1 va:0x[0-9a-f]+\+8 data once UER: consumed 0 times$/);
    const stop = await resumed(client);
    assert.equal(stop.description, 'Paused on KVM_EXIT_ARM_SEA');
    assert.match(stop.text!, /^external abort, ESR 0x92000010, gva 0x[0-9a-f]+, gpa 0x[0-9a-f]+000$/);
    assert.equal(await say(client, 'poisoned'), 'no memory is poisoned', 'once is over');
    assert.equal(await value(client, 'gva == bad'), '0x1');
    assert.match(
      await say(client, 'inject'),
      /external abort injected: ESR_EL1 = 0x96000010, FAR_EL1 = 0x[0-9a-f]+, ELR_EL1 = 0x[0-9a-f]+, SPSR_EL1 = 0x/,
    );
    assert.equal(await value(client, 'far_el1 == bad && elr_el1 == load && pc == sync'), '0x1');
    await client.request('disconnect');
  });

  it('resume: the guest consumes the error again, and time goes on; unpoison lets it through', async () => {
    const client = await machineSession(guest, { ...ras, filters: [SEA] });
    await say(client, 'poison ipa:0x40080a40+8');
    await say(client, 'poison bad');
    assert.match(await say(client, 'unpoison 1'), /poison #1 is good again/);
    await resumed(client);
    await say(client, 'resume');
    assert.equal((await resumed(client)).description, 'Paused on KVM_EXIT_ARM_SEA');
    assert.match(await say(client, 'poisoned'), /^#2 .*consumed 2 times$/);
    assert.match(await say(client, 'unpoison all'), /1 poisoned range is good again/);
    await say(client, 'resume');
    await client.request('next', thread);
    await client.event('stopped');
    assert.equal(await value(client, 'x2'), '0x1234');
    await client.request('disconnect');
  });

  it('a fetch of bad memory: inject builds an instruction abort by hand in the merged kernel, by ext_iabt_pending in the proposed', async () => {
    for (const kernelProfile of ['merged', 'proposed']) {
      const client = await machineSession(guest, { ...ras, kernelProfile, filters: [SEA] });
      await say(client, 'poison next instruction');
      assert.match((await resumed(client)).text!, /^external abort, ESR 0x82000010/);
      await say(client, 'inject');
      await client.request('stepIn', thread);
      await client.event('stopped');
      assert.equal(await value(client, 'far_el1 == next && elr_el1 == next'), '0x1', kernelProfile);
      assert.equal(await value(client, 'esr_el1'), '0x86000010', kernelProfile);
      await client.request('disconnect');
    }
  });

  it('what cannot be poisoned says why', async () => {
    const client = await machineSession(guest, ras);
    const rows = [
      ['poison', /poison what\?/],
      ['poison ipa:0x9000000+4', /ipa:0x9000000 is no memory: it cannot be poisoned/],
      ['poison nothing', /no register or symbol is called "nothing"/],
      ['poison bad bytes=0', /1 to \d+ bytes can be poisoned, not 0/],
      ['unpoison', /unpoison which\? The number that "poisoned" lists, or all/],
      ['unpoison 7', /there is no poison #7/],
    ] as const;
    for (const [line, why] of rows) assert.match(await client.refusal('evaluate', { expression: line, context: 'repl' }), why, line);
    await client.request('disconnect');
  });

  it('injection into a running guest is answered with its instruction count, and a script repeats it exactly', async () => {
    const client = await machineSession(guest, { ...ras, stopOnEntry: false });
    const executed = async () => Number(/^[0-9]+/.exec(await say(client, 'stats'))![0]);
    while ((await executed()) < 1000) await new Promise((resolve) => setTimeout(resolve, 5));
    const { account } = await client.request('kvmArm64.intervene', { command: 'inject serror aet=UEO', threadId: 1 });
    const [, count] = /^vCPU 0, after ([0-9]+) instructions: SError injected/.exec(account)!;
    await client.request('pause', thread);
    await client.event('stopped');
    assert.equal(await value(client, 'esr_el1'), '0xbe000800');
    const loops = await value(client, 'x3');
    await client.request('disconnect');
    const again = await machineSession(guest, {
      ...ras,
      script: [{ at: { instructions: Number(count) }, do: ['inject serror aet=UEO', 'stop'] }],
    });
    assert.equal((await resumed(again)).reason, 'pause');
    assert.equal(await value(again, 'x3'), loops);
    assert.match(await say(again, 'stats'), new RegExp(`^${count} instructions`));
    await again.request('disconnect');
  });
});

describe('the launch configuration', () => {
  it('poison, and a policy for an exit', async () => {
    const client = await machineSession(guest, { ...ras, poison: ['bad data'], onExit: { ARM_SEA: 'terminate' } });
    const stop = await resumed(client);
    assert.match(stop.text!, /^user space ended the machine at KVM_EXIT_ARM_SEA: external abort, ESR 0x92000010/);
    await client.request('disconnect');
  });

  it('by itself user space injects the abort that fits', async () => {
    const client = await machineSession(guest, { ...ras, poison: ['bad'] });
    await client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'next' }] });
    await resumed(client);
    assert.deepEqual(
      [await value(client, 'x20'), await value(client, 'x21'), await value(client, 'x22 == bad')],
      ['0x96000010', '0x1', '0x1'],
    );
    await client.request('disconnect');
  });

  it('stop: at every such exit, without any filter; going on does what user space does by itself', async () => {
    const client = await machineSession(guest, { ...ras, poison: ['bad'], onExit: { ARM_SEA: 'stop' } });
    assert.equal((await resumed(client)).description, 'Paused on KVM_EXIT_ARM_SEA');
    assert.equal((await resumed(client)).description, 'Paused on KVM_EXIT_ARM_SEA');
    assert.equal(await value(client, 'x21'), '0x1');
    await client.request('disconnect');
  });

  it('without the capability there is no exit but an SError', async () => {
    const client = await machineSession(guest, {
      ...ras,
      poison: ['bad'],
      capabilities: ['ARM_NISV_TO_USER'],
      filters: [SEA, 'exception:serror'],
    });
    assert.equal((await resumed(client)).description, 'Paused on guest exception: serror');
    assert.equal(await value(client, 'esr'), '0xbf000000');
    await client.request('disconnect');
  });

  it('what is wrong is named', async () => {
    const rows = [
      [{ poison: ['ipa:0x0+8'] }, /poison\[0\]: ipa:0x0 is no memory/],
      [{ poison: 'bad' }, /"poison" must be a list/],
      [
        { onExit: { ARM_SEA: 'ignore' } },
        /"onExit\.ARM_SEA" must be inject, inject-dabt, inject-iabt, inject-serror, resume, terminate, stop, not "ignore"/,
      ],
      [{ onExit: { MIO: 'resume' } }, /unknown field "onExit\.MIO" \(did you mean "onExit\.MMIO"\?\)/],
      [{ capabilities: ['ARM_MTE'] }, /"capabilities" can hold ARM_NISV_TO_USER, ARM_SEA_TO_USER, not "ARM_MTE"/],
      [{ script: join(folder, 'none.jsonl') }, /none\.jsonl: there is no such file/],
    ] as const;
    for (const [configuration, why] of rows) await assert.rejects(machineSession(guest, configuration), why);
  });
});

describe('a script', () => {
  const sea = { at: { exit: 'ARM_SEA', count: 2 }, do: 'resume' };

  it('poisons at a symbol, answers the second exit, stops at an instruction count', async () => {
    const script = [
      { at: { symbol: 'again', count: 3, if: 'x3 > 0' }, do: 'poison bad data' },
      sea,
      { at: { exit: 'ARM_SEA', count: 3, if: 'gva == bad' }, do: ['unpoison all', 'inject serror iss=0x11'] },
      { at: { instructions: 60 }, do: 'stop' },
    ];
    const client = await machineSession(guest, { ...ras, script });
    assert.equal((await resumed(client)).reason, 'pause');
    assert.match(await say(client, 'stats'), /^60 instructions/);
    const told = client.output.filter((line) => line.startsWith('script'));
    assert.match(told[0]!, /^script, vCPU 0, after \d+ instructions: poison #1: va:0x[0-9a-f]+\+1 data UER\n$/);
    assert.match(told[1]!, /KVM_RUN goes on with kvm_run as it is/);
    assert.match(told[2]!, /1 poisoned range is good again/);
    assert.match(told[3]!, /SError injected: ESR_EL1 = 0xbe000011/);
    assert.equal(told.length, 4);
    assert.deepEqual([await value(client, 'x20'), await value(client, 'x21')], ['0xbe000011', '0x1'], 'one abort, then the SError');
    await client.request('disconnect');
  });

  it('from a file, a step a line', async () => {
    const script = join(folder, 'steps.jsonl');
    writeFileSync(
      script,
      '# poisoned before the load\n{"at": {"symbol": "load"}, "do": "poison x9 once"}\n\n{"at": {"exit": "ARM_SEA"}, "do": "inject dabt"}\n',
    );
    const client = await machineSession(guest, { ...ras, script, filters: [SEA] });
    await resumed(client);
    await client.request('next', thread);
    await client.event('stopped');
    assert.equal(await value(client, 'esr_el1'), '0x96000010');
    await client.request('disconnect');
  });

  it('the person goes first: an exit answered by hand is not answered again', async () => {
    const script = [{ at: { exit: 'ARM_SEA' }, do: 'terminate' }];
    const client = await machineSession(guest, { ...ras, script, poison: ['bad once'], filters: [SEA] });
    await resumed(client);
    await say(client, 'resume');
    await client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'next' }] });
    assert.equal((await resumed(client)).reason, 'breakpoint');
    await client.request('disconnect');
  });

  it('what cannot be done ends the run, saying which step', async () => {
    const script = [{ at: { symbol: 'load' }, do: 'inject dabt' }];
    const client = await machineSession(guest, { ...ras, script });
    assert.match((await resumed(client)).text!, /^script: "inject dabt" cannot be done: vCPU 0 is not stopped at an exit/);
    await client.request('disconnect');
  });

  it('what is written wrongly is named with its place', async () => {
    const rows = [
      [[{ at: { exit: 'MMIO' } }], /script\[0\]: "do" must be a command or a list of commands/],
      [[sea, { at: {}, do: 'resume' }], /script\[1\]: "at" needs one of instructions, symbol and exit/],
      [[{ at: { exit: 'MMIO' }, do: 'fly' }], /script\[0\]: "fly" is no command/],
      [[{ at: { exit: 'INTR' }, do: 'resume' }], /"script\[0\]\.at\.exit" must be MMIO, ARM_NISV, ARM_SEA, ARM_LDST64B, not "INTR"/],
      [[{ at: { symbol: 'nowhere' }, do: 'resume' }], /script\[0\]: .*"nowhere"/],
      [[{ at: { instructions: -1 }, do: 'stop' }], /"instructions" must be a whole number, not -1/],
      [[{ at: { exit: 'MMIO' }, do: 'stop' }], /"stop" at an exit: use "onExit" or a filter/],
      [[{ at: { exit: 'MMIO' }, do: 'resume', vcpu: 4 }], /"vcpu" must be 0 to 0, not 4/],
    ] as const;
    for (const [script, why] of rows) await assert.rejects(machineSession(guest, { script }), why);
    const file = join(folder, 'wrong.jsonl');
    writeFileSync(file, '\n{"at"\n');
    await assert.rejects(machineSession(guest, { script: file }), /wrong\.jsonl:2: no JSON/);
  });
});
