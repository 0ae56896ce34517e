import { program } from '../guests.ts';
import { GUEST, type Script, SHORT, scripted, slot, struct } from '../script.ts';
import type { Case } from '../steps.ts';

const ENABLE = 1;
const SINGLESTEP = 2;
const USE_SW_BP = 1 << 16;
const USE_HW = 1 << 17;
const BCR = 8;
const BVR = 136;
const WCR = 264;
const WVR = 392;

type Member = readonly [offset: number, width: 'u32' | 'u64', value: number | bigint];
const guestDebug = (control: number, registers: readonly Member[] = []): Uint8Array => struct(520, [[0, 'u32', control], ...registers]);

function set(script: Script, control: number, registers: readonly Member[] = [], label = 'KVM_SET_GUEST_DEBUG'): void {
  script.call(slot.vcpu, 'KVM_SET_GUEST_DEBUG', guestDebug(control, registers), label);
}

/** First instruction of a program's body. */
const BODY = GUEST + 0x14;
/** BAS of a whole word, enabled, at EL1 and EL0. */
const BREAKPOINT = 0x1e7;
/** All eight bytes, loads and stores, at EL1 and EL0. */
const WATCHPOINT = 0x1fff;
const LOADS = 0x1fef;
const STORES = 0x1ff7;

const stepping = (name: string, body: string, steps: number, prepare: (script: Script) => void = () => {}): Case =>
  scripted(`single step: ${name}`, (script) => {
    script.guest(program(body));
    prepare(script);
    script.set('pc', BigInt(BODY));
    script.set('x29', 0x900_0000n);
    set(script, ENABLE | SINGLESTEP);
    for (let n = 0; n < steps; n++) {
      script.run(`step ${n}`, 0, SHORT);
      script.registers(['pc', 'pstate', 'x1', 'x2']);
    }
    set(script, 0, [], 'off');
    script.run('without', 0, SHORT);
    script.registers(['pc', 'x27']);
  });

const withVectors = (script: Script): void => script.set('vbar_el1', BigInt(GUEST + 0x800));

function running(script: Script, body: string, control: number, registers: readonly Member[] = []): void {
  script.guest(program(body));
  set(script, control, registers);
  script.run('KVM_RUN', 0, SHORT);
  script.registers(['pc', 'pstate', 'x1', 'x2', 'x20', 'x21', 'x27']);
  script.run('again', 0, SHORT);
  script.registers(['pc', 'x1', 'x2', 'x20', 'x21', 'x27']);
  set(script, 0, [], 'off');
  script.run('without', 0, SHORT);
  script.registers(['pc', 'pstate', 'x27', 'x20', 'x21']);
}

const data = `adr x3, vectors\n`;

