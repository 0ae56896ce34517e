import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { QUANTUM } from '../../emulator/vmm/scheduler.ts';
import { guest, pc, powerOff, runAll, text, withVectors, x } from './guest.ts';

const bundled = (name: string): string => readFileSync(new URL(`../../extension/guests/${name}.S`, import.meta.url), 'utf8');

const UART = 'movz x9, #0x0900, lsl #16';

describe('ends of a run', () => {
  test('PSCI SYSTEM_OFF powers off', async () => {
    const machine = await guest(powerOff);
    assert.equal(runAll(machine).kind, 'power-off');
    assert.equal(machine.exitCounts['KVM_EXIT_SYSTEM_EVENT'], 1);
  });
  test('PSCI SYSTEM_RESET resets; after reset() the run repeats', async () => {
    const machine = await guest(`${UART}\nmov w1, #'r'\nstrb w1, [x9]\nmovz x0, #0x8400, lsl #16\nmovk x0, #9\nhvc #0`);
    assert.equal(runAll(machine).kind, 'reset');
    const { instructions } = machine.silicon.clock;
    machine.reset();
    assert.equal(runAll(machine).kind, 'reset');
    assert.equal(machine.silicon.clock.instructions, instructions);
    assert.equal(text(machine), 'r');
  });
  test('WFI with everything masked and no timer: idle', async () => {
    const machine = await guest('1: wfi\nb 1b');
    assert.equal(runAll(machine).kind, 'idle');
  });
  test('every vCPU off: idle', async () => {
    const machine = await guest('movz x0, #0x8400, lsl #16\nmovk x0, #2\nhvc #0');
    assert.equal(runAll(machine).kind, 'idle');
  });
  test('a budget is kept to the instruction', async () => {
    const machine = await guest('1: add x1, x1, #1\nb 1b');
    machine.run(12_345);
    assert.equal(machine.silicon.clock.instructions, 12_345);
    assert.equal(x(machine, 1), 6173n);
  });
});

describe('turns', () => {
  /** CPU 0 starts CPU 1 and spins until that has set a flag; x10 is then how often it looked. */
  const waitingFor = (hint: string): string => `
        movz    x0, #0xc400, lsl #16
        movk    x0, #3
        mov     x1, #1
        adr     x2, other
        hvc     #0
        adr     x1, flag
1:      add     x10, x10, #1
        ${hint}
        ldr     w2, [x1]
        cbz     w2, 1b
        ${powerOff}
other:  adr     x1, flag
        mov     w2, #1
        str     w2, [x1]
        movz    x0, #0x8400, lsl #16
        movk    x0, #2
        hvc     #0
flag:   .word   0`;

  for (const hint of ['yield', 'wfe'])
    test(`who spins with ${hint.toUpperCase()} gives its turn away`, async () => {
      const machine = await guest(waitingFor(hint), { cpus: 2 });
      assert.equal(runAll(machine).kind, 'power-off');
      assert.equal(x(machine, 10), 1n);
    });

  test('who spins without a word keeps its turn to the end', async () => {
    const machine = await guest(waitingFor('nop'), { cpus: 2 });
    assert.equal(runAll(machine).kind, 'power-off');
    assert.equal(Math.round((Number(x(machine, 10)) * 4) / 1000), QUANTUM / 1000);
  });
});

describe('guests that go wrong end nothing but themselves', () => {
  test('executing where nothing is, without vectors: an endless loop of aborts that the budget ends', async () => {
    const machine = await guest('mov x0, #0\nbr x0');
    assert.equal(runAll(machine, 100_000).kind, 'budget');
  });
  test('executing data: UNDEFINED', async () => {
    const machine = await guest(withVectors('.word 0'));
    assert.equal(runAll(machine).kind, 'power-off');
    assert.equal(x(machine, 20), 0x02000000n);
  });
  test('flooding the console', async () => {
    const machine = await guest(`${UART}\n1: strb wzr, [x9]\nb 1b`);
    assert.equal(machine.run(20_000).kind, 'budget');
    assert.equal(machine.console.take().length, 10_000);
  });
  test('writing its own code: the new instruction runs', async () => {
    const machine = await guest(`
        adr     x1, patch
        ldr     w2, =0x528000ea // mov w10, #7
        str     w2, [x1]
        dc      cvau, x1
        dsb     ish
        ic      ivau, x1
        dsb     ish
        isb
patch:  mov     w10, #1
${powerOff}
        .ltorg`);
    assert.equal(runAll(machine).kind, 'power-off');
    assert.equal(x(machine, 10), 7n);
  });
});

