import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { requests } from '../../debug-adapter/requests/index.ts';
import { RAM } from '../machine/fake-target.ts';
import { folder, hex, kernel, loop, session, stopped } from './scripted-session.ts';

describe('a session', () => {
  it('launch, stop on entry, continue, pause, disconnect', async () => {
    const { client } = await stopped();
    assert.deepEqual((await client.request('threads')).threads, [{ id: 1, name: 'vCPU 0 (EL1)' }]);
    assert.deepEqual(await client.request('continue', { threadId: 1 }), { allThreadsContinued: true });
    await client.request('pause', { threadId: 1 });
    assert.equal((await client.event('stopped')).reason, 'pause');
    await client.request('disconnect');
  });
  it('without stopOnEntry the guest runs at once', async () => {
    const { client } = session([
      [4, { kind: 'console', text: 'hello\n' }],
      [8, { kind: 'power-off' }],
    ]);
    await client.launch({ kernel, stopOnEntry: false });
    assert.deepEqual(await client.event('exited'), { exitCode: 0 });
    await client.event('terminated');
    assert.deepEqual(client.output, ['hello\n', 'the guest powered off\n']);
  });
  it('restart', async () => {
    const { client, target } = await stopped();
    await client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'main' }] });
    await client.request('continue', { threadId: 1 });
    await client.event('stopped');
    assert.equal(target.executed, 2);
    target.reset();
    await client.request('restart', {});
    assert.equal((await client.event('stopped')).reason, 'entry');
    await client.request('continue', { threadId: 1 });
    assert.equal((await client.event('stopped')).reason, 'breakpoint');
    await client.request('disconnect');
  });
  it('steps by instruction', async () => {
    const { client, target } = await stopped();
    for (const command of ['stepIn', 'next']) {
      await client.request(command, { threadId: 1, granularity: 'instruction' });
      assert.equal((await client.event('stopped')).reason, 'step');
    }
    assert.equal(target.executed, 2);
  });
  it('frames have symbols', async () => {
    const { client, frame } = await stopped();
    assert.equal(frame.name, '_text');
    assert.equal(frame.instructionPointerReference, `va:${hex(RAM)}`);
    await client.request('stepIn', { threadId: 1 });
    await client.event('stopped');
    assert.equal((await client.request('stackTrace', { threadId: 1 })).stackFrames[0].name, '_text+0x4');
  });
});

describe('breakpoints over the protocol', () => {
  it('function, instruction, conditions', async () => {
    const { client, target } = await stopped();
    const { breakpoints } = await client.request('setFunctionBreakpoints', {
      breakpoints: [{ name: 'main', condition: 'x0 > 10' }, { name: 'nothing' }],
    });
    assert.deepEqual(
      breakpoints.map((b: { verified: boolean }) => b.verified),
      [true, false],
    );
    assert.match(breakpoints[1].message, /no function is called "nothing"|"nothing"/);
    await client.request('setInstructionBreakpoints', { breakpoints: [{ instructionReference: `va:${hex(RAM)}`, offset: 16 }] });
    await client.request('continue', { threadId: 1 });
    await client.event('stopped');
    assert.equal(target.executed, 4);
    await client.request('setInstructionBreakpoints', { breakpoints: [] });
    await client.request('continue', { threadId: 1 });
    assert.deepEqual((await client.event('stopped')).hitBreakpointIds, [breakpoints[0].id]);
    assert.equal(target.executed, 11);
  });
  it('a bad condition says where', async () => {
    const { client } = await stopped();
    const { breakpoints } = await client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'main', condition: 'x0 >' }] });
    assert.deepEqual(breakpoints[0].message, 'condition: column 5: expected a value, found the end');
  });
  it('source lines of a kernel have no code here', async () => {
    const { client } = await stopped();
    const { breakpoints } = await client.request('setBreakpoints', { source: { path: '/a.c' }, breakpoints: [{ line: 3 }] });
    assert.equal(breakpoints[0].verified, false);
  });
  it('an exit filter with its decoded exit', async () => {
    const { client } = await stopped([[4, { kind: 'exit', name: 'KVM_EXIT_MMIO', fields: { phys_addr: 0x900_0000n, len: 4n } }], loop]);
    const { breakpoints } = await client.request('setExceptionBreakpoints', {
      filters: ['nonsense'],
      filterOptions: [{ filterId: 'exit:KVM_EXIT_MMIO', condition: 'phys_addr == 0x9000000' }],
    });
    assert.deepEqual(
      breakpoints.map((b: { verified: boolean }) => b.verified),
      [false, true],
    );
    await client.request('continue', { threadId: 1 });
    const stop = await client.event('stopped');
    assert.equal(stop.reason, 'exception');
    assert.equal(stop.description, 'Paused on KVM_EXIT_MMIO');
    const info = await client.request('exceptionInfo', { threadId: 1 });
    assert.equal(info.exceptionId, 'KVM_EXIT_MMIO');
    assert.match(info.details.stackTrace, /phys_addr = 0x9000000/);
  });
});

