import { type feature, GUEST, type Init, place, type Script, SHORT, scripted, slot, struct } from '../script.ts';
import type { Case } from '../steps.ts';

type FeatureName = keyof typeof feature;

/** A guest that makes one call and shows itself. */
const caller = (instruction: string): string => `mov x29, #0x9000000\n${instruction}\nstr w0, [x29]\nb .`;

/** Where vCPU 1 starts. */
const ENTRY = BigInt(GUEST + 0x1000);
const results = ['pc', 'x0', 'x1', 'x2', 'x3', 'x4'] as const;

interface Call {
  readonly instruction?: string;
  readonly features?: readonly FeatureName[];
  /** VMs with KVM_CAP_ARM_SYSTEM_SUSPEND. */
  readonly cap?: number;
  readonly filter?: readonly Uint8Array[];
  /** What KVM_REG_ARM_PSCI_VERSION is set to. */
  readonly version?: bigint;
}

/** A guest that makes a call with X0 and so on as given. */
export function call(script: Script, registers: readonly bigint[], of: Call = {}): void {
  script.vm();
  script.ram();
  script.createVcpu(0);
  script.createVcpu(1);
  const features: Init = { features: of.features ?? ['PSCI_0_2'] };
  script.init(0, features);
  script.init(1, { features: [...(of.features ?? ['PSCI_0_2']), 'POWER_OFF'] });
  script.program(caller(of.instruction ?? 'hvc #0'));
  if (of.cap !== undefined) script.enable(of.cap);
  for (const [n, range] of (of.filter ?? []).entries()) {
    script.write(place.value, range);
    script.attribute(slot.vm, 'KVM_SET_DEVICE_ATTR', 0, 0, `filter ${n}`);
  }
  if (of.version !== undefined) script.set('psci_version', of.version);
  script.set('pc', BigInt(GUEST));
  for (const [n, value] of registers.entries()) script.set(`x${n}`, value);
  script.set('x4', 0x4444n);
  script.run('KVM_RUN', 0, SHORT);
  script.registers(results);
  script.mpState('mp_state', 0);
}

const psci32 = (n: number): bigint => 0x8400_0000n + BigInt(n);
const psci64 = (n: number): bigint => 0xc400_0000n + BigInt(n);

const numbers = Array.from({ length: 0x20 }, (_, n) => n);

/** Function identifiers around those that KVM knows, each with the same innocent arguments. */
const functions: readonly bigint[] = [
  ...numbers.map(psci32),
  ...numbers.map(psci64),
  ...[0, 1, 2, 3].map((n) => 0x95c1_ba5en + BigInt(n)),
  ...[0x8000_0000n, 0x8000_0001n, 0x8000_0002n, 0x8000_8000n, 0x8000_7fffn, 0x8000_3fffn, 0xc000_0000n, 0x8000_ff01n],
  ...[0x8400_0050n, 0x8400_0051n, 0x8400_0052n, 0x8400_0053n, 0x8400_0054n, 0xc400_0050n, 0xc400_0053n],
  ...[0xc500_0020n, 0xc500_0021n, 0xc500_0022n, 0x8500_0020n],
  ...[0x8600_0000n, 0x8600_ff01n, 0x8600_ff03n, 0xc600_0000n, 0xc600_0002n, 0xc600_0040n],
  ...[0n, 0x1234n, 0x8100_0000n, 0x8200_0000n, 0x8300_0000n, 0xb200_0000n, 0xffff_ffffn, 0x1_8400_0000n],
];

