import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { CompileThread } from '../../emulator/vmm/compile-thread.ts';
import type { LaunchConfiguration } from '../../emulator/vmm/launch.ts';
import type { VirtMachine } from '../../emulator/vmm/virt-machine.ts';
import { guest, powerOff, withVectors, x } from './guest.ts';

/** Sums and multiplies for long enough that a slow thread gets its turn; x20 is what a fault would leave. */
const program = withVectors(`
        mov     x20, #0
        mov     x1, #0
        adr     x2, scratch
1:      mov     x3, #2000
2:      ldr     x4, [x2]
        madd    x1, x1, x3, x4
        ldadd   x3, x5, [x2]
        subs    x3, x3, #1
        b.ne    2b
        adr     x6, rounds
        ldr     x7, [x6]
        cbz     x7, 3f
        b       1b
3:${powerOff}
        .balign 4096
scratch: .quad 0
        .balign 4096
rounds: .quad 1
`);

const SLICE = 100_000;

/** Runs until regions are in use (`translated`) or for `slices`; then the guest's registers. */
async function outcome(machine: VirtMachine, slices: number, enough: () => boolean): Promise<string> {
  let seen = false;
  for (let n = 0; n < slices || !enough(); n++) {
    assert.equal(machine.run(SLICE).kind, 'budget');
    if (!seen && !enough()) await setTimeout(20);
    seen ||= enough();
    assert.ok(n < 1500, 'nothing was translated');
  }
  return `${machine.silicon.clock.instructions} ${Array.from({ length: 31 }, (_, n) => x(machine, n)).join(' ')}`;
}

/** The same guest after as many instructions, translated by its own thread. */
async function expected(options: Partial<LaunchConfiguration>, instructions: number): Promise<string> {
  const machine = await guest(program, options);
  while (machine.silicon.clock.instructions < instructions) machine.run(SLICE);
  return `${machine.silicon.clock.instructions} ${Array.from({ length: 31 }, (_, n) => x(machine, n)).join(' ')}`;
}

const options = { cpu: 'neoverse-n1', translate: { hotJumps: 50, batch: 1 } } as const;

describe('a thread that translates', () => {
  const threads: CompileThread[] = [];
  const thread = (url?: URL): CompileThread => {
    const made = url ? new CompileThread(url) : new CompileThread();
    threads.push(made);
    return made;
  };
  after(() => Promise.all(threads.map((made) => made.close())).then(() => {}));

  it('the guest cannot tell', async () => {
    const machine = await guest(program, options, thread());
    const { translator, clock } = { translator: machine.silicon.translator!, clock: machine.silicon.clock };
    const state = await outcome(machine, 20, () => translator.translated > 0);
    assert.equal(state, await expected(options, clock.instructions));
  });

  it('lost, the machine goes on and translates by itself', async () => {
    const machine = await guest(program, options, thread(new URL('./no-such-program.js', import.meta.url)));
    const translator = machine.silicon.translator!;
    const state = await outcome(machine, 20, () => translator.translated > 0);
    assert.equal(state, await expected(options, machine.silicon.clock.instructions));
  });

  it('a failure of the translator stops the machine with its message', async () => {
    const failing = `import { workerData } from 'node:worker_threads';
      workerData.port.on('message', (request) => {
        if (!request.batch) return;
        workerData.port.postMessage({ failure: 'a value is used outside the body that made it' });
        Atomics.add(new Int32Array(workerData.sent), 0, 1);
      });`;
    const machine = await guest(program, options, thread(new URL(`data:text/javascript,${encodeURIComponent(failing)}`)));
    await assert.rejects(
      outcome(machine, 1, () => false),
      /translation failed: a value is used outside/,
    );
  });

  it('translates what the CPU offers and nothing else', async () => {
    const page = { words: new Int32Array(1024), eligible: new Uint8Array(1024).fill(1), calls: [] };
    page.words.set([0xb8230045, 0xd65f03c0]); // LDADD W3, W5, [X2]; RET
    for (const features of [['FEAT_LSE'], []]) {
      const nothing = { post: () => assert.fail('the thread is lost'), take: () => undefined };
      const compiler = thread().compilerFor(features, nothing);
      compiler.post({ pages: [page], callees: [], entries: [{ page: 0, index: 0 }], knowsWatches: false });
      let done = compiler.take();
      for (; !done; done = compiler.take()) await setTimeout(5);
      assert.deepEqual(done.compiled?.translated, features.length > 0 ? [{ entry: 0, callees: [] }] : undefined);
    }
  });
});
