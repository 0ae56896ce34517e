import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { KvmError } from '../../emulator/kvm/errno.ts';
import { defaultBitmaps } from '../../emulator/kvm/hypercalls/bitmaps.ts';
import type { HypercallContext, HypercallMachine } from '../../emulator/kvm/hypercalls/context.ts';
import { psciVersion } from '../../emulator/kvm/hypercalls/psci.ts';
import { smcccCall } from '../../emulator/kvm/hypercalls/smccc.ts';
import { filterAction, SmcccFilter } from '../../emulator/kvm/smccc-filter.ts';

interface Situation {
  readonly version?: number;
  readonly stopped?: readonly number[];
  readonly vcpus?: number;
  readonly suspend?: boolean;
}

/** Performs a call and tells what it returned and did. */
function call(arguments_: readonly bigint[], { version = psciVersion.V1_1, stopped = [1], vcpus = 2, suspend = false }: Situation = {}) {
  const done: unknown[] = [];
  let entropy = 0x1111_2222_3333_4444n;
  const vm: HypercallMachine = {
    vcpuCount: vcpus,
    affinity: (i) => (i & 15) | ((i >> 4) << 8),
    isStopped: (i) => stopped.includes(i),
    start: (...how) => done.push(['start', ...how]),
    psciVersion: version,
    systemSuspend: suspend,
    firmwareBitmaps: defaultBitmaps(),
    workarounds: { spectreV2: -1n, ssbd: -1n, spectreBhb: -1n },
    entropy: () => entropy++,
    wallNanoseconds: 0x5_0000_0001n,
    counter: () => 0x7_0000_0002n,
  };
  const context: HypercallContext = {
    x: (n) => BigInt.asUintN(64, arguments_[n] ?? 0n),
    setX: (n, value) => done.push([`X${n}`, value]),
    vm,
    index: 0,
    stop: () => done.push('stop'),
    wait: () => done.push('wait'),
    systemEvent: (type, flags) => done.push(['event', type, flags]),
  };
  return { result: smcccCall(context), done };
}

const returns = (title: string, arguments_: readonly bigint[], result: readonly bigint[], situation?: Situation): void => {
  test(title, () => assert.deepEqual(call(arguments_, situation).result, result));
};

describe('SMC Calling Convention', () => {
  returns('VERSION 1.1', [0x80000000n], [0x10001n]);
  returns('ARCH_FEATURES of an unknown call', [0x80000001n, 0x80001234n], [-1n]);
  returns('workarounds are not offered', [0x80000001n, 0x80008000n], [-1n]);
  returns('unknown call', [0x82000000n], [-1n]);
  returns('exits §7: ARCH_FEATURES of PV_TIME_FEATURES', [0x80000001n, 0xc5000020n], [0n]);
  returns('exits §7: PV_TIME_ST without stolen time', [0xc5000021n], [-1n]);
  for (const id of [0xc6000040n, 0xc6000041n]) returns(`exits §7: DISCOVER_IMPL 0x${id.toString(16)} is for user space`, [id], [-1n]);
  returns('identifiers are W0: bits above 31 are not looked at', [0xffff_ffff_8000_0000n], [0x10001n]);
  returns('KVM’s UID', [0x8600ff01n], [0xb66fb428n, 0xe911c52en, 0x564bcaa9n, 0x743a004dn]);
  returns('KVM’s features: features and PTP', [0x86000000n], [3n, 0n, 0n]);
  returns('PTP: wall clock and counter in words', [0x86000001n, 0n], [5n, 1n, 7n, 2n]);
  returns('PTP of an unknown counter', [0x86000001n, 2n], [-1n]);
});

describe('TRNG', () => {
  returns('VERSION 1.0', [0x84000050n], [0x10000n]);
  returns('FEATURES of RND64', [0x84000051n, 0xc4000053n], [0n]);
  returns('FEATURES of PSCI', [0x84000051n, 0x84000000n], [-1n]);
  returns('RND64 of 64 bits: entropy in X3', [0xc4000053n, 64n], [0n, 0n, 0n, 0x1111_2222_3333_4444n]);
  returns('RND64 of 100 bits: 36 of them in X2', [0xc4000053n, 100n], [0n, 0n, 0x2_3333_4445n, 0x1111_2222_3333_4444n]);
  returns('RND32 of 32 bits', [0x84000053n, 32n], [0n, 0n, 0n, 0x3333_4444n]);
  returns('no bits', [0xc4000053n, 0n], [0n, 0n, 0n, 0n]);
  returns('more than 192', [0xc4000053n, 193n], [-2n]);
  returns('more than 96 with 32-bit words', [0x84000053n, 97n], [-2n]);
});