describe('accesses outside memory (arch/arm64/kvm/mmio.c, mmu.c)', () => {
  const takes = (title: string, body: string, esr: bigint, far?: bigint, options = {}): void => {
    test(title, async () => {
      const machine = await guest(withVectors(body), options);
      assert.equal(runAll(machine).kind, 'power-off');
      assert.equal(x(machine, 20).toString(16), esr.toString(16));
      if (far !== undefined) assert.equal(x(machine, 22), far);
    });
  };
  takes('a load where no device is: external abort with EA = 0', 'mov x9, #0x0f000000\nldr w1, [x9]', 0x96000010n, 0x0f000000n);
  takes('a store pair to a device has no syndrome: ARM_NISV, external abort', `${UART}\nstp w1, w2, [x9]`, 0x96000010n, 0x09000000n);
  takes('a load with writeback from a device: ARM_NISV', `${UART}\nldr w1, [x9], #4`, 0x96000010n, 0x09000000n);
  takes('a fetch where no memory is: instruction abort', 'mov x9, #0x0f000000\nbr x9', 0x86000010n, 0x0f000000n);
  takes('an IPA beyond the VM’s 40 bits: external abort', 'mov x9, #0x10000000000\nldr w1, [x9]', 0x96000010n, 0x10000000000n);
  takes(
    'an address beyond the processor’s 44 bits: address size fault, level 0',
    'mov x9, #0x100000000000\nldr w1, [x9]',
    0x96000000n,
    0x100000000000n,
  );

  test('sign extension, width and the zero register of device loads', async () => {
    const machine = await guest(`
        movz    x9, #0x0900, lsl #16
        mov     w1, #0xf0
        str     w1, [x9, #0x24]     // UARTIBRD
        mov     x12, #-1
        ldrsb   x12, [x9, #0x24]
        mov     x13, #-1
        ldrsb   w13, [x9, #0x24]
        mov     x14, #-1
        ldrb    w14, [x9, #0x24]
        ldr     xzr, [x9, #0xff0]
        ldr     x15, [x9, #0xff0]
        ldrh    w16, [x9, #0x24]
${powerOff}`);
    assert.equal(runAll(machine).kind, 'power-off');
    assert.equal(x(machine, 12), 0xfffffffffffffff0n);
    assert.equal(x(machine, 13), 0xfffffff0n);
    assert.equal(x(machine, 14), 0xf0n);
    assert.equal(x(machine, 15), 0xf00000000dn);
    assert.equal(x(machine, 16), 0xf0n);
  });
});

describe('what KVM shows and emulates', () => {
  const reads = (title: string, register: string, check: (value: bigint) => void): void => {
    test(title, async () => {
      const machine = await guest(withVectors(`mrs x19, ${register}`));
      assert.equal(runAll(machine).kind, 'power-off');
      assert.equal(x(machine, 20), 0n, 'no exception');
      check(x(machine, 19));
    });
  };
  reads('ID_AA64PFR0_EL1: GICv3 system registers, no EL2', 'id_aa64pfr0_el1', (v) => assert.equal(v & 0xf000f00n, 0x1000000n));
  reads('ID_AA64DFR0_EL1: v8.0 debug, no PMU', 'id_aa64dfr0_el1', (v) => assert.equal(v & 0xf0fn, 6n));
  reads('an ID register nobody has defined reads as zero', 's3_0_c0_c7_7', (v) => assert.equal(v, 0n));
  reads('MPIDR_EL1: vCPU 0', 'mpidr_el1', (v) => assert.equal(v, 0x80000000n));
  reads('CNTFRQ_EL0', 'cntfrq_el0', (v) => assert.equal(v, 62_500_000n));
  reads('ICC_SRE_EL1: system register interface', 'icc_sre_el1', (v) => assert.equal(v, 7n));

  test('a performance monitor register is UNDEFINED without PMU', async () => {
    const machine = await guest(withVectors('mrs x1, pmcr_el0'));
    runAll(machine);
    assert.equal(x(machine, 20), 0x02000000n);
  });
  test('unknown hypercall: NOT_SUPPORTED in X0, X1 to X3 zero', async () => {
    const machine = await guest(`mov x3, #5\nmovz x0, #0x8700, lsl #16\nhvc #0\nmov x19, x0\nmov x18, x3\n${powerOff}`);
    runAll(machine);
    assert.equal(x(machine, 19), 0xffffffffffffffffn);
    assert.equal(x(machine, 18), 0n);
  });
  test('SMC: KVM steps over it; an immediate is no call', async () => {
    const machine = await guest(
      `movz x0, #0x8400, lsl #16\nsmc #0\nmov x19, x0\nmovz x0, #0x8400, lsl #16\nsmc #1\nmov x18, x0\n${powerOff}`,
    );
    runAll(machine);
    assert.equal(x(machine, 19), 0x10003n);
    assert.equal(x(machine, 18), 0xffffffffffffffffn);
  });
});

