import { atEl0, DEVICE, program, reported } from '../guests.ts';
import { type Events, runAt, type Script, scripted, slot, struct, vcpuEvents } from '../script.ts';
import type { Case } from '../steps.ts';

const DATA = 40;

/** Leaves data for a load that user space completes. */
const answer = (script: Script, value: bigint): void => script.write(runAt(0) + DATA, struct(8, [[0, 'u64', value]]));

/** Runs to the first MMIO exit, does something, and runs to the report. */
function around(script: Script, body: string, between: (script: Script) => void, el0 = false, pstate?: number): void {
  script.guest(el0 ? atEl0(body, pstate) : program(body));
  script.run('to the device');
  script.registers(['pc', 'pstate']);
  between(script);
  script.run('on');
  script.registers([...reported, 'x1', 'esr_el1', 'far_el1', 'elr_el1', 'spsr_el1']);
  script.getEvents('events afterwards');
}

const load = 'ldr x1, [x29, #0x10]';
const store = 'str x1, [x29, #0x18]';

const injecting = (of: Events) => (script: Script) => {
  script.events(of, 'KVM_SET_VCPU_EVENTS');
  script.getEvents();
  script.registers(['pc', 'pstate', 'esr_el1', 'far_el1', 'elr_el1', 'spsr_el1']);
};
const dabt = injecting({ dabt: 1 });
const ESR = 0x123_4567n;

/** SPSR values of an EL0 that masks what it likes. */
const EL0_MASKED = 0x3c0;

const events: Readonly<Record<string, Events>> = {
  nothing: {},
  'an SError': { pending: 1 },
  'an SError with a syndrome': { pending: 1, hasEsr: 1, esr: ESR },
  'an SError with a syndrome of zero': { pending: 1, hasEsr: 1 },
  'an SError with IDS alone': { pending: 1, hasEsr: 1, esr: 0x100_0000n },
  'an SError with every ISS bit': { pending: 1, hasEsr: 1, esr: 0x1ff_ffffn },
  'a syndrome beyond ISS': { pending: 1, hasEsr: 1, esr: 0x200_0000n },
  'a syndrome in the high half': { pending: 1, hasEsr: 1, esr: 1n << 32n },
  'a syndrome that is not announced': { pending: 1, esr: ESR },
  'a syndrome without an SError': { hasEsr: 1, esr: ESR },
  'a bad syndrome without an SError': { hasEsr: 1, esr: 0x200_0000n },
  'pending as 2': { pending: 2 },
  'has_esr as 2': { pending: 1, hasEsr: 2, esr: ESR },
  'an external abort as 2': { dabt: 2 },
  both: { pending: 1, dabt: 1 },
  'both, with a syndrome': { pending: 1, hasEsr: 1, esr: ESR, dabt: 1 },
  'both, with a bad syndrome': { pending: 1, hasEsr: 1, esr: 1n << 25n, dabt: 1 },
  padding: { pending: 1, pad: 1 },
  reserved: { pending: 1, reserved: 1 },
};

/** Syndrome registers once the events are set and nothing has run. */
const syndromes = ['pc', 'pstate', 'esr_el1', 'far_el1', 'elr_el1', 'spsr_el1', 'disr_el1'] as const;

function setEvents(script: Script, of: Events, pstate: bigint): void {
  script.guest(program('nop'));
  script.set('vbar_el1', 0x4000_0800n);
  script.set('pstate', pstate);
  script.events(of, 'KVM_SET_VCPU_EVENTS');
  script.getEvents();
  script.registers(syndromes);
}

const eventCases = Object.entries(events).flatMap(([name, of]) => [
  scripted(`KVM_SET_VCPU_EVENTS: ${name}, PSTATE.A set`, (script) => setEvents(script, of, 0x3c5n)),
  scripted(`KVM_SET_VCPU_EVENTS: ${name}, PSTATE.A clear`, (script) => setEvents(script, of, 0x2c5n)),
]);

const vcpuEventCases: readonly Case[] = [
  ...eventCases,
  scripted('KVM_SET_VCPU_EVENTS: no event does not take a pending one back', (script) => {
    script.guest('nop');
    script.events({ pending: 1, hasEsr: 1, esr: ESR }, 'pending');
    script.events({}, 'nothing');
    script.getEvents('still');
    script.events({ pending: 1, hasEsr: 1, esr: 1n }, 'another syndrome');
    script.getEvents('the last');
    script.init(0, {}, 'init again');
    script.getEvents('after init');
  }),
  scripted('KVM_SET_VCPU_EVENTS: each byte of the padding and the reserved words', (script) => {
    script.guest('nop');
    for (let n = 3; n < 64; n++) if (n < 8 || n >= 16) script.call(slot.vcpu, 'KVM_SET_VCPU_EVENTS', vcpuEvents().with(n, 1), `byte ${n}`);
    script.getEvents('unchanged');
  }),
  scripted('KVM_GET_VCPU_EVENTS before KVM_ARM_VCPU_INIT', (script) => {
    script.vm();
    script.createVcpu();
    script.getEvents();
    script.events({ pending: 1 }, 'set');
    script.getEvents('after');
  }),
];

/** PSTATE.M of the guest that takes the abort. */
const modes: Readonly<Record<string, bigint>> = {
  EL1h: 0x3c5n,
  EL1t: 0x3c4n,
  EL0t: 0x3c0n,
  'EL0t with flags': 0xf000_0000n,
  'EL1h with DIT, UAO, SS and BTYPE': 0x0120_0005n + (1n << 23n) + (3n << 10n),
};

