import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DebuggedMachine } from '../../emulator/machine/debugged-machine.ts';
import { parseHitCondition } from '../../emulator/machine/expression/hit-condition.ts';
import { parseLogMessage } from '../../emulator/machine/expression/log-message.ts';
import { parseExpression } from '../../emulator/machine/expression/parser.ts';
import type { MachineEvent, StopPoints } from '../../emulator/machine/machine.ts';
import { machineNames } from '../../emulator/machine/names.ts';
import { FakeTarget, RAM, type Script } from './fake-target.ts';

const names = machineNames(() => undefined);
const none: StopPoints = { breakpoints: [], exits: [], exceptions: [] };
const configuration = { kernel: { name: 'k', bytes: new Uint8Array() }, memory: 1 << 29, cpus: 1, cpu: 'max' };

/** A launched machine whose guest follows a script, and what it tells. */
async function machineOf(script: readonly (readonly [number, Script])[] = []) {
  const target = new FakeTarget(new Map(script.map(([offset, what]) => [RAM + BigInt(offset), what])));
  const machine = new DebuggedMachine(async () => target);
  const events: MachineEvent[] = [];
  let wake: () => void = () => {};
  machine.onEvent((event) => {
    events.push(event);
    wake();
  });
  await machine.launch(configuration);
  const next = async (type: MachineEvent['type']): Promise<MachineEvent> => {
    for (;;) {
      const at = events.findIndex((e) => e.type === type);
      if (at >= 0) return events.splice(0, at + 1).at(-1)!;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  const cause = async () => {
    const event = await next('stopped');
    return event.type === 'stopped' ? event.cause : assert.fail();
  };
  return { target, machine, events, next, cause };
}

const loop: readonly [number, Script] = [0x20, { kind: 'branch', to: RAM }];
const at = (offset: number, more: object = {}) => ({ id: 1, space: 'va' as const, address: RAM + BigInt(offset), ...more });

describe('breakpoints', () => {
  it('stop before the instruction, and not again where the machine stands', async () => {
    const { machine, target, cause } = await machineOf([loop]);
    await machine.setStopPoints({ ...none, breakpoints: [at(8)] });
    await machine.continue();
    assert.deepEqual(await cause(), { kind: 'breakpoint', ids: [1] });
    assert.equal(target.executed, 2);
    await machine.continue();
    await cause();
    assert.equal(target.executed, 2 + 9);
  });
  it('at the entry', async () => {
    const { machine, target, cause } = await machineOf([loop]);
    await machine.setStopPoints({ ...none, breakpoints: [at(0)] });
    await machine.continue();
    await cause();
    assert.equal(target.executed, 0);
  });
  it('by guest physical and physical address', async () => {
    for (const [space, address] of [
      ['ipa', RAM + 8n],
      ['pa', RAM + 8n + 0x10_0000_0000n],
    ] as const) {
      const { machine, target, cause } = await machineOf([loop]);
      await machine.setStopPoints({ ...none, breakpoints: [{ id: 1, space, address }] });
      await machine.continue();
      await cause();
      assert.equal(target.executed, 2);
    }
  });
  it('with a condition', async () => {
    const { machine, target, cause } = await machineOf([loop]);
    await machine.setStopPoints({ ...none, breakpoints: [at(8, { condition: parseExpression('x0 > 20', names) })] });
    await machine.continue();
    await cause();
    assert.equal(target.readRegister(0, 'x0'), 29n);
  });
  it('with a hit count, kept while other breakpoints change', async () => {
    const { machine, target, cause } = await machineOf([loop]);
    const third = at(8, { hits: parseHitCondition('3') });
    await machine.setStopPoints({ ...none, breakpoints: [third, { ...at(16), id: 2, hits: parseHitCondition('1') }] });
    await machine.continue();
    assert.deepEqual(await cause(), { kind: 'breakpoint', ids: [2] });
    await machine.setStopPoints({ ...none, breakpoints: [{ ...third }] });
    await machine.continue();
    await cause();
    assert.equal(target.executed, 2 + 2 * 9);
  });
  it('with a log message go on', async () => {
    const { machine, events, cause } = await machineOf([loop]);
    const logs = at(8, { log: parseLogMessage('x0={x0,d}', names), hits: parseHitCondition('<= 2') });
    await machine.setStopPoints({ ...none, breakpoints: [logs, { ...at(8), id: 2, hits: parseHitCondition('3') }] });
    const seen: string[] = [];
    await machine.continue();
    machine.onEvent((event) => {
      if (event.type === 'log') seen.push(event.text);
      else events.push(event);
    });
    await new Promise((resolve) => setTimeout(resolve, 30));
    assert.deepEqual(seen, ['x0=2', 'x0=11']);
    void cause;
    await machine.shutdown();
  });
  it('a condition without a value does not hold and is said once', async () => {
    const { machine, events } = await machineOf([loop, [0x40, { kind: 'power-off' }]]);
    await machine.setStopPoints({ ...none, breakpoints: [at(8, { condition: parseExpression('*(u32*)0 == 1', names) })] });
    await machine.continue();
    await new Promise((resolve) => setTimeout(resolve, 30));
    await machine.pause();
    assert.equal(events.filter((e) => e.type === 'log').length, 1);
    await machine.shutdown();
  });
});

describe('filters', () => {
  const write: Script = { kind: 'exit', name: 'KVM_EXIT_MMIO', fields: { phys_addr: 0x900_0000n, len: 4n, is_write: 1n } };
  it('an exit, before it is handled', async () => {
    const { machine, target, cause } = await machineOf([[4, write], loop]);
    await machine.setStopPoints({ ...none, exits: [{ id: 1, exit: 'KVM_EXIT_MMIO' }] });
    await machine.continue();
    const stop = await cause();
    assert.equal(stop.kind === 'exit' && stop.exit.name, 'KVM_EXIT_MMIO');
    assert.equal(target.executed, 1);
    assert.equal(await machine.evaluate(0, parseExpression('phys_addr + len', names)), 0x900_0004n);
    await machine.step(0, 1);
    assert.deepEqual(await cause(), { kind: 'step' });
    assert.equal(target.executed, 2);
  });
  it('an exit by condition', async () => {
    const { machine, target, cause } = await machineOf([
      [4, write],
      [8, { ...write, fields: { phys_addr: 0xa00_0000n, len: 4n, is_write: 0n } }],
      loop,
    ]);
    await machine.setStopPoints({ ...none, exits: [{ id: 1, exit: 'KVM_EXIT_MMIO', condition: parseExpression('!is_write', names) }] });
    await machine.continue();
    await cause();
    assert.equal(target.executed, 2);
  });
  it('a guest exception, at its vector', async () => {
    const svc: Script = { kind: 'exception', class: 'svc', esr: 0x5600_0000n, vector: RAM + 0x400n };
    const { machine, target, cause } = await machineOf([[8, svc]]);
    await machine.setStopPoints({ ...none, exceptions: [{ id: 1, class: 'svc' }] });
    await machine.continue();
    const stop = await cause();
    assert.equal(stop.kind === 'exception' && stop.exception.elr, RAM + 8n);
    assert.equal(target.status(0).pc, RAM + 0x400n);
  });
  it('a step into an exception ends at the vector', async () => {
    const { machine, target, cause } = await machineOf([[0, { kind: 'exception', class: 'svc', esr: 0n, vector: RAM + 0x400n }]]);
    await machine.step(0, 1);
    assert.deepEqual(await cause(), { kind: 'step' });
    assert.equal(target.status(0).pc, RAM + 0x400n);
  });
});

describe('running', () => {
  it('step counts', async () => {
    const { machine, target, cause } = await machineOf([loop]);
    await machine.step(0, 5);
    await cause();
    assert.equal(target.executed, 5);
  });
  it('pause', async () => {
    const { machine, cause } = await machineOf([loop]);
    await machine.continue();
    await machine.pause();
    assert.deepEqual(await cause(), { kind: 'pause' });
  });
  it('run to a return address with the stack back', async () => {
    const { machine, target, cause } = await machineOf([loop]);
    target.registers.set('sp', RAM + 0x100n);
    await machine.runTo(0, RAM + 12n, RAM + 0x100n);
    assert.deepEqual(await cause(), { kind: 'step' });
    assert.equal(target.executed, 3);
  });
  it('power-off ends the machine', async () => {
    const { machine, next } = await machineOf([[4, { kind: 'power-off' }]]);
    await machine.continue();
    assert.deepEqual(await next('terminated'), { type: 'terminated', termination: { kind: 'power-off' } });
    await assert.rejects(machine.continue(), /powered off/);
  });
  it('console output comes while the guest runs', async () => {
    const { machine, next } = await machineOf([
      [4, { kind: 'console', text: 'hi' }],
      [8, { kind: 'power-off' }],
    ]);
    await machine.continue();
    const event = await next('console');
    assert.equal(event.type === 'console' && new TextDecoder().decode(event.bytes), 'hi');
  });
  it('a guest that waits for ever is said to', async () => {
    const { machine, next } = await machineOf([[4, { kind: 'idle' }]]);
    await machine.continue();
    const event = await next('log');
    assert.match(event.type === 'log' ? event.text : '', /only console input/);
    await machine.shutdown();
  });
  it('an error inside stops the machine with its message', async () => {
    const { machine, target, cause } = await machineOf();
    target.run = () => {
      throw new Error('boom');
    };
    await machine.continue();
    assert.deepEqual(await cause(), { kind: 'fatal', message: 'boom' });
  });
  it('reset goes back to the entry', async () => {
    const { machine, target } = await machineOf([loop]);
    await machine.continue();
    await machine.reset();
    assert.equal(target.status(0).pc, RAM);
  });
  it('what is not possible says why', async () => {
    const { machine } = await machineOf([loop]);
    await assert.rejects(machine.readRegisters(3, ['x0']), /there is no vCPU 3/);
    await machine.continue();
    await assert.rejects(machine.continue(), /is running/);
    await machine.shutdown();
    await assert.rejects(machine.vcpus(), /not launched/);
  });
});
