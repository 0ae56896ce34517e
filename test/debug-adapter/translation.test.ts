/** Translation, page tables and memory slots as a client sees them: of a bare-metal guest, and of Linux. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { guestFiles, skipWithout, skipWithoutLinux } from '../guests/guests.ts';
import { Client } from './client.ts';
import { session } from './scripted-session.ts';
import { startServer } from './server.ts';

const tour = fileURLToPath(new URL('./guests/tour.S', import.meta.url));
const thread = { threadId: 1 };

async function withServer(play: (client: Client) => Promise<void>): Promise<void> {
  const server = startServer();
  try {
    await play(new Client(server.line));
  } finally {
    server.kill();
  }
}

/** Rows under a scope, and under rows of it by their names. */
async function rows(client: Client, scope: string, ...path: readonly string[]): Promise<{ name: string; value: string }[]> {
  const [{ id }] = (await client.request('stackTrace', thread)).stackFrames;
  const { scopes } = await client.request('scopes', { frameId: id });
  let reference = scopes.find((s: { name: string }) => s.name === scope).variablesReference;
  for (const name of path) {
    const { variables } = await client.request('variables', { variablesReference: reference });
    reference = variables.find((v: { name: string }) => v.name === name)?.variablesReference;
    assert.ok(reference > 0, `${name} opens: ${variables.map((v: { name: string }) => v.name).join(', ')}`);
  }
  return (await client.request('variables', { variablesReference: reference })).variables;
}

const repl = async (client: Client, expression: string): Promise<string> =>
  (await client.request('evaluate', { expression, context: 'repl' })).result;