describe('console', () => {
  const echo = `
        movz    x9, #0x0900, lsl #16
1:      ldr     w1, [x9, #0x18]
        tbnz    w1, #4, 1b
        ldr     w1, [x9]
        cmp     w1, #'q'
        b.eq    2f
        strb    w1, [x9]
        b       1b
2:${powerOff}`;
  test('input reaches the guest, more than the FIFO holds too', async () => {
    const machine = await guest(echo);
    machine.run(1000);
    machine.consoleInput(new TextEncoder().encode('hello, this is longer than sixteen bytes q'));
    assert.equal(runAll(machine).kind, 'power-off');
    assert.equal(text(machine), 'hello, this is longer than sixteen bytes ');
    assert.deepEqual(
      machine.console.log.map(({ instructions, idle }) => [instructions, idle]),
      [[1000, 0]],
    );
  });
});

describe('deterministic', () => {
  /** Everything a run leaves: console, time, registers. */
  async function outcome(source: string, cpus: number, slice: number) {
    const machine = await guest(source, { cpus });
    const end = runAll(machine, 5_000_000, slice);
    const { instructions, idle } = machine.silicon.clock;
    const registers = machine.vcpus.map(({ state, instructions: own }) => [own, ...Array.from({ length: 31 }, (_, n) => state.get(n))]);
    return { end: end.kind, text: text(machine), instructions, idle, registers };
  }
  for (const [name, cpus] of [
    ['timer', 1],
    ['smp', 4],
    ['exceptions', 1],
  ] as const) {
    test(`${name}.S: how the budget is cut changes nothing`, async () => {
      const whole = await outcome(bundled(name), cpus, 5_000_000);
      assert.equal(whole.end, 'power-off');
      for (const slice of [1, 7, 1013]) {
        const cut = await outcome(bundled(name), cpus, slice);
        assert.deepEqual(cut, whole, `slices of ${slice}`);
      }
    });
  }
  test('every bundled guest powers off', async () => {
    for (const name of ['abort', 'exceptions', 'hello', 'mmu', 'smp', 'timer']) {
      for (const cpu of ['cortex-a57', 'neoverse-n1', 'max']) {
        const machine = await guest(bundled(name), { cpus: 4, cpu });
        assert.equal(runAll(machine).kind, 'power-off', `${name} on ${cpu}`);
      }
    }
  });
});

