import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { assemble } from '../../emulator/isa/assembler/assembler.ts';
import { FLAT_LOAD_ADDRESS } from '../../emulator/vmm/loader/kernel.ts';
import { powerOff } from '../vmm/guest.ts';

const main = fileURLToPath(new URL('../../debug-adapter/cli/main.ts', import.meta.url));
const program = ['--import', 'tsx', main];
const folder = mkdtempSync(join(tmpdir(), 'kvm-arm64-'));

const cli = (...options: string[]) =>
  spawnSync(process.execPath, [...program, ...options], { input: '', encoding: 'utf8', timeout: 60_000 });

/** A flat binary of this assembly in a file. */
function binary(name: string, source: string): string {
  const path = join(folder, `${name}.bin`);
  writeFileSync(path, assemble(source, { file: name, address: BigInt(FLAT_LOAD_ADDRESS) }).image);
  return path;
}

const file = (name: string, bytes: Uint8Array | string): string => {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
};

const hello = binary(
  'hello',
  `
        movz    x9, #0x0900, lsl #16
        adr     x1, text
1:      ldrb    w2, [x1], #1
        cbz     w2, 2f
        strb    w2, [x9]
        b       1b
2:${powerOff}
text:   .asciz "hello, world\\n"`,
);
const spinning = binary('spinning', '1: b 1b');
const waiting = binary('waiting', '1: wfi\nb 1b');
/** What no machine here can do: a watchpoint linked to a context breakpoint, and debug exceptions enabled. */
const linking = binary(
  'linking',
  `
        movz    x1, #1
        movk    x1, #0x10, lsl #16
        msr     dbgwcr0_el1, x1
        mov     x2, #0x8000
        msr     mdscr_el1, x2
        isb
        b       .`,
);
/** Reads bad memory, and powers off at the abort's vector. */
const consuming = binary(
  'consuming',
  `
        adr     x0, vectors
        msr     vbar_el1, x0
        isb
        adr     x1, bad
        ldr     x2, [x1]
        b       .
        .balign 2048
vectors:
        .space  0x200
        ${powerOff}
        .balign 64
bad:    .quad   1`,
);
const resetting = binary('resetting', 'movz x0, #0x8400, lsl #16\nmovk x0, #9\nhvc #0');