export const guestDebugCases: readonly Case[] = [
  scripted('KVM_SET_GUEST_DEBUG: control', (script) => {
    script.guest('nop');
    for (let bit = 0; bit < 32; bit++) {
      set(script, 2 ** bit, [], `bit ${bit}`);
      if (bit > 0) set(script, 2 ** bit + 1, [], `bit ${bit} and ENABLE`);
    }
    set(script, 0x3_0003, [], 'all that there are');
    set(script, ENABLE, [[4, 'u32', 1]], 'padding');
    script.plain(slot.vcpu, 'KVM_SET_GUEST_DEBUG', 0, 'a null pointer');
  }),
  stepping('arithmetic', 'mov x1, #1\nadd x1, x1, #1\nadd x2, x1, #1\nnop', 3),
  stepping('a branch', 'b 1f\nmov x1, #1\n1: mov x2, #2', 2),
  stepping('an exception', 'svc #3\nmov x1, #1', 2, withVectors),
  stepping('an undefined instruction', '.word 0\nmov x1, #1', 2, withVectors),
  stepping('a trapped register', 'mrs x1, actlr_el1\nmov x2, #2', 2),
  stepping('a hypercall', 'mov x0, #0\nhvc #0\nmov x2, #2', 3),
  stepping('an SMC', 'mov x0, #0\nsmc #0\nmov x2, #2', 3),
  stepping('a load of a device', 'ldr x1, [x29]\nmov x2, #2', 3),
  stepping('a store to a device', 'str x1, [x29]\nmov x2, #2', 3),
  stepping('WFI', 'wfi\nmov x2, #2', 2),
  stepping('WFE and YIELD', 'wfe\nyield\nmov x2, #2', 3),
  stepping('an exclusive pair', 'adr x3, vectors\nldxr x1, [x3]\nstxr w2, x1, [x3]\nnop', 4),
  stepping('ISB and system registers', 'isb\nmrs x1, currentel\nmsr daifclr, #8\nmov x2, #2', 4),
  stepping('MSR to MDSCR_EL1', 'mov x1, #1\nmsr mdscr_el1, x1\nmrs x2, mdscr_el1\nnop', 4),
  stepping('ERET', 'adr x1, 1f\nmsr elr_el1, x1\nmov x2, #0x3c5\nmsr spsr_el1, x2\neret\nnop\n1: mov x1, #1', 6),
  stepping('BRK', 'brk #5\nmov x1, #1', 2, withVectors),
  stepping('a fetch from nowhere', 'mov x1, #0x9000000\nbr x1', 3, withVectors),
  scripted('BRK with USE_SW_BP', (script) => running(script, 'mov x1, #1\nbrk #7\nmov x2, #2', ENABLE | USE_SW_BP)),
  scripted('BRK without it', (script) => running(script, 'mov x1, #1\nbrk #7\nmov x2, #2', ENABLE)),
  scripted('BRK while not enabled', (script) => running(script, 'mov x1, #1\nbrk #7\nmov x2, #2', USE_SW_BP)),
  scripted('BRK with USE_SW_BP and SINGLESTEP', (script) => running(script, 'brk #7\nmov x2, #2', ENABLE | USE_SW_BP | SINGLESTEP)),
  ...[0, 3, 5].map((n) =>
    scripted(`hardware breakpoint ${n}`, (script) =>
      running(script, 'mov x1, #1\nmov x2, #2\nnop', ENABLE | USE_HW, [
        [BCR + 8 * n, 'u64', BREAKPOINT],
        [BVR + 8 * n, 'u64', BODY + 4],
      ]),
    ),
  ),
  scripted('hardware breakpoint without USE_HW', (script) =>
    running(script, 'mov x1, #1\nmov x2, #2\nnop', ENABLE, [
      [BCR, 'u64', BREAKPOINT],
      [BVR, 'u64', BODY + 4],
    ]),
  ),
  scripted('hardware breakpoint at EL0 only', (script) =>
    running(script, 'mov x1, #1\nmov x2, #2\nnop', ENABLE | USE_HW, [
      [BCR, 'u64', 0x1e5],
      [BVR, 'u64', BODY + 4],
    ]),
  ),
  ...(
    [
      ['a load', 'ldr x1, [x3]\nmov x2, #2', WATCHPOINT],
      ['a load, of stores', 'ldr x1, [x3]\nmov x2, #2', STORES],
      ['a store', 'str x1, [x3]\nmov x2, #2', WATCHPOINT],
      ['a store, of loads', 'str x1, [x3]\nmov x2, #2', LOADS],
      ['the last byte', 'ldrb w1, [x3, #7]\nmov x2, #2', WATCHPOINT],
      ['the byte after', 'ldrb w1, [x3, #8]\nmov x2, #2', WATCHPOINT],
      ['one byte of a word', 'ldr w1, [x3]\nmov x2, #2', 0x1f | (4 << 5)],
      ['a pair', 'sub x3, x3, #8\nldp x1, x2, [x3]', WATCHPOINT],
      ['a cache clean', 'dc civac, x3\nmov x2, #2', WATCHPOINT],
      ['DC ZVA', 'dc zva, x3\nmov x2, #2', WATCHPOINT],
    ] as const
  ).map(([name, body, control]) =>
    scripted(`watchpoint of ${name}`, (script) =>
      running(script, `${data}${body}`, ENABLE | USE_HW, [
        [WCR, 'u64', control],
        [WVR, 'u64', GUEST + 0x800],
      ]),
    ),
  ),
  scripted('the guest sees its own debug registers', (script) =>
    running(script, 'mov x1, #0x1e4\nmsr dbgbcr0_el1, x1\nmrs x2, dbgbcr0_el1', ENABLE | USE_HW, [[BCR, 'u64', 0]]),
  ),
];