describe('values over the protocol', () => {
  it('scopes and registers; changing one', async () => {
    const { client, target, frame } = await stopped();
    const { scopes } = await client.request('scopes', { frameId: frame.id });
    assert.deepEqual(
      scopes.map((s: { name: string }) => s.name),
      ['General', 'PSTATE', 'kvm_run', 'FP/SIMD', 'System registers', 'Translation', 'VM'],
    );
    const reference = scopes[0].variablesReference;
    const { variables } = await client.request('variables', { variablesReference: reference });
    const pc = variables.find((v: { name: string }) => v.name === 'pc');
    assert.equal(pc.value, '0x0000000040080000 <_text>');
    assert.equal(
      (await client.request('setVariable', { variablesReference: reference, name: 'x3', value: 'pc + 4' })).value,
      '0x0000000040080004 <_text+0x4>',
    );
    assert.equal(target.readRegister(0, 'x3'), RAM + 4n);
  });
  it('evaluate in every context', async () => {
    const { client, target, frame } = await stopped();
    const evaluate = async (expression: string, context = 'watch') =>
      (await client.request('evaluate', { expression, context, frameId: frame.id })).result;
    assert.equal(await evaluate('sp - 0x800'), '0x40080000 <_text>');
    assert.equal(await evaluate('sp,d'), String(RAM + 0x800n));
    assert.equal(await evaluate('x5 = 7', 'repl'), '0x0000000000000007');
    assert.equal(await evaluate('*(u32*)0x40080000 = 0xd503201f', 'repl'), '0xd503201f');
    assert.equal(target.memory[0], 0x1f);
    assert.match(await evaluate('translate pc', 'repl'), /va:0x40080000 → ipa:0x40080000 → pa:0x1040080000/);
    assert.match(await evaluate('stats', 'repl'), /0 instructions/);
    assert.equal((await client.request('setExpression', { expression: '$x6', value: '9', frameId: frame.id })).value, '0x0000000000000009');
    assert.match(
      await client.refusal('evaluate', { expression: 'nope', context: 'hover' }),
      /column 1: no register or symbol is called "nope"/,
    );
    assert.match(await client.refusal('evaluate', { expression: '*(u8*)0', context: 'watch' }), /cannot read 1 bytes at va:0x0/);
    assert.match(await client.refusal('setExpression', { expression: '1', value: '9' }), /only a register/);
  });
  it('memory, and where there is none', async () => {
    const { client } = await stopped();
    const data = Buffer.from([1, 2, 3, 4]).toString('base64');
    assert.deepEqual(await client.request('writeMemory', { memoryReference: 'va:0x40080ffe', data, allowPartial: true }), {
      offset: 0,
      bytesWritten: 2,
    });
    const read = await client.request('readMemory', { memoryReference: 'ipa:0x40080ffc', count: 8 });
    assert.deepEqual(read, { address: '0x40080ffc', data: Buffer.from([0, 0, 1, 2]).toString('base64'), unreadableBytes: 4 });
    assert.deepEqual(await client.request('readMemory', { memoryReference: '0x0', offset: -4, count: 4 }), {
      address: '0xfffffffffffffffc',
      unreadableBytes: 4,
    });
    assert.match(await client.refusal('writeMemory', { memoryReference: 'va:0x0', data }), /not memory/);
    assert.match(await client.refusal('writeMemory', { memoryReference: 'va:0x0', data: '###' }), /base64/);
    for (const reference of ['', 'nowhere', 'xx:0x0', '0x1ffffffffffffffff', undefined]) {
      assert.match(await client.refusal('readMemory', { memoryReference: reference, count: 4 }), /memory reference|64 bits/);
    }
  });
  it('completions', async () => {
    const { client } = await stopped();
    const labels = async (text: string) =>
      (await client.request('completions', { text, column: text.length + 1 })).targets.map((t: { label: string }) => t.label);
    assert.ok((await labels('hel')).includes('helper'));
    assert.ok((await labels('1 + TTBR0')).includes('TTBR0_EL1'));
  });
});