describe('translation of a bare-metal guest', { timeout: 120_000 }, () => {
  it('by request, in Variables and in the Debug Console', () =>
    withServer(async (client) => {
      await client.launch({ program: tour, memory: '64M' });
      await client.event('stopped');
      const t = await client.request('kvmArm64.translate', { address: 'va:pc', access: 'fetch' });
      assert.deepEqual([t.space, t.address, t.ipa, t.access], ['va', '0x40080000', '0x40080000', { kind: 'fetch', el: 1, pan: false }]);
      assert.match(t.resolution.text, /^maps 2 MiB from ipa:0x40000000 at this fault \(memory slot 0\), rwx/);
      assert.match(t.text, /stage 1: off \(SCTLR_EL1\.M = 0\): the IPA is the VA/);
      assert.equal((await client.request('kvmArm64.translate', { address: 'ipa:0x40080000' })).space, 'ipa');

      // Once executed, it is mapped.
      await client.request('next', thread);
      await client.event('stopped');
      const s = await client.request('kvmArm64.stage2', { ipa: '0x40080000', access: 'fetch' });
      assert.equal(s.fault, undefined);
      const [table, block] = s.steps;
      assert.deepEqual([table.kind, block.kind, block.level, block.covers], ['table', 'block', 2, 0x20_0000]);
      assert.deepEqual(
        block.fields.find((f: { name: string }) => f.name === 'MemAttr[3:0]'),
        { name: 'MemAttr[3:0]', bits: '5:2', value: '0xf', meaning: 'Normal Write-Back', children: [] },
      );
      assert.equal(s.pa, `0x${(BigInt(block.output) + 0x8_0000n).toString(16)}`);

      const second = await client.request('kvmArm64.pageTables', { tables: 'VTTBR_EL2' });
      assert.deepEqual(
        second.runs.map(({ first, last, rights }: { first: string; last: string; rights: string }) => [first, last, rights]),
        [['0x40000000', '0x401fffff', 'EL1 rwx, EL0 rwx']],
      );
      const first = await client.request('kvmArm64.pageTables', { tables: 'TTBR0_EL1' });
      assert.deepEqual([first.regime.enabled, first.runs], [false, []]);

      const { memslots } = await client.request('kvmArm64.memslots');
      assert.equal(memslots.length, 1);
      assert.deepEqual(
        [memslots[0].guestPhysAddr, memslots[0].memorySize, memslots[0].mapped],
        ['0x40000000', '0x4000000', '2 MiB in 1 × 2 MiB block'],
      );
      assert.match(memslots[0].backings[0].rules.join('\n'), /no check refuses it\nat a fault: .*Normal Write-Back/);

      assert.deepEqual(
        (await rows(client, 'Translation')).map(({ name }) => name),
        ['PC', 'SP', 'TTBR0_EL1 tables', 'TTBR1_EL1 tables', 'VTTBR_EL2 tables'],
      );
      assert.match((await rows(client, 'Translation', 'PC', 'stage 2'))[1]!.value, /^block descriptor 0x0/);
      assert.match((await rows(client, 'Translation', 'VTTBR_EL2 tables'))[1]!.value, /→ pa:0x.*2 MiB blocks at level 2/);
      assert.match((await rows(client, 'VM')).find(({ name }) => name === 'memory slot 0')!.value, /^ipa:0x40000000-0x43ffffff/);

      assert.match(
        await repl(client, 'translate pc fetch el0'),
        /^va:0x40080004 → ipa:0x40080004 → pa:0x[0-9a-f]+\n {2}access: fetch at EL0/,
      );
      assert.match(await repl(client, 'stage2 0x9000000 write'), /KVM: no memory slot has ipa:0x9000000: KVM_EXIT_MMIO to user space/);
      assert.match(await repl(client, 'stage2 0x8000000'), /KVM emulates the interrupt controller/);
      assert.match(await repl(client, 'pagetable stage2'), /^stage 2: VTTBR_EL2.*\n {2}ipa:0x000040000000-0x0000401fffff → pa:/);
      assert.match(await repl(client, 'pagetable'), /stage 1: off.*\nstage 1: off.*\nstage 2: VTTBR_EL2/);
      const completed = async (text: string): Promise<string[]> =>
        (await client.request('completions', { text, column: text.length + 1 })).targets.map(({ label }: { label: string }) => label);
      assert.ok((await completed('trans')).includes('translate'));
      assert.deepEqual((await completed('translate sp wr')).slice(0, 1), ['write']);
      assert.match(await repl(client, 'help'), /\n {2}pagetable \[ttbr0\|ttbr1\|stage2 \[FROM \[TO\]\]\]: translation tables as a map/);
      assert.match(await repl(client, 'memslots'), /^memory slot 0: ipa:0x40000000-0x43ffffff/);
      await client.request('disconnect');
    }));

  it('at an abort, with the stage 2 entry of the fault', () =>
    withServer(async (client) => {
      await client.launch({ program: tour, memory: '64M', stopOnEntry: false }, () =>
        client.request('setExceptionBreakpoints', { filters: ['exit:KVM_EXIT_MMIO'] }),
      );
      await client.event('stopped');
      const { details } = await client.request('exceptionInfo', thread);
      assert.match(
        details.stackTrace,
        /\nFAR_EL2: va:0x9000000 → ipa:0x9000000 ✗ stage 2 translation fault, level 1\n {2}access: write at EL1/,
      );
      assert.match(details.stackTrace, /level 1: invalid descriptor 0x0{16} at pa:0x/);
      assert.ok((await rows(client, 'Translation')).some(({ name }) => name === 'FAR_EL2'));
      await client.request('disconnect');
    }));

  it('mistakes: each gets an answer that says what is wrong', () =>
    withServer(async (client) => {
      assert.match(await client.refusal('kvmArm64.memslots'), /no guest has been launched/);
      await client.launch({ program: tour, memory: '64M' });
      await client.event('stopped');
      const refused = (command: string, args: object): Promise<string> => client.refusal(`kvmArm64.${command}`, args);
      assert.match(await refused('translate', {}), /"address" must be a string/);
      assert.match(await refused('translate', { address: 'pa:0' }), /a physical address is not translated/);
      assert.match(await refused('translate', { address: 'va:' }), /there is no address/);
      assert.match(await refused('translate', { address: 'nope' }), /no register or symbol is called "nope"/);
      assert.match(await refused('translate', { address: 'pc', access: 'dance' }), /read, write or fetch/);
      assert.match(await refused('translate', { address: 'pc', el: 3 }), /"el3"/);
      assert.match(await refused('translate', { address: 'pc', threadId: 9 }), /no thread 9/);
      assert.match(await refused('stage2', { ipa: 7 }), /"ipa" must be a string/);
      assert.match(await refused('pageTables', { tables: 'TTBR0_EL2' }), /must be one of TTBR0_EL1, TTBR1_EL1, VTTBR_EL2/);
      assert.match(await refused('pageTables', { tables: 'VTTBR_EL2', limit: 0 }), /"limit" must be a whole number/);
      assert.match(await refused('pageTables', { tables: 'VTTBR_EL2', from: 'va:0' }), /must be one of the ipa: space/);
      const wrong = (expression: string): Promise<string> => client.refusal('evaluate', { expression, context: 'repl' });
      assert.match(await wrong('translate'), /there is no address: translate ADDRESS/);
      assert.match(await wrong('stage2'), /there is no address: stage2 IPA/);
      assert.match(await wrong('stage2 va:0'), /must be one of the ipa: space/);
      assert.match(await wrong('pagetable ttbr2'), /there is no "ttbr2"/);
      await client.request('disconnect');
    }));

  it('a machine without slots', async () => {
    const { client } = session();
    await client.launch({ kernel: tour });
    await client.event('stopped');
    assert.equal(await repl(client, 'memslots'), 'the VM has no memory slots');
  });
});

const { kernels, reference } = guestFiles();
const { image: kernel, systemMap: symbols } = kernels['6.1'];