describe('PSCI', () => {
  returns('VERSION', [0x84000000n], [0x10001n]);
  returns('VERSION has no 64-bit form', [0xc4000000n], [-1n]);
  returns('MIGRATE_INFO_TYPE: no trusted OS', [0x84000006n], [2n]);
  returns('MIGRATE', [0xc4000005n], [-1n]);
  returns('FEATURES of CPU_ON', [0x8400000an, 0xc4000003n], [0n]);
  returns('FEATURES of SMCCC_VERSION', [0x8400000an, 0x80000000n], [0n]);
  returns('FEATURES of SYSTEM_SUSPEND without the capability', [0x8400000an, 0xc400000en], [-1n]);
  returns('FEATURES in PSCI 0.2', [0x8400000an, 0xc4000003n], [-1n], { version: psciVersion.V0_2 });
  returns('SYSTEM_OFF2 in 1.1', [0xc4000015n, 0n, 0n], [-1n]);
  returns('FEATURES of SYSTEM_OFF2 in 1.3', [0x8400000an, 0xc4000015n], [1n], { version: psciVersion.V1_3 });
  returns('AFFINITY_INFO: on, off, nobody, bad level', [0xc4000004n, 0n, 0n], [0n]);
  returns('AFFINITY_INFO off', [0xc4000004n, 1n, 0n], [1n]);
  returns('AFFINITY_INFO of the cluster: one is on', [0xc4000004n, 0n, 1n], [0n]);
  returns('AFFINITY_INFO of nobody', [0xc4000004n, 9n, 0n], [-2n]);
  returns('AFFINITY_INFO level 4', [0xc4000004n, 0n, 4n], [-2n]);
  returns('CPU_ON of a running vCPU', [0xc4000003n, 0n, 0x40080000n, 0n], [-4n]);
  returns('CPU_ON of bits that are no affinity', [0xc4000003n, 0x8000_0001n, 0x40080000n, 0n], [-2n]);
  returns('CPU_ON of nobody', [0xc4000003n, 5n, 0x40080000n, 0n], [-2n]);

  const { V1_3 } = psciVersion;
  for (const n of [5n, 7n, 11n, 12n, 13n, 15n, 16n, 17n, 19n, 20n])
    returns(`exits §8: function ${n}: NOT_SUPPORTED`, [0x84000000n + n, 0n, 0n, 0n], [-1n], { version: V1_3 });
  test('exits §8: SYSTEM_OFF2 of types 0 and 1 without a cookie: event SHUTDOWN with flag 1; else INVALID_PARAMS', () => {
    for (const id of [0x84000015n, 0xc4000015n]) {
      for (const type of [0n, 1n]) assert.deepEqual(call([id, type, 0n], { version: V1_3 }).done, [['event', 1, 1n]]);
      assert.deepEqual(call([id, 2n, 0n], { version: V1_3 }), { result: [-2n], done: [] });
      assert.deepEqual(call([id, 0n, 1n], { version: V1_3 }), { result: [-2n], done: [] });
    }
  });
  test('exits §8: PSCI 0.1 has KVM’s numbers for CPU_OFF and CPU_ON, and nothing else', () => {
    const version = psciVersion.V0_1;
    assert.deepEqual(call([0x95c1ba5fn], { version }).done, ['stop']);
    assert.deepEqual(call([0x95c1ba60n, 1n, 0x40080000n, 7n], { version }).done, [['start', 1, 0x40080000n, 7n]]);
    for (const id of [0x95c1ba5en, 0x95c1ba61n, 0x84000000n]) assert.deepEqual(call([id], { version }).result, [-1n]);
  });

  test('CPU_ON starts a stopped vCPU; the 32-bit call has 32-bit arguments', () => {
    assert.deepEqual(call([0xc4000003n, 1n, 0x1_4008_0000n, 7n]), { result: [0n], done: [['start', 1, 0x1_4008_0000n, 7n]] });
    assert.deepEqual(call([0x84000003n, 1n, 0x1_4008_0000n, 7n]).done, [['start', 1, 0x4008_0000n, 7n]]);
  });
  test('CPU_OFF stops, CPU_SUSPEND waits', () => {
    assert.deepEqual(call([0x84000002n]).done, ['stop']);
    assert.deepEqual(call([0xc4000001n]), { result: [0n], done: ['wait'] });
  });
  test('SYSTEM_OFF and SYSTEM_RESET: event, X0 preset to INTERNAL_FAILURE', () => {
    assert.deepEqual(call([0x84000008n]), { result: [-6n], done: [['event', 1, 0n]] });
    assert.deepEqual(call([0x84000009n]), { result: [-6n], done: [['event', 2, 0n]] });
  });
  test('SYSTEM_RESET2: warm and vendor resets have flag 1, other types are invalid', () => {
    const reset = {
      result: [],
      done: [
        ['event', 2, 1n],
        ['X0', -6n],
      ],
    };
    assert.deepEqual(call([0xc4000012n, 0n]), reset);
    assert.deepEqual(call([0xc4000012n, 0x80000001n]), reset);
    assert.deepEqual(call([0xc4000012n, 1n]), { result: [-2n], done: [] });
  });
  test('SYSTEM_SUSPEND with the capability leaves the registers alone', () => {
    assert.deepEqual(call([0xc400000en], { suspend: true }), { result: [], done: [['event', 5, 0n]] });
  });
});

describe('SMCCC filter', () => {
  const fails = (errno: string, act: (filter: SmcccFilter) => void): void => {
    assert.throws(
      () => act(new SmcccFilter()),
      (error: Error) => error instanceof KvmError && error.errno === errno,
    );
  };
  test('ranges decide; everything else is handled', () => {
    const filter = new SmcccFilter();
    filter.add(0xc3000000, 16, filterAction.FWD_TO_USER, false);
    assert.equal(filter.actionFor(0xc300000f), filterAction.FWD_TO_USER);
    assert.equal(filter.actionFor(0xc3000010), filterAction.HANDLE);
  });
  test('EINVAL: empty, wrapping, unknown action', () => {
    fails('EINVAL', (f) => f.add(0, 0, 0, false));
    fails('EINVAL', (f) => f.add(0xffffffff, 2, 0, false));
    fails('EINVAL', (f) => f.add(0, 1, 3, false));
  });
  test('EBUSY once the VM has run', () => fails('EBUSY', (f) => f.add(0, 1, 1, true)));
  test('EEXIST: overlap, also with the architecture calls', () => {
    fails('EEXIST', (f) => f.add(0x80000000, 1, 1, false));
    fails('EEXIST', (f) => {
      f.add(0x84000000, 32, 1, false);
      f.add(0x84000010, 1, 2, false);
    });
  });
});