describe('disassembly has exactly the rows asked for', () => {
  const nop = [0x1f, 0x20, 0x03, 0xd5];
  const rows = async (reference: string, instructionOffset: number, instructionCount: number, offset = 0) => {
    const { client, target } = await stopped();
    for (let i = 0; i < target.memory.length; i += 4) target.memory.set(nop, i);
    const { instructions } = await client.request('disassemble', {
      memoryReference: reference,
      offset,
      instructionOffset,
      instructionCount,
    });
    assert.equal(instructions.length, instructionCount);
    return instructions as { address: string; instruction: string; presentationHint?: string }[];
  };
  it('forwards', async () =>
    assert.deepEqual(
      (await rows(`va:${hex(RAM)}`, 0, 3)).map((r) => r.instruction),
      ['nop', 'nop', 'nop'],
    ));
  it('backwards over the edge of memory', async () => {
    const lines = await rows(`va:${hex(RAM)}`, -3, 5);
    assert.deepEqual(
      lines.map((r) => r.instruction),
      ['??', '??', '??', 'nop', 'nop'],
    );
    assert.equal(BigInt(lines[3]!.address), RAM);
  });
  it('below address 0', async () => {
    const lines = await rows('0x4', -4, 6);
    assert.deepEqual(
      lines.map((r) => BigInt(r.address)),
      [-12n, -8n, -4n, 0n, 4n, 8n],
    );
  });
  it('at the end of the address space', async () =>
    assert.equal(BigInt((await rows('0xfffffffffffffffc', 0, 3))[2]!.address), (1n << 64n) + 4n));
  it('from an odd address', async () => assert.equal(BigInt((await rows(`va:${hex(RAM + 6n)}`, 0, 1))[0]!.address), RAM + 4n));
  it('none', async () => assert.deepEqual(await rows('0x0', 0, 0), []));
  it('an absurd number is refused', async () => {
    const { client } = await stopped();
    assert.match(await client.refusal('disassemble', { memoryReference: '0x0', instructionCount: 1e9 }), /instructionCount/);
    assert.match(await client.refusal('disassemble', { memoryReference: '', instructionCount: 5 }), /memory reference/);
  });
});

