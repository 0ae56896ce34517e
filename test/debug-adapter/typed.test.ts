/** Typed inspection of a kernel that comes as a bare Image: its BTF is all that tells of types. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { guestFiles, skipWithout, skipWithoutLinux } from '../guests/guests.ts';
import { Client } from './client.ts';
import { startServer } from './server.ts';

const { kernels, reference } = guestFiles();
const { image: kernel, systemMap: symbols } = kernels['6.1'];
const thread = { threadId: 1 };

describe('structures of a kernel without debug information', {
  skip: skipWithoutLinux('6.1') || skipWithout(symbols),
  timeout: 300_000,
}, () => {
  it('the first task, by casts, members and rows', async () => {
    const server = startServer();
    try {
      const client = new Client(server.line);
      await client.launch(
        { kernel, initrd: reference, append: 'console=ttyAMA0', symbols },
        () => client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'kernel_init' }] }),
        { supportsVariableType: true, supportsMemoryReferences: true },
      );
      await client.event('stopped');
      await client.request('continue', thread);
      assert.equal((await client.event('stopped')).reason, 'breakpoint');

      const evaluate = (expression: string) => client.request('evaluate', { expression, context: 'watch' });
      const result = async (expression: string): Promise<string> => (await evaluate(expression)).result;
      const rows = async (reference: number): Promise<any[]> =>
        (await client.request('variables', { variablesReference: reference })).variables;
      const task = '((struct task_struct *)SP_EL0)';

      assert.equal(await result(`${task}->comm`), '"swapper/0"');
      assert.equal(await result(`${task}->pid`), '0x1');
      assert.equal(await result(`${task}->real_parent->pid`), '0x0');
      assert.equal(await result(`${task}->real_parent->tasks.next->prev == &(${task}->real_parent->tasks)`), '0x1');
      assert.equal(await result(`${task}->group_leader == SP_EL0`), '0x1');
      assert.match(await result(`${task}->restart_block.fn`), /^0xffff[0-9a-f]{12} <do_no_restart_syscall>$/);
      // container_of, as a person types it.
      const offset = await result('&((struct task_struct *)0)->tasks');
      assert.equal(await result(`((struct task_struct *)((u64)${task}->real_parent->tasks.next - ${offset}))->comm`), '"swapper/0"');

      const opened = await evaluate(`*${task}`);
      assert.equal(opened.type, 'struct task_struct');
      const members = await rows(opened.variablesReference);
      const row = (name: string) => members.find((m) => m.name === name);
      assert.ok(members.length > 150);
      assert.deepEqual([row('comm').value, row('comm').type], ['"swapper/0"', 'char [16]']);
      assert.equal(row('pid').value, '0x1');
      assert.equal(row('sched_contributes_to_load').type, 'unsigned int');
      assert.equal(await result(row('comm').evaluateName), '"swapper/0"');
      const parent = await rows(row('real_parent').variablesReference);
      assert.equal(parent.find((m) => m.name === 'pid').value, '0x0');
      const list = await rows(row('tasks').variablesReference);
      assert.deepEqual(
        list.map((m) => [m.name, m.type]),
        [
          ['next', 'struct list_head *'],
          ['prev', 'struct list_head *'],
        ],
      );
      assert.equal(await result(list[0].evaluateName), list[0].value);
      const comm = await rows(row('comm').variablesReference);
      assert.deepEqual(
        comm.slice(0, 2).map((m) => [m.name, m.value]),
        [
          ['[0]', "0x73 's'"],
          ['[1]', "0x77 'w'"],
        ],
      );

      // Changes: a whole member, a bit-field beside others, a name.
      const before = await result(`${task}->in_execve`);
      await client.request('setVariable', { variablesReference: opened.variablesReference, name: 'in_iowait', value: '1' });
      assert.equal(await result(`${task}->in_iowait`), '0x1');
      assert.equal(await result(`${task}->in_execve`), before);
      assert.match(
        await client.refusal('setVariable', { variablesReference: opened.variablesReference, name: 'in_iowait', value: '2' }),
        /1 bits/,
      );
      await client.request('evaluate', { expression: `${task}->static_prio = 121`, context: 'repl' });
      assert.equal(await result(`${task}->static_prio,d`), '121');

      const wild = await rows((await evaluate('*(struct task_struct *)8')).variablesReference);
      assert.equal(wild.find((m) => m.name === 'pid').value, 'cannot be read');
      assert.match(
        await client.refusal('evaluate', { expression: '((struct task_struct *)8)->pid', context: 'watch' }),
        /read|memory|map/i,
      );
      assert.match(await client.refusal('evaluate', { expression: `${task}->nothing`, context: 'watch' }), /no member "nothing"/);

      // A condition is lowered to reads: it runs where the guest runs.
      const { breakpoints } = await client.request('setFunctionBreakpoints', {
        breakpoints: [{ name: '__arm64_sys_newuname', condition: `${task}->pid > 1 && ${task}->comm[0] == 'b'` }],
      });
      assert.ok(breakpoints[0].verified);
      await client.request('continue', thread);
      assert.equal((await client.event('stopped')).reason, 'breakpoint');
      assert.equal(await result(`${task}->comm`), '"busybox"');
      await client.request('disconnect');
    } finally {
      server.kill();
    }
  });
});