/** Calls of which the same arguments do not say enough. */
const particular: Readonly<Record<string, readonly [readonly bigint[], Call?]>> = {
  'PSCI_FEATURES of each function': [[psci32(10), psci32(10)]],
  ...Object.fromEntries(
    [...numbers.map(psci32), ...numbers.map(psci64), 0x8000_0000n, 0x8000_0001n, 0x1_8400_0000n].map((id) => [
      `PSCI_FEATURES of 0x${id.toString(16)}`,
      [[psci32(10), id]] as const,
    ]),
  ),
  ...Object.fromEntries(
    [0x8000_0000n, 0x8000_0001n, 0x8000_8000n, 0x8000_7fffn, 0x8000_3fffn, 0xc500_0020n, 0xc500_0021n, 0x8400_0050n, 0x8600_0000n].map(
      (id) => [`SMCCC_ARCH_FEATURES of 0x${id.toString(16)}`, [[0x8000_0001n, id]] as const],
    ),
  ),
  'CPU_ON of vCPU 0': [[psci64(3), 0n, ENTRY, 7n]],
  'CPU_ON of vCPU 2': [[psci64(3), 2n, ENTRY, 7n]],
  'CPU_ON of affinity 1.0.0.0': [[psci64(3), 1n << 32n, ENTRY, 7n]],
  'CPU_ON with bits that are no affinity': [[psci64(3), 0x8000_0001n, ENTRY, 7n]],
  'CPU_ON by 32 bits with high halves': [[psci32(3), 0xffff_ffff_0000_0001n, 0xffff_ffff_0000_0000n + ENTRY, 0xffff_ffff_0000_0007n]],
  'AFFINITY_INFO of vCPU 0': [[psci64(4), 0n, 0n]],
  'AFFINITY_INFO of vCPU 1': [[psci64(4), 1n, 0n]],
  'AFFINITY_INFO of vCPU 2': [[psci64(4), 2n, 0n]],
  'AFFINITY_INFO of level 1': [[psci64(4), 1n, 1n]],
  'AFFINITY_INFO of level 3': [[psci64(4), 1n, 3n]],
  'AFFINITY_INFO of level 4': [[psci64(4), 1n, 4n]],
  'AFFINITY_INFO by 32 bits': [[psci32(4), 1n, 0n]],
  'SYSTEM_RESET2 of a vendor': [[psci64(18), 0x8000_0000n, 5n]],
  'SYSTEM_RESET2 of type 1': [[psci64(18), 1n, 0n]],
  'SYSTEM_RESET2 by 32 bits': [[psci32(18), 0xf_8000_0000n, 5n]],
  'SYSTEM_OFF2 of type 1': [[psci64(21), 1n, 0n]],
  'SYSTEM_OFF2 of type 2': [[psci64(21), 2n, 0n]],
  'SYSTEM_OFF2 with a cookie': [[psci64(21), 1n, 1n]],
  'SYSTEM_SUSPEND with its capability': [[psci64(14), ENTRY, 7n], { cap: 216 }],
  'SYSTEM_SUSPEND by 32 bits with its capability': [[psci32(14), ENTRY, 7n], { cap: 216 }],
  'PSCI_FEATURES of SYSTEM_SUSPEND with its capability': [[psci32(10), psci64(14)], { cap: 216 }],
  'PSCI_VERSION by SMC': [[psci32(0)], { instruction: 'smc #0' }],
  'PSCI_VERSION by HVC #1': [[psci32(0)], { instruction: 'hvc #1' }],
  'PSCI_VERSION by SMC #1': [[psci32(0)], { instruction: 'smc #1' }],
  'CPU_OFF by SMC': [[psci32(2)], { instruction: 'smc #0' }],
  'PSCI_VERSION without PSCI_0_2': [[psci32(0)], { features: [] }],
  'PSCI 0.1 CPU_OFF without PSCI_0_2': [[0x95c1_ba5fn], { features: [] }],
  'SYSTEM_OFF without PSCI_0_2': [[psci32(8)], { features: [] }],
  'PTP of the virtual counter': [[0x8600_0001n, 0n]],
  'PTP of no counter': [[0x8600_0001n, 2n]],
  'TRNG_FEATURES of RND64': [[0x8400_0051n, 0xc400_0053n]],
  'TRNG_FEATURES of something else': [[0x8400_0051n, 0x8400_0055n]],
  'TRNG_RND64 of 0 bits': [[0xc400_0053n, 0n]],
  'TRNG_RND64 of 193 bits': [[0xc400_0053n, 193n]],
  'TRNG_RND32 of 97 bits': [[0x8400_0053n, 97n]],
  ...Object.fromEntries(
    [1n, 2n, 0x1_0000n, 0x1_0001n, 0x1_0002n, 0x1_0003n].flatMap((version) =>
      [0, 10, 18, 21].map((n) => [
        `PSCI function ${n} of version 0x${version.toString(16)}`,
        [[psci32(n), psci64(21)], { version }] as const,
      ]),
    ),
  ),
};

/** struct kvm_smccc_filter */
const filter = (base: number | bigint, count: number, action: number, pad = 0): Uint8Array =>
  struct(24, [
    [0, 'u32', base],
    [4, 'u32', count],
    [8, 'u8', action],
    [9, 'u8', pad],
  ]);
const HANDLE = 0;
const DENY = 1;
const FORWARD = 2;

const filtered = (name: string, registers: readonly bigint[], ranges: readonly Uint8Array[], instruction = 'hvc #0'): Case =>
  scripted(`filter: ${name}`, (script) => call(script, registers, { filter: ranges, instruction }));