const abortEntry = (name: string, pstate: bigint, sctlr: bigint): Case =>
  scripted(`an external abort taken from ${name}, SCTLR_EL1 0x${sctlr.toString(16)}`, (script) => {
    script.guest(program('nop'));
    script.set('vbar_el1', 0xffff_8000_1234_5800n);
    script.set('sctlr_el1', sctlr);
    script.set('far_el1', 0x1234n);
    script.set('pstate', pstate);
    script.events({ dabt: 1 }, 'KVM_SET_VCPU_EVENTS');
    script.registers(syndromes);
  });

const SPAN = 1n << 23n;
const DSSBS = 1n << 44n;
const SCTLR = 0x30d0_0980n;

const abortCases: readonly Case[] = Object.entries(modes).flatMap(([name, pstate]) => [
  abortEntry(name, pstate, SCTLR | SPAN),
  abortEntry(name, pstate, SCTLR & ~SPAN),
  abortEntry(name, pstate, SCTLR | SPAN | DSSBS),
]);

const deliveryCases: readonly Case[] = [
  scripted('KVM_EXIT_MMIO of a load, answered with data', (script) => around(script, load, (s) => answer(s, 0x8877_6655_4433_2211n))),
  scripted('KVM_EXIT_MMIO of a load, answered with an external abort', (script) => around(script, load, dabt)),
  scripted('KVM_EXIT_MMIO of a store, answered with an external abort', (script) => around(script, store, dabt)),
  scripted('KVM_EXIT_MMIO of a load at EL0, answered with an external abort', (script) => around(script, load, dabt, true)),
  scripted('KVM_EXIT_MMIO of a load at EL0 that masks, answered with an external abort', (script) =>
    around(script, load, dabt, true, EL0_MASKED),
  ),
  scripted('KVM_EXIT_MMIO of a load, answered with an SError', (script) => around(script, load, injecting({ pending: 1 }))),
  scripted('KVM_EXIT_MMIO of a load at EL0, answered with an SError', (script) => around(script, load, injecting({ pending: 1 }), true)),
  scripted('KVM_EXIT_MMIO of a load at EL0 that masks, answered with an SError', (script) =>
    around(script, load, injecting({ pending: 1, hasEsr: 1, esr: ESR }), true, EL0_MASKED),
  ),
  scripted('KVM_EXIT_MMIO of a load at EL1 that does not mask, answered with an SError', (script) =>
    around(script, `msr daifclr, #4\n${load}`, injecting({ pending: 1, hasEsr: 1, esr: ESR })),
  ),
  scripted('KVM_EXIT_MMIO of a load, answered with both', (script) =>
    around(script, `msr daifclr, #4\n${load}`, injecting({ pending: 1, hasEsr: 1, esr: ESR, dabt: 1 })),
  ),
  scripted('an SError waits for PSTATE.A', (script) => {
    script.guest(program('mov x2, #1\nmov x3, #2\nmsr daifclr, #4\nmov x4, #3\nmov x5, #4'));
    script.events({ pending: 1, hasEsr: 1, esr: ESR }, 'KVM_SET_VCPU_EVENTS');
    script.run();
    script.registers([...reported, 'x2', 'x3', 'x4', 'x5']);
    script.getEvents();
  }),
  scripted('an SError without a syndrome waits for PSTATE.A', (script) => {
    script.guest(program('mov x2, #1\nmsr daifclr, #4\nmov x4, #3'));
    script.events({ pending: 1 }, 'KVM_SET_VCPU_EVENTS');
    script.run();
    script.registers([...reported, 'x2', 'x4']);
    script.getEvents();
  }),
  scripted('a pending SError that the guest never unmasks', (script) => {
    script.guest(program('nop'));
    script.events({ pending: 1, hasEsr: 1, esr: ESR }, 'KVM_SET_VCPU_EVENTS');
    script.run();
    script.registers(reported);
    script.getEvents();
  }),
  scripted('ESB defers a masked SError to DISR_EL1', (script) => {
    script.guest(program('esb\nmrs x2, disr_el1\nmsr daifclr, #4\nmov x3, #1\nmsr disr_el1, xzr\nmrs x4, disr_el1'));
    script.events({ pending: 1, hasEsr: 1, esr: 0xc11n }, 'KVM_SET_VCPU_EVENTS');
    script.run();
    script.registers([...reported, 'x2', 'x3', 'x4', 'disr_el1']);
    script.getEvents();
  }),
  scripted('ESB defers a masked SError whose syndrome is the implementation’s', (script) => {
    script.guest(program('esb\nmrs x2, disr_el1'));
    script.events({ pending: 1, hasEsr: 1, esr: 0x1ab_cdefn }, 'KVM_SET_VCPU_EVENTS');
    script.run();
    script.registers([...reported, 'x2', 'disr_el1']);
    script.getEvents();
  }),
  scripted('the guest reads ISR_EL1 while an SError is pending', (script) => {
    script.guest(program('mrs x2, isr_el1'));
    script.events({ pending: 1 }, 'KVM_SET_VCPU_EVENTS');
    script.run();
    script.registers(['x2']);
  }),
  scripted('an SError reaches EL0', (script) => {
    script.guest(atEl0('mov x2, #1'));
    script.events({ pending: 1, hasEsr: 1, esr: 0x11n }, 'KVM_SET_VCPU_EVENTS');
    script.run();
    script.registers([...reported, 'x2']);
  }),
  scripted('a fetch from nowhere', (script) => {
    script.guest(program(`mov x1, #${DEVICE}\nbr x1`));
    script.run();
    script.registers(reported);
  }),
  scripted('a fetch from nowhere at EL0', (script) => {
    script.guest(atEl0(`mov x1, #${DEVICE}\nbr x1`));
    script.run();
    script.registers(reported);
  }),
];

export const injection: readonly Case[] = [...vcpuEventCases, ...abortCases, ...deliveryCases];
