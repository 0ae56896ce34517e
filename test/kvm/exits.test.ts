import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decodeExit, exitDefinitions } from '../../emulator/kvm/exits/index.ts';
import { EXIT_UNION_BYTES, KVM_RUN_BYTES, KvmRun, kvmRun } from '../../emulator/kvm/exits/layout.ts';

/** `struct kvm_run` and its exit records as arm64's headers lay them out: name, number, fields as [name, offset, size]. */
const rows: readonly (readonly [string, number, readonly (readonly [string, number, number])[]])[] = [
  ['KVM_EXIT_UNKNOWN', 0, [['hardware_exit_reason', 32, 8]]],
  [
    'KVM_EXIT_HYPERCALL',
    3,
    [
      ['nr', 32, 8],
      ['args', 40, 8],
      ['ret', 88, 8],
      ['flags', 96, 8],
    ],
  ],
  [
    'KVM_EXIT_DEBUG',
    4,
    [
      ['hsr', 32, 4],
      ['hsr_high', 36, 4],
      ['far', 40, 8],
    ],
  ],
  [
    'KVM_EXIT_MMIO',
    6,
    [
      ['phys_addr', 32, 8],
      ['data', 40, 8],
      ['len', 48, 4],
      ['is_write', 52, 1],
    ],
  ],
  ['KVM_EXIT_SHUTDOWN', 8, []],
  [
    'KVM_EXIT_FAIL_ENTRY',
    9,
    [
      ['hardware_entry_failure_reason', 32, 8],
      ['cpu', 40, 4],
    ],
  ],
  ['KVM_EXIT_INTR', 10, []],
  [
    'KVM_EXIT_INTERNAL_ERROR',
    17,
    [
      ['suberror', 32, 4],
      ['ndata', 36, 4],
      ['data', 40, 8],
    ],
  ],
  [
    'KVM_EXIT_SYSTEM_EVENT',
    24,
    [
      ['type', 32, 4],
      ['ndata', 36, 4],
      ['data', 40, 8],
    ],
  ],
  [
    'KVM_EXIT_ARM_NISV',
    28,
    [
      ['esr_iss', 32, 8],
      ['fault_ipa', 40, 8],
    ],
  ],
  ['KVM_EXIT_DIRTY_RING_FULL', 31, []],
  [
    'KVM_EXIT_MEMORY_FAULT',
    39,
    [
      ['flags', 32, 8],
      ['gpa', 40, 8],
      ['size', 48, 8],
    ],
  ],
  [
    'KVM_EXIT_ARM_SEA',
    41,
    [
      ['flags', 32, 8],
      ['esr', 40, 8],
      ['gva', 48, 8],
      ['gpa', 56, 8],
    ],
  ],
  [
    'KVM_EXIT_ARM_LDST64B',
    42,
    [
      ['esr_iss', 32, 8],
      ['fault_ipa', 40, 8],
    ],
  ],
];

describe('exit reasons of KVM_RUN', () => {
  for (const [name, number, fields] of rows) {
    test(`${name} is ${number}`, () => {
      const definition = exitDefinitions.find((d) => d.name === name);
      assert.equal(definition?.number, number);
      assert.deepEqual(
        definition!.fields.map((f) => [f.name, f.offset, f.size]),
        fields,
      );
    });
  }

  test('there are no others', () => assert.equal(exitDefinitions.length, rows.length));

  test('every record lies in the union', () => {
    for (const { name, fields } of exitDefinitions) {
      for (const { offset, size, count = 1 } of fields) {
        assert.ok(offset >= kvmRun.exit && offset + size * count <= kvmRun.exit + EXIT_UNION_BYTES, name);
      }
    }
  });
});

describe('struct kvm_run', () => {
  test('2352 bytes; exit_reason at 8; device_irq_level at 304', () => {
    assert.equal(KVM_RUN_BYTES, 2352);
    assert.equal(kvmRun.exitReason, 8);
    assert.equal(kvmRun.deviceIrqLevel, 304);
  });

  test('a new exit leaves what others left in the union, but for what it clears', () => {
    const run = new KvmRun();
    run.set(32, 8, ~0n);
    run.set(200, 8, ~0n);
    run.begin(6);
    assert.equal(run.exitReason, 6);
    assert.deepEqual([run.get(32, 8), run.get(200, 8)], [BigInt.asUintN(64, ~0n), BigInt.asUintN(64, ~0n)]);
    run.begin(24, 136);
    assert.deepEqual([run.get(32, 8), run.get(200, 8)], [0n, BigInt.asUintN(64, ~0n)]);
  });

  test('an MMIO write decodes to what the guest did', () => {
    const run = new KvmRun();
    run.begin(6);
    run.set(32, 8, 0x9000000n);
    run.set(40, 8, 0x41n);
    run.setNumber(48, 4, 4);
    run.setNumber(52, 1, 1);
    const { summary, fields } = decodeExit(run);
    assert.equal(summary, 'write of 4 bytes at 0x9000000: 0x41');
    assert.deepEqual(
      fields.find((f) => f.name === 'is_write'),
      { name: 'is_write', value: 1n, bytes: 1, meaning: 'write' },
    );
  });

  test('an unknown reason is shown, not an error', () => {
    const run = new KvmRun();
    run.begin(99);
    assert.equal(decodeExit(run).name, 'KVM_EXIT_99');
  });
});