describe('translation of Linux', { skip: skipWithoutLinux('6.1') || skipWithout(symbols), timeout: 120_000 }, () => {
  it('kernel text, linear map, vmemmap, user stack and a device: translations, maps and memory agree', () =>
    withServer(async (client) => {
      await client.launch({ kernel, initrd: reference, append: 'console=ttyAMA0 nokaslr', symbols, stopOnEntry: false }, () =>
        client.request('setFunctionBreakpoints', { breakpoints: [{ name: '__arm64_sys_newuname' }] }),
      );
      await client.event('stopped');
      const translated = (address: string, access = 'read', el?: number) =>
        client.request('kvmArm64.translate', { address, access, ...(el === undefined ? {} : { el }) });
      const bytes = async (memoryReference: string) => (await client.request('readMemory', { memoryReference, count: 64 })).data;
      const sameMemory = async (t: { address: string; ipa: string; pa: string }): Promise<void> => {
        const data = await bytes(`va:${t.address}`);
        assert.ok(data.length > 80);
        assert.equal(await bytes(`ipa:${t.ipa}`), data);
        assert.equal(await bytes(`pa:${t.pa}`), data);
      };

      const text = await translated('pc', 'fetch');
      assert.deepEqual([text.rights, text.stage1.global, text.fault], ['EL1 r-x, EL0 ---', true, undefined]);
      assert.equal(text.combined.type, 'Normal Write-Back read-allocate write-allocate');
      await sameMemory(text);
      assert.match((await translated('pc', 'write')).fault.rule, /^EL1 write is needed, stage 1 gives EL1 r-x/);

      // PAGE_OFFSET is where memory begins.
      const alias = await translated(`0xffff000000000000 + ${text.ipa} - 0x40000000`);
      assert.deepEqual([alias.ipa, alias.pa, alias.rights], [text.ipa, text.pa, 'EL1 r--, EL0 ---']);
      await sameMemory(alias);

      const pages = await translated('0xfffffc0000000000', 'write');
      assert.deepEqual([pages.rights, pages.fault, pages.combined.shareability], ['EL1 rw-, EL0 ---', undefined, 'Inner Shareable']);
      await sameMemory(pages);

      // struct pt_regs: SP of user space behind x0 to x30.
      const stack = await translated('*(u64*)(x0 + 248)', 'write', 0);
      assert.deepEqual([stack.rights, stack.stage1.global, stack.fault], ['EL1 rw-, EL0 rw-', false, undefined]);
      await sameMemory(stack);
      assert.match((await translated('*(u64*)(x0 + 248)', 'fetch', 0)).fault.text, /stage 1 permission fault, level 3/);

      type Run = { first: string; last: string; output: string; scattered?: boolean; rights: string; type: string };
      const all = async (tables: string): Promise<Run[]> => {
        const runs: Run[] = [];
        for (let from: string | undefined = tables === 'TTBR1_EL1' ? '0xffff000000000000' : '0'; from !== undefined; ) {
          const map: { runs: Run[]; next?: string } = await client.request('kvmArm64.pageTables', { tables, from });
          runs.push(...map.runs);
          from = map.next;
        }
        return runs;
      };
      const [upper, lower, second] = [await all('TTBR1_EL1'), await all('TTBR0_EL1'), await all('VTTBR_EL2')];
      const find = (runs: Run[], address: string): Run => {
        const found = runs.filter(({ first, last }) => BigInt(first) <= BigInt(address) && BigInt(address) <= BigInt(last));
        assert.equal(found.length, 1, address);
        return found[0]!;
      };
      for (const [t, runs] of [
        [text, upper],
        [alias, upper],
        [pages, upper],
        [stack, lower],
      ] as const) {
        const run = find(runs, t.address);
        assert.equal(run.rights, t.stage1.rights);
        if (!run.scattered) assert.equal(BigInt(run.output) + BigInt(t.address) - BigInt(run.first), BigInt(t.ipa));
        const behind = find(second, t.ipa);
        if (!behind.scattered) assert.equal(BigInt(behind.output) + BigInt(t.ipa) - BigInt(behind.first), BigInt(t.pa));
      }

      const uart = upper.find(({ output }) => output === '0x9000000')!;
      assert.equal(uart.type, 'Device-nGnRE');
      const device = await translated(uart.first, 'write');
      assert.deepEqual([device.ipa, device.pa, device.fault.stage], ['0x9000000', undefined, 2]);
      assert.match(device.resolution.text, /KVM_EXIT_MMIO/);

      // The next page fault of user space.
      await client.request('setFunctionBreakpoints', { breakpoints: [] });
      await client.request('setExceptionBreakpoints', {
        filters: [],
        filterOptions: [{ filterId: 'exception:data-abort', condition: 'esr.EC == 0x24' }],
      });
      await client.request('continue', thread);
      await client.event('stopped');
      const { details } = await client.request('exceptionInfo', thread);
      const [, level] = /DFSC = 0x[0-9a-f]+ \((?:translation|permission|access flag) fault, level ([0-3])\)/.exec(details.stackTrace)!;
      assert.match(
        details.stackTrace,
        new RegExp(`\\nFAR_EL1: va:0x[0-9a-f]+.* ✗ stage 1 .* fault, level ${level}\\n  access: (read|write) at EL0\\n`),
      );
      await client.request('disconnect');
    }));
});
