import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { faultAddress } from '../../../debug-adapter/views/fault-address.ts';
import type { ExitField, Machine, StopCause } from '../../../emulator/machine/machine.ts';

const EL0 = 0n;
const EL1H_PAN = 5n | (1n << 22n);

const machine = (values: Readonly<Record<string, bigint>>): Machine =>
  ({
    readRegisters: async (_: number, names: readonly string[]) => names.map((name) => ({ name, value: values[name] ?? 0n })),
  }) as unknown as Machine;
const exit = (name: string, fields: readonly ExitField[] = []): StopCause => ({
  kind: 'exit',
  exit: { vcpu: 0, reason: 0, name, fields, summary: '' },
});
const exception = (esr: bigint, spsr: bigint): StopCause => ({
  kind: 'exception',
  exception: { vcpu: 0, class: 'data-abort', targetEl: 1, esr, far: 0x1234n, elr: 0n, spsr },
});
const none = machine({});

describe('the address of an abort', () => {
  for (const [name, esr, spsr, query] of [
    ['a load', (0x24n << 26n) | 7n, EL0, { kind: 'read', el: 0, pan: false }],
    ['a store of EL1 under PAN', (0x25n << 26n) | 0x4fn, EL1H_PAN, { kind: 'write', el: 1, pan: true }],
    ['a fetch', (0x20n << 26n) | 7n, EL0, { kind: 'fetch', el: 0, pan: false }],
    ['WnR of a stage 1 walk is not that of the access', (0x24n << 26n) | 0xcfn, EL0, { kind: 'read', el: 0, pan: false }],
    ['WnR of cache maintenance is not a write', (0x24n << 26n) | 0x147n, EL0, { kind: 'read', el: 0, pan: false }],
  ] as const) {
    it(name, async () =>
      assert.deepEqual(await faultAddress(exception(esr, spsr), 0, none), {
        register: 'FAR_EL1',
        query: { space: 'va', address: 0x1234n, ...query },
      }),
    );
  }
  it('at an exit it is that of EL2, with the PSTATE that the guest has', async () => {
    const registers = machine({ ESR_EL2: (0x24n << 26n) | 0x45n, FAR_EL2: 0x99n, pstate: EL1H_PAN });
    assert.deepEqual(await faultAddress(exit('KVM_EXIT_MMIO'), 0, registers), {
      register: 'FAR_EL2',
      query: { space: 'va', address: 0x99n, kind: 'write', el: 1, pan: true },
    });
    assert.equal(await faultAddress(exit('KVM_EXIT_SYSTEM_EVENT'), 0, registers), undefined);
  });
  it('no abort, or an external abort without address', async () => {
    assert.equal(await faultAddress(exception(0x15n << 26n, EL0), 0, none), undefined);
    assert.equal(await faultAddress(exception((0x24n << 26n) | (1n << 10n) | 0x10n, EL0), 0, none), undefined);
    assert.equal(await faultAddress({ kind: 'step' }, 0, none), undefined);
  });
  it('KVM_EXIT_ARM_SEA without FAR: the guest physical address, where that is valid', async () => {
    const registers = machine({ ESR_EL2: (0x24n << 26n) | (1n << 10n) | 0x10n });
    const fields = (meaning: string): ExitField[] => [
      { name: 'flags', value: 1n, bytes: 8, meaning },
      { name: 'gpa', value: 0x4000_1000n, bytes: 8 },
    ];
    assert.deepEqual(await faultAddress(exit('KVM_EXIT_ARM_SEA', fields('GPA_VALID')), 0, registers), {
      register: 'gpa',
      query: { space: 'ipa', address: 0x4000_1000n },
    });
    assert.equal(await faultAddress(exit('KVM_EXIT_ARM_SEA', fields('')), 0, registers), undefined);
  });
});