describe('debugger’s hooks', () => {
  const nothing = { breakpoint: () => false, exit: () => false, exception: () => false };

  test('an exit can be stopped at before user space handles it; going on completes it once', async () => {
    const machine = await guest(`${UART}\nmov w1, #'A'\nstrb w1, [x9]\nmov w1, #'B'\nstrb w1, [x9]\n${powerOff}`);
    let stops = 0;
    machine.hooks = { ...nothing, exit: (_, name) => name === 'KVM_EXIT_MMIO' && ++stops === 1 };
    assert.deepEqual(machine.run(1000), { kind: 'hook', vcpu: 0 });
    assert.equal(text(machine), '');
    assert.equal(pc(machine), 0x40080008n);
    assert.equal(machine.run(1000).kind, 'power-off');
    assert.equal(text(machine), 'AB');
    assert.equal(stops, 2);
  });

  test('a step is one instruction, also where user space completes it', async () => {
    const machine = await guest(`${UART}\nstrb w1, [x9]\nnop\nnop`);
    for (const expected of [0x40080004n, 0x40080008n, 0x4008000cn]) {
      assert.equal(machine.step(0, 1).kind, 'budget');
      assert.equal(pc(machine), expected);
    }
  });

  test('a breakpoint stops before its instruction and is passed when the hook says so', async () => {
    const machine = await guest('1: add x1, x1, #1\nadd x2, x2, #1\nb 1b');
    machine.run(1);
    machine.silicon.code.setBreakpoint(machine.hostAddress(0x40080004));
    let hits = 0;
    machine.hooks = { ...nothing, breakpoint: () => ++hits === 3 };
    assert.equal(machine.run(1000).kind, 'hook');
    assert.equal(x(machine, 1), 3n);
    assert.equal(x(machine, 2), 2n);
    assert.equal(pc(machine), 0x40080004n);
  });

  /** Adds up 20,000 times: hot enough to be translated. */
  const hotLoop = `mov x1, #20000\n1: add x2, x2, x1\nsubs x1, x1, #1\nb.ne 1b\n${powerOff}`;

  test('a breakpoint that is passed changes nothing, in translated code too, and is asked about once each time, with exact counts', async () => {
    const plain = await guest(hotLoop);
    assert.equal(runAll(plain).kind, 'power-off');
    const machine = await guest(hotLoop);
    const counts: number[] = [];
    machine.hooks = {
      ...nothing,
      breakpoint(vcpu) {
        counts.push(machine.vcpus[vcpu]!.instructions);
        assert.equal(pc(machine), 0x40080008n);
        assert.equal(machine.silicon.clock.instructions, counts.at(-1));
        return false;
      },
    };
    machine.run(30_000);
    machine.silicon.code.setBreakpoint(machine.hostAddress(0x40080008));
    assert.equal(runAll(machine).kind, 'power-off');
    // mov, then three instructions a turn; 30,000 had run: the next add is in the middle of a turn.
    const expected = Array.from({ length: 20_000 }, (_, n) => 2 + 3 * n).filter((n) => n >= 30_000);
    assert.deepEqual(counts, expected);
    assert.equal(machine.silicon.clock.instructions, plain.silicon.clock.instructions);
    assert.equal(x(machine, 2), x(plain, 2));
  });

  test('flags are those of the instruction before, seen at a breakpoint and kept past it', async () => {
    const machine = await guest(`mov x1, #3\n1: subs x1, x1, #1\nb.ne 1b\n${powerOff}`);
    const zero: boolean[] = [];
    machine.hooks = { ...nothing, breakpoint: () => zero.push((machine.vcpus[0]!.state.nzcv() & 0x40000000) !== 0) < 0 };
    machine.silicon.code.setBreakpoint(machine.hostAddress(0x40080008));
    assert.equal(runAll(machine).kind, 'power-off');
    assert.deepEqual(zero, [false, false, true]);
  });

  test('an instruction that KVM has to map memory for, and one that user space completes, are asked about once', async () => {
    const machine = await guest(`mov x1, #0x40800000\nldr x2, [x1]\n${UART}\nmov w1, #'A'\nstrb w1, [x9]\n${powerOff}`);
    const hits: bigint[] = [];
    machine.hooks = { ...nothing, breakpoint: () => hits.push(pc(machine)) < 0 };
    for (let at = 0x40080000; at < 0x40080014; at += 4) machine.silicon.code.setBreakpoint(machine.hostAddress(at));
    assert.equal(runAll(machine).kind, 'power-off');
    assert.deepEqual(
      hits,
      [0n, 4n, 8n, 12n, 16n].map((offset) => 0x40080000n + offset),
    );
    assert.equal(text(machine), 'A');
  });

  test('an undefined instruction with a breakpoint is asked about and then undefined', async () => {
    const machine = await guest(`ldr x0, =vectors\nmsr vbar_el1, x0\nisb\n.word 0xffffffff\n.balign 2048\nvectors: .skip 512\n${powerOff}`);
    let hits = 0;
    machine.hooks = { ...nothing, breakpoint: () => ++hits < 0 };
    machine.silicon.code.setBreakpoint(machine.hostAddress(0x4008000c));
    assert.equal(runAll(machine).kind, 'power-off');
    assert.equal(hits, 1);
  });
});
