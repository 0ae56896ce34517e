import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { guestFiles, skipWithout, skipWithoutLinux } from '../guests/guests.ts';
import { Client } from './client.ts';
import { startServer } from './server.ts';

const { kernels, reference, shell } = guestFiles();
const { image: kernel, systemMap: symbols } = kernels['6.1'];
const skip = skipWithoutLinux('6.1') || skipWithout(symbols);
const thread = { threadId: 1 };

async function withServer(session: (client: Client) => Promise<void>): Promise<void> {
  const server = startServer();
  try {
    await session(new Client(server.line));
  } finally {
    server.kill();
  }
}

const frames = async (client: Client): Promise<string[]> =>
  (await client.request('stackTrace', thread)).stackFrames.map((f: { name: string }) => f.name.replace(/\+0x.*/, ''));

/** Instructions executed so far. */
async function instructions(client: Client): Promise<number> {
  const { result } = await client.request('evaluate', { expression: 'stats', context: 'repl' });
  return Number(/^(\d+) instructions/.exec(result)![1]);
}

describe('debugging Linux', { skip, timeout: 300_000 }, () => {
  for (const append of ['console=ttyAMA0 nokaslr', 'console=ttyAMA0']) {
    it(`functions, stacks and symbols from before the MMU is on, ${append.endsWith('nokaslr') ? 'at link addresses' : 'moved by KASLR'}`, () =>
      withServer(async (client) => {
        await client.launch({ kernel, initrd: reference, append, symbols }, async () => {
          const names = ['primary_entry', 'start_kernel', 'kernel_init', '__arm64_sys_newuname'];
          const { breakpoints } = await client.request('setFunctionBreakpoints', { breakpoints: names.map((name) => ({ name })) });
          for (const { verified, instructionReference } of breakpoints) assert.ok(verified && instructionReference.startsWith('ipa:'));
        });
        await client.event('stopped');
        const stops: readonly (readonly string[])[] = [
          ['primary_entry'],
          ['start_kernel', '__primary_switched'],
          ['kernel_init', 'ret_from_fork'],
          [
            '__arm64_sys_newuname',
            'invoke_syscall',
            'el0_svc_common.constprop.0',
            'do_el0_svc',
            'el0_svc',
            'el0t_64_sync_handler',
            'el0t_64_sync',
          ],
        ];
        for (const expected of stops) {
          await client.request('continue', thread);
          assert.equal((await client.event('stopped')).reason, 'breakpoint');
          assert.deepEqual(await frames(client), expected);
        }
        await client.request('stepOut', thread);
        await client.event('stopped');
        assert.equal((await frames(client))[0], 'invoke_syscall');
        // A virtual breakpoint, by the symbol's address at run time.
        const { result } = await client.request('evaluate', { expression: '&do_el0_svc', context: 'watch' });
        assert.match(result, /<do_el0_svc>/);
        await client.request('setFunctionBreakpoints', { breakpoints: [] });
        await client.request('setInstructionBreakpoints', { breakpoints: [{ instructionReference: result.split(' ')[0] }] });
        await client.request('continue', thread);
        await client.event('stopped');
        assert.equal((await frames(client))[0], 'do_el0_svc');
        await client.request('disconnect');
      }));
  }

  it('stops and false conditions change nothing for the guest: the same instruction count', async () => {
    const count = (breakpoints: readonly object[]): Promise<number> =>
      new Promise((resolve, reject) => {
        void withServer(async (client) => {
          await client.launch({ kernel, initrd: reference, append: 'console=ttyAMA0 nokaslr', symbols, stopOnEntry: false }, () =>
            client.request('setFunctionBreakpoints', { breakpoints: [...breakpoints, { name: 'kernel_init' }] }),
          );
          for (;;) {
            await client.event('stopped');
            if ((await frames(client))[0] === 'kernel_init') break;
            await client.request('continue', thread);
          }
          resolve(await instructions(client));
        }).catch(reject);
      });
    const plain = await count([]);
    assert.equal(
      await count([{ name: 'start_kernel' }, { name: 'kmem_cache_alloc', condition: 'x0 == 1' }, { name: 'setup_arch' }]),
      plain,
    );
  });

  it('a shell that takes keystrokes, and a guest exception of its user space', () =>
    withServer(async (client) => {
      await client.launch({ kernel, initrd: shell, append: 'console=ttyAMA0 nokaslr', symbols, stopOnEntry: false });
      const shown = async (text: string): Promise<void> => {
        while (!client.output.join('').includes(text)) await client.event('output');
      };
      await shown('guest#');
      await client.request('kvmArm64.input', { text: 'echo $((6 * 7)) answers\n' });
      await shown('42 answers');
      await client.request('setExceptionBreakpoints', {
        filters: [],
        filterOptions: [{ filterId: 'exception:svc', condition: 'x8 == 160' }],
      });
      await client.request('kvmArm64.input', { text: 'uname -m\n' });
      assert.equal((await client.event('stopped')).reason, 'exception');
      assert.match((await client.request('exceptionInfo', thread)).details.stackTrace, /EC = 0x15/);
      await client.request('setExceptionBreakpoints', { filters: [] });
      await client.request('continue', thread);
      await shown('aarch64');
      await client.request('disconnect');
    }));
});