describe('bad clients', () => {
  it('unknown requests', async () => {
    const { client } = session();
    assert.match(await client.refusal('fly'), /"fly" is not known/);
    assert.match(await client.refusal('toString'), /is not known/);
  });
  it('every request before launch: an answer, no crash', async () => {
    const { client } = session();
    for (const command of Object.keys(requests)) {
      if (command === 'launch' || command === 'disconnect') continue;
      assert.equal(typeof (await client.ask(command, {})).success, 'boolean');
    }
  });
  it('every request with wrong arguments: an answer, no crash', async () => {
    const { client } = await stopped();
    const junk = {
      threadId: 'x',
      frameId: 99,
      variablesReference: 1e9,
      memoryReference: {},
      count: -1,
      breakpoints: [{}],
      filters: [7],
      source: {},
      expression: null,
      text: 5,
    };
    for (const command of Object.keys(requests)) {
      if (['launch', 'disconnect', 'terminate', 'restart'].includes(command)) continue;
      for (const args of [junk, null, 5, 'x', []]) assert.equal(typeof (await client.ask(command, args)).success, 'boolean', command);
    }
  });
  it('thousands of random requests: an answer to each', async () => {
    const { client } = await stopped();
    let state = 12345;
    const random = (n: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return (state >>> 8) % n;
    };
    const values: readonly unknown[] = [
      0,
      1,
      -1,
      2 ** 53,
      1.5,
      '',
      'pc',
      'x0 = 1',
      '*(u32*)pc',
      'va:0x40080000',
      '0xffffffffffffffff',
      '((((',
      null,
      true,
      [],
      {},
      [{}],
      [null],
      ['exit:KVM_EXIT_MMIO'],
    ];
    const keys = [
      'threadId',
      'frameId',
      'variablesReference',
      'name',
      'value',
      'expression',
      'context',
      'memoryReference',
      'offset',
      'count',
      'data',
      'instructionOffset',
      'instructionCount',
      'breakpoints',
      'filters',
      'filterOptions',
      'source',
      'line',
      'text',
      'column',
      'startFrame',
      'levels',
      'targetId',
      'condition',
    ];
    const commands = Object.keys(requests).filter((c) => !['launch', 'disconnect', 'terminate', 'restart'].includes(c));
    for (let i = 0; i < 4000; i++) {
      const args = Object.fromEntries(Array.from({ length: random(6) }, () => [keys[random(keys.length)], values[random(values.length)]]));
      const command = commands[random(commands.length)]!;
      const response = await client.ask(command, args);
      assert.equal(typeof response.success, 'boolean');
      assert.ok(
        response.success ||
          (response.message !== undefined && !/is not a function|Cannot read prop|undefined \(reading|not iterable/.test(response.message)),
        `${command} ${JSON.stringify(args)}: ${response.message}`,
      );
    }
  });
  it('stale references', async () => {
    const { client, frame } = await stopped();
    const { scopes } = await client.request('scopes', { frameId: frame.id });
    await client.request('stepIn', { threadId: 1 });
    await client.event('stopped');
    assert.match(await client.refusal('scopes', { frameId: frame.id }), /not one of the current stop/);
    assert.match(await client.refusal('variables', { variablesReference: scopes[0].variablesReference }), /not one of the current stop/);
    assert.match(await client.refusal('stackTrace', { threadId: 9 }), /there is no thread 9/);
  });
  it('requests while the guest runs', async () => {
    const { client } = await stopped();
    await client.request('continue', { threadId: 1 });
    assert.match(await client.refusal('stackTrace', { threadId: 1 }), /running/);
    assert.match(await client.refusal('continue', { threadId: 1 }), /running/);
    await client.request('disconnect');
  });
  it('a second launch', async () => {
    const { client } = await stopped();
    assert.match(await client.refusal('launch', { kernel }), /already/);
  });
  it('launches that cannot work', async () => {
    for (const [configuration, message] of [
      [{ kernel: join(folder, 'missing') }, /missing: there is no such file/],
      [{ kernel: folder }, /is a directory/],
      [{ kernel, symbols: kernel }, /symbols: .*line 1 is no symbol/],
      [{ kernel, symbols: join(folder, 'nope') }, /there is no such file/],
      [{}, /nothing to run/],
    ] as const) {
      await assert.rejects(session().client.launch(configuration), message);
    }
  });
});
