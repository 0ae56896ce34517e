import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assemble } from '../../emulator/isa/assembler/assembler.ts';
import { MachineClient } from '../../emulator/machine/client.ts';
import { DebuggedMachine } from '../../emulator/machine/debugged-machine.ts';
import type { Machine, MachineEvent } from '../../emulator/machine/machine.ts';
import { newStepLine, StepCaller, StepServer } from '../../emulator/machine/step-line.ts';
import { VirtTarget } from '../../emulator/machine/virt/virt-target.ts';
import { createMachine } from '../../emulator/vmm/create.ts';
import { FLAT_LOAD_ADDRESS } from '../../emulator/vmm/loader/kernel.ts';

const base = BigInt(FLAT_LOAD_ADDRESS);

/** Writes to the console, takes an exception, counts, calls PSCI, and powers off: steps of every kind. */
const program = `
  adr x0, vectors
  msr VBAR_EL1, x0
  mov x1, #0x9000000
  mov w2, #'a'
  mov x3, #3
again:
  str w2, [x1]
  ldr w4, [x1, #0x18]
  add w2, w2, #1
  svc #5
  subs x3, x3, #1
  b.ne again
  mov x29, sp
  off: mov w0, #0x84000000
  hvc #0
  udf #0
  b off
.balign 0x800
vectors:
.skip 0x200
  mrs x6, ESR_EL1
  eret
.skip 0x5f8
`;
const { image } = assemble(program, { file: 'test.S', address: base });
const configuration = { kernel: { name: 'test.bin', bytes: image }, memory: 64 << 20, cpus: 1, cpu: 'max' };
const general = [...Array.from({ length: 31 }, (_, n) => `x${n}`), 'sp', 'pc', 'pstate'];

/** What a machine tells and shows at each of so many single steps. */
async function steps(machine: Machine, count: number, between: (step: number) => Promise<unknown> = async () => {}): Promise<string[]> {
  const told: string[] = [];
  let wake: () => void = () => {};
  let ended = false;
  machine.onEvent((event: MachineEvent) => {
    if (event.type === 'continued' || event.type === 'progress') return;
    told.push(event.type === 'console' ? `console ${Buffer.from(event.bytes)}` : `${event.type} ${text(event)}`);
    if (event.type === 'stopped' || event.type === 'terminated') wake();
    ended ||= event.type === 'terminated';
  });
  await machine.launch(configuration);
  for (let i = 0; i < count && !ended; i++) {
    const stopped = new Promise<void>((resolve) => {
      wake = resolve;
    });
    await machine.step(0, 1);
    told.push('answered');
    await stopped;
    await between(i);
    if (ended) break;
    const registers = await machine.readRegisters(0, general);
    const pc = registers.find(({ name }) => name === 'pc')!.value;
    const { bytes } = await machine.readMemory(0, 'va', pc, 4);
    told.push(text({ registers, bytes: [...bytes] }));
  }
  return told;
}

const text = (value: unknown): string => JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? v.toString(16) : v));
const sorted = (told: readonly string[]): string[] => told.filter((line) => line !== 'answered');

async function inThisThread(count: number): Promise<string[]> {
  const machine = new DebuggedMachine(async (given) => new VirtTarget(await createMachine(given)));
  const told = await steps(machine, count);
  await machine.shutdown();
  return told;
}

async function inWorker(count: number, between?: (client: MachineClient, step: number) => Promise<unknown>): Promise<string[]> {
  const client = new MachineClient();
  try {
    return await steps(client, count, (step) => between?.(client, step) ?? Promise.resolve());
  } finally {
    await client.shutdown();
  }
}

describe('single steps', { timeout: 120_000 }, () => {
  it('through another thread show what they show in this one', async () => {
    const expected = await inThisThread(60);
    assert.ok(expected.some((line) => line.startsWith('console b')));
    const told = await inWorker(60);
    assert.deepEqual(sorted(told), sorted(expected));
  });

  it('are answered before they are told to be done', async () => {
    const told = (await inWorker(30)).filter((line) => line === 'answered' || line.startsWith('stopped'));
    told.forEach((line, i) => {
      assert.equal(line === 'answered', i % 2 === 0, told.slice(0, i + 1).join('\n'));
    });
  });

  it('with messages between them', async () => {
    const expected = await inThisThread(60);
    const told = await inWorker(60, async (client, step) => {
      if (step % 3 === 0) await client.setStopPoints({ breakpoints: [], exits: [], exceptions: [] });
      // Nobody waits for the answer of this one: it is under way when the next step is asked for, or the machine shut down.
      if (step % 3 === 1) client.statistics().catch(() => {});
      if (step % 7 === 0) await new Promise((resolve) => setTimeout(resolve, 30));
    });
    assert.deepEqual(sorted(told), sorted(expected));
  });

  it('go where a register was written to', async () => {
    const client = new MachineClient();
    try {
      const stops: MachineEvent[] = [];
      client.onEvent((event) => stops.push(event));
      await client.launch(configuration);
      for (let i = 0; i < 20; i++) {
        await client.writeRegister(0, 'pc', base + 8n);
        const before = stops.length;
        await client.step(0, 1);
        while (!stops.slice(before).some(({ type }) => type === 'stopped')) await new Promise((resolve) => setImmediate(resolve));
        assert.equal((await client.readRegisters(0, ['pc']))[0]!.value, base + 12n);
      }
    } finally {
      await client.shutdown();
    }
  });
});

describe('the line', () => {
  it('nobody on it: nothing is asked', () => assert.equal(new StepCaller(newStepLine()).step(0), 'busy'));

  it('the machine leaves it as soon as a message is under way', () => {
    const memory = newStepLine();
    const [caller, server] = [new StepCaller(memory), new StepServer(memory)];
    caller.announce();
    assert.equal(server.await(), undefined);
    assert.equal(caller.step(0), 'busy');
  });

  it('the machine leaves it when nobody asks', () => {
    const server = new StepServer(newStepLine());
    assert.equal(server.await(), undefined);
  });
});
