import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { guestFiles, skipWithoutLinux } from '../guests/guests.ts';
import { Client } from './client.ts';
import { startServer } from './server.ts';

const { kernels, reference } = guestFiles();
const { image: kernel } = kernels['6.1'];
const thread = { threadId: 1 };
const LINE = /^Image: [0-9]{2},[0-9]{3} symbols from the kernel.s own kallsyms\n$/;

describe('a bare Image without "symbols"', { skip: skipWithoutLinux('6.1'), timeout: 300_000 }, () => {
  for (const append of ['console=ttyAMA0 nokaslr', 'console=ttyAMA0']) {
    it(`names in breakpoints, stacks, disassembly and expressions, ${append.endsWith('nokaslr') ? 'at link addresses' : 'moved by KASLR'}`, async () => {
      const server = startServer();
      try {
        const client = new Client(server.line);
        await client.launch({ kernel, initrd: reference, append }, async () => {
          const { breakpoints } = await client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'start_kernel' }] });
          assert.ok(breakpoints[0].verified && breakpoints[0].instructionReference.startsWith('ipa:'));
        });
        assert.equal(client.output.filter((line) => LINE.test(line)).length, 1);
        await client.event('stopped');
        await client.request('continue', thread);
        assert.equal((await client.event('stopped')).reason, 'breakpoint');
        const { stackFrames } = await client.request('stackTrace', thread);
        assert.deepEqual(
          stackFrames.map(({ name }: { name: string }) => name.replace(/\+0x.*/, '')),
          ['start_kernel', '__primary_switched'],
        );
        const { instructions } = await client.request('disassemble', {
          memoryReference: stackFrames[0].instructionPointerReference,
          instructionCount: 40,
        });
        assert.ok(instructions.some(({ instruction }: { instruction: string }) => /\bbl\b.*<\w+>/.test(instruction)));
        assert.match((await client.request('evaluate', { expression: '&start_kernel', context: 'watch' })).result, /<start_kernel>/);
        assert.match((await client.request('evaluate', { expression: '&do_el0_svc', context: 'watch' })).result, /<do_el0_svc>/);
        await client.request('disconnect');
      } finally {
        server.kill();
      }
    });
  }
});