const filterErrors: Readonly<Record<string, Uint8Array>> = {
  'no function': filter(0x8400_0000, 0, DENY),
  'a range that wraps': filter(0xffff_ffff, 2, DENY),
  'the last function': filter(0xffff_ffff, 1, DENY),
  'an action that is none': filter(0x8500_0000, 1, 3),
  padding: filter(0x8500_0000, 1, DENY, 1),
  'one range': filter(0x8700_0000, 16, DENY),
  'the same range': filter(0x8700_0000, 16, DENY),
  'a range that overlaps': filter(0x8700_000f, 16, FORWARD),
  'the range after it': filter(0x8700_0010, 16, FORWARD),
  'an architecture call': filter(0x8000_0000, 1, DENY),
  'an architecture call of 64 bits': filter(0xc000_ffff, 1, DENY),
};

export const hypercalls: readonly Case[] = [
  ...functions.map((id) => scripted(`function 0x${id.toString(16)}`, (script) => call(script, [id, 0x11n, 0x22n, 0x33n]))),
  ...Object.entries(particular).map(([name, [registers, of]]) => scripted(name, (script) => call(script, registers, of))),
  scripted('CPU_ON, and the vCPU that it starts', (script) => {
    call(script, [psci64(3), 1n, ENTRY, 0x77n]);
    script.mpState('mp_state of vCPU 1', 1);
    script.set('x5', 5n, 1);
    script.write(place.memory + 0x1000, Uint8Array.of(0, 0, 0, 0x14));
    script.run('vCPU 1', 1, SHORT);
    script.registers(['pc', 'x0', 'x5', 'pstate', 'sctlr_el1', 'mpidr_el1'], 1);
  }),
  scripted('CPU_ON twice', (script) => {
    call(script, [psci64(3), 1n, ENTRY, 0x77n]);
    script.set('pc', BigInt(GUEST));
    script.set('x0', psci64(3));
    script.set('x1', 1n);
    script.run('again', 0, SHORT);
    script.registers(['x0']);
  }),
  scripted('a vCPU that is off does not run', (script) => {
    call(script, [psci32(0)]);
    script.run('vCPU 1', 1, SHORT);
    script.registers(['pc', 'x0'], 1);
  }),
  scripted('KVM_RUN after SYSTEM_OFF', (script) => {
    call(script, [psci32(8)]);
    script.run('again', 0, SHORT);
    script.registers(['pc', 'x0']);
  }),
  filtered('PSCI_VERSION denied', [psci32(0)], [filter(0x8400_0000, 1, DENY)]),
  filtered('PSCI_VERSION forwarded', [psci32(0), 1n, 2n], [filter(0x8400_0000, 1, FORWARD)]),
  filtered('PSCI_VERSION forwarded, by SMC', [psci32(0), 1n, 2n], [filter(0x8400_0000, 1, FORWARD)], 'smc #0'),
  filtered('PSCI_VERSION handled', [psci32(0)], [filter(0x8400_0000, 1, HANDLE)]),
  filtered('an unknown function forwarded', [0x8300_0001n, 1n], [filter(0x8300_0000, 0x100, FORWARD)]),
  filtered('a high half above a forwarded function', [0x1_8300_0001n, 1n], [filter(0x8300_0000, 0x100, FORWARD)]),
  filtered('HVC #1 of a forwarded function', [0x8300_0001n], [filter(0x8300_0000, 0x100, FORWARD)], 'hvc #1'),
  filtered('SMC #1 of a forwarded function', [0x8300_0001n], [filter(0x8300_0000, 0x100, FORWARD)], 'smc #1'),
  filtered('CPU_OFF forwarded', [psci32(2)], [filter(0x8400_0000, 0x20, FORWARD)]),
  scripted('filter: errors', (script) => {
    script.vm();
    script.ram();
    script.attribute(slot.vm, 'KVM_HAS_DEVICE_ATTR', 0, 0, 'has the filter');
    script.attribute(slot.vm, 'KVM_HAS_DEVICE_ATTR', 0, 1, 'has attribute 1');
    script.attribute(slot.vm, 'KVM_HAS_DEVICE_ATTR', 1, 0, 'has group 1');
    script.attribute(slot.vm, 'KVM_GET_DEVICE_ATTR', 0, 0, 'get the filter');
    for (const [name, range] of Object.entries(filterErrors)) {
      script.write(place.value, range);
      script.attribute(slot.vm, 'KVM_SET_DEVICE_ATTR', 0, 0, name);
    }
    script.createVcpu();
    script.init();
    script.program(caller('nop'));
    script.set('pc', BigInt(GUEST));
    script.write(place.value, filter(0x8900_0000, 1, DENY));
    script.attribute(slot.vm, 'KVM_SET_DEVICE_ATTR', 0, 0, 'with a vCPU');
    script.run('KVM_RUN', 0, SHORT);
    script.write(place.value, filter(0x8a00_0000, 1, DENY));
    script.attribute(slot.vm, 'KVM_SET_DEVICE_ATTR', 0, 0, 'once it has run');
  }),
];