describe('kvm-arm64 run', () => {
  test('power-off is status 0; the console is on stdout; --stats says what happened', () => {
    const stats = join(folder, 'stats.json');
    const { status, stdout, stderr } = cli('run', '--kernel', hello, '--memory', '16M', '--stats', stats);
    assert.deepEqual([status, stdout, stderr], [0, 'hello, world\n', '']);
    const { instructions, seconds, mips, exits, peakMemory } = JSON.parse(readFileSync(stats, 'utf8'));
    assert.equal(instructions, 2 + 13 * 4 + 2 + 3);
    assert.equal(exits.KVM_EXIT_MMIO, 13);
    assert.equal(exits.KVM_EXIT_SYSTEM_EVENT, 1);
    for (const n of [seconds, mips, peakMemory]) assert.ok(n > 0);
  });
  test('a stop of the machine is status 2 with its reason; --stats counts KVM_EXIT_INTERNAL_ERROR', () => {
    const stats = join(folder, 'stopped.json');
    const { status, stderr } = cli('run', '--kernel', linking, '--memory', '16M', '--stats', stats);
    const reason = 'linked watchpoints are not supported, and the guest has enabled DBGWCR0_EL1 = 0x100001';
    assert.deepEqual([status, stderr], [2, `kvm-arm64: guest stopped: ${reason}\n`]);
    assert.equal(JSON.parse(readFileSync(stats, 'utf8')).exits.KVM_EXIT_INTERNAL_ERROR, 1);
  });
  describe('memory errors', () => {
    const bad = 'ipa:0x40080a40+8';
    const sea = ['run', '--kernel', consuming, '--memory', '16M', '--cpu', 'neoverse-n1'];
    test('--poison: the guest consumes the error, and user space injects the abort', () => {
      const stats = join(folder, 'consumed.json');
      const { status, stderr } = cli(...sea, '--poison', `${bad} data once`, '--stats', stats);
      assert.deepEqual([status, stderr], [0, '']);
      const { exits } = JSON.parse(readFileSync(stats, 'utf8'));
      assert.deepEqual([exits.KVM_EXIT_ARM_SEA, exits.KVM_EXIT_SYSTEM_EVENT], [1, 1]);
    });
    test('--on-exit: what user space does instead', () => {
      const { status, stderr } = cli(...sea, '--poison', bad, '--on-exit', 'ARM_SEA=terminate');
      assert.equal(status, 2);
      assert.match(stderr, /guest stopped: user space ended the machine at KVM_EXIT_ARM_SEA: external abort, ESR 0x92000010/);
    });
    test('--script: steps by instruction count, symbol and exit, told on stderr', () => {
      const script = file(
        'steps.jsonl',
        [
          { at: { instructions: 4 }, do: `poison ${bad}` },
          { at: { exit: 'ARM_SEA' }, do: 'resume' },
          { at: { exit: 'ARM_SEA', count: 2 }, do: ['unpoison all', 'inject dabt'] },
          { at: { symbol: 'out' }, do: 'inject serror' },
        ]
          .map((step) => JSON.stringify(step))
          .join('\n'),
      );
      const { status, stderr } = cli(...sea, '--script', script, '--symbols', file('consuming.map', '0000000040080a00 T out\n'));
      assert.equal(status, 0, stderr);
      const told = stderr.split('\n').map((line) => line.replace('kvm-arm64: script, vCPU 0, after ', ''));
      assert.equal(told[0], `4 instructions: poison #1: ${bad} UER`);
      assert.equal(told[1], '4 instructions: KVM_RUN goes on with kvm_run as it is');
      assert.match(told[3]!, /external abort injected: ESR_EL1 = 0x96000010, FAR_EL1 = 0x40080a40, ELR_EL1 = 0x40080010/);
      assert.match(told[4]!, /SError pending until PSTATE\.A lets it be taken/);
    });
    test('what cannot be is refused with status 1, what cannot be done with 2', () => {
      const rows = [
        [['--on-exit', 'ARM_SEA=stop'], 1, /--on-exit: ARM_SEA can be inject, .*, not stop/],
        [['--on-exit', 'INTR=resume'], 1, /write MMIO, ARM_NISV, ARM_SEA, ARM_LDST64B/],
        [['--poison', 'nowhere'], 1, /no register or symbol is called "nowhere"/],
        [['--poison', 'ipa:0x0+4'], 1, /ipa:0x0 is no memory/],
        [['--script', file('stop.jsonl', '{"at": {"instructions": 1}, "do": "stop"}')], 1, /"stop" needs a debugger/],
        [
          ['--script', file('early.jsonl', '{"at": {"instructions": 1}, "do": "inject dabt"}')],
          2,
          /script: "inject dabt" cannot be done: vCPU 0 is not/,
        ],
      ] as const;
      for (const [options, expected, why] of rows) {
        const { status, stderr } = cli(...sea, ...options);
        assert.equal(status, expected, stderr);
        assert.match(stderr, why);
      }
    });
  });
  test('reset is status 4', () => assert.equal(cli('run', '--kernel', resetting, '--memory', '16M').status, 4));
  test('time-out is status 124', () => {
    const { status, stderr } = cli('run', '--kernel', spinning, '--memory', '16M', '--timeout', '0.5');
    assert.equal(status, 124);
    assert.match(stderr, /time-out after 0\.5 s/);
  });
  test('--until ends with status 0 at the text', () => {
    const { status, stdout } = cli('run', '--kernel', hello, '--memory', '16M', '--until', 'world');
    assert.equal(status, 0);
    assert.match(stdout, /world/);
  });
  test('a guest that nothing can wake is status 2, with the reason', () => {
    const { status, stderr } = cli('run', '--kernel', waiting, '--memory', '16M');
    assert.equal(status, 2);
    assert.match(stderr, /every vCPU waits for an interrupt/);
  });
  test('stdin is the guest’s serial line', () => {
    const echo = binary(
      'echo',
      `
        movz    x9, #0x0900, lsl #16
1:      ldr     w1, [x9, #0x18]
        tbnz    w1, #4, 1b
        ldr     w1, [x9]
        cmp     w1, #'.'
        b.eq    2f
        strb    w1, [x9]
        b       1b
2:${powerOff}`,
    );
    const run = spawnSync(process.execPath, [...program, 'run', '--kernel', echo, '--memory', '16M'], {
      input: 'typed.',
      encoding: 'utf8',
      timeout: 60_000,
    });
    assert.deepEqual([run.status, run.stdout], [0, 'typed']);
  });
  test('ends when its reader goes away', async () => {
    const flooding = binary('flooding', 'movz x9, #0x0900, lsl #16\nmov w1, #65\n1: strb w1, [x9]\nb 1b');
    const child = spawn(process.execPath, [...program, 'run', '--kernel', flooding, '--memory', '16M'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    child.stdout.once('data', () => child.stdout.destroy());
    const status = await new Promise((resolve) => child.on('exit', (code) => resolve(code)));
    assert.equal(status, 130);
  });
});

describe('kvm-arm64 run refuses', () => {
  const refuses = (title: string, options: string[], message: RegExp): void => {
    test(title, () => {
      const { status, stderr, stdout } = cli('run', ...options);
      assert.match(stderr, message);
      assert.deepEqual([status, stdout], [1, '']);
    });
  };
  refuses('no kernel', [], /--kernel <file>' not specified/);
  refuses('a missing file', ['--kernel', '/nowhere/Image'], /--kernel: \/nowhere\/Image: there is no such file/);
  refuses('a directory', ['--kernel', folder], /that is a directory/);
  refuses(
    'a compressed kernel',
    ['--kernel', file('Image.gz', Uint8Array.of(0x1f, 0x8b, 8, 0))],
    /is gzip-compressed: an arm64 guest needs the raw Image/,
  );
  refuses('an empty file', ['--kernel', file('Image', '')], /is empty/);
  refuses('odd memory sizes', ['--kernel', hello, '--memory', 'some'], /memory size "some" is not understood/);
  refuses('more memory than there can be', ['--kernel', hello, '--memory', '64G'], /too large/);
  refuses('absurd vCPU counts', ['--kernel', hello, '--cpus', '1000'], /1000 vCPUs: the machine has 1 to 8/);
  refuses('a vCPU count that is none', ['--kernel', hello, '--cpus', 'two'], /whole number/);
  refuses('an unknown CPU', ['--kernel', hello, '--cpu', 'm1'], /cortex-a57, neoverse-n1, max/);
  refuses(
    'an initrd larger than memory',
    ['--kernel', hello, '--memory', '16M', '--initrd', file('initrd', new Uint8Array(20 << 20))],
    /does not fit/,
  );
  refuses('an unknown option', ['--kernel', hello, '--smp', '4'], /unknown option '--smp'/);
});

describe('kvm-arm64 lockstep', () => {
  test('runs a guest in both tiers and says that they did the same', () => {
    const { status, stdout, stderr } = cli('lockstep', '--kernel', hello, '--memory', '16M', '--every', '10', '--hot', '2');
    assert.deepEqual(
      [status, stdout, stderr],
      [0, 'hello, world\n', 'kvm-arm64: the same in both tiers: 59 instructions to power-off, compared 6 times\n'],
    );
  });
  test('ends where it is told to', () => {
    const { status, stderr } = cli('lockstep', '--kernel', spinning, '--memory', '16M', '--every', '1000', '--limit', '100000');
    assert.equal(status, 0);
    assert.match(stderr, /the same in both tiers: 100000 instructions to the limit, compared 100 times/);
  });
  test('refuses a portion that is none', () => {
    const { status, stderr } = cli('lockstep', '--kernel', hello, '--every', '0');
    assert.equal(status, 1);
    assert.match(stderr, /--every <n>' argument '0' is invalid/);
  });
});

describe('kvm-arm64 decode', () => {
  test('a syndrome, field by field', () => {
    const { status, stdout } = cli('decode', 'esr', '0x93800046');
    assert.equal(status, 0);
    for (const row of [/EC +0x24 +data abort from a lower/i, /SAS +0x2 +word/, /WnR +0x1 +write/, /DFSC +0x6 +translation fault, level 2/])
      assert.match(stdout, row);
  });
  test('bits of newer architectures are unknown, not an error', () => {
    const { status, stdout } = cli('decode', 'spsr', 'ffffffffffffffff');
    assert.equal(status, 0);
    assert.match(stdout, /unknown +0x/);
  });
  test('an unknown register', () => {
    const { status, stderr } = cli('decode', 'esrr', '0');
    assert.equal(status, 1);
    assert.match(stderr, /no register is called "esrr"/);
  });
  test('a translation table descriptor', () => {
    const { status, stdout } = cli('decode', 'stage1', '0x00680000411d4f0b', '--mair', 'ff440c0400');
    assert.equal(status, 0);
    for (const row of [
      /^stage 1 level 3 page descriptor/,
      /OA +0x411d4 +ipa:0x411d4000/,
      /nG +0x1 +of the ASID/,
      /AttrIndx\[2:0\] +0x2 +MAIR_EL1\.Attr2 = 0x0c: Device-GRE/,
    ])
      assert.match(stdout, row);
    assert.match(
      cli('decode', 'stage2', '7d9', '--level', '2', '--fwb').stdout,
      /block.*\n(.*\n)*.*MemAttr\[3:0\] +0x6 +Normal Write-Back whatever stage 1 says/,
    );
    assert.match(cli('decode', 'stage1', '0', '--level', '4').stderr, /must be 0 to 3/);
  });
  test('a value that is no number', () => assert.match(cli('decode', 'esr', 'x').stderr, /no hexadecimal number/));
});

describe('kvm-arm64 disasm', () => {
  test('words with their addresses', () => {
    const { status, stdout } = cli('disasm', 'ffff800008000000', 'd503201f', '0x14000001', 'ffffffff');
    assert.equal(status, 0);
    assert.deepEqual(stdout.split('\n').slice(0, 2), [
      'ffff800008000000: d503201f  nop',
      'ffff800008000004: 14000001  b 0xffff800008000008',
    ]);
    assert.match(stdout, /ffffffff {2}\.inst/);
  });
  test('an address between instructions', () => assert.match(cli('disasm', '2', '0').stderr, /not a multiple of 4/));
});
