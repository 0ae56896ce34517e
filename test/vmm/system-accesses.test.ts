import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { lockstep } from '../../emulator/vmm/lockstep/lockstep.ts';
import type { VirtMachine } from '../../emulator/vmm/virt-machine.ts';
import { guest, powerOff, reportingVectors, runAll, x } from './guest.ts';

const TIERS = { interpreted: false, translated: { hotJumps: 20, batch: 1 } } as const;

const bytesAt = (machine: VirtMachine, register: number, bytes: number): BigUint64Array => {
  const { mmu, memory } = machine.silicon;
  const state = machine.vcpus[0]!.state;
  const low = state.low(register);
  const host = mmu.access(low, state.high(register), 8 | (8 << 16));
  return new BigUint64Array(memory.bytes.slice(host, host + bytes).buffer);
};

/** Reads the counter at every fourth instruction, in a loop hot enough to be translated. */
const READS = 512;
const counting = `
        adr     x1, buffer
        mov     x2, #${READS}
        mov     x5, x1
1:      mrs     x0, cntvct_el0
        str     x0, [x1], #8
        subs    x2, x2, #1
        b.ne    1b
${powerOff}
        .balign 4096
buffer: .space  4096
`;

describe('the counter', () => {
  for (const [tier, translate] of Object.entries(TIERS))
    for (const slice of [1, 7, 1000, 1_000_000])
      test(`counts the instructions before it: ${tier}, in slices of ${slice}`, async () => {
        const machine = await guest(counting, { translate });
        runAll(machine, 1_000_000, slice);
        const read = bytesAt(machine, 5, READS * 8);
        assert.deepEqual(
          [...read],
          Array.from({ length: READS }, (_, n) => BigInt(Math.floor((3 + 4 * n) / 16))),
        );
      });
});

/**
 * Maps RAM by 2 MiB blocks where it is, and one page at 0x80000000 to two pages in turn, with TLBI between; cache maintenance of what is mapped and what is not.
 * x10 hashes all that is seen; the vectors count the faults in x25 and go on behind them.
 */
const remapping = `
        adr     x0, vectors
        msr     vbar_el1, x0
        adr     x0, level1
        adr     x1, level2
        orr     x2, x1, #3
        str     x2, [x0, #8]
        adr     x2, window2
        orr     x3, x2, #3
        str     x3, [x0, #16]
        adr     x3, window3
        orr     x4, x3, #3
        str     x4, [x2]
        movz    x4, #0x4000, lsl #16
        movk    x4, #0x0701
        mov     x5, #8
1:      str     x4, [x1], #8
        add     x4, x4, #0x200, lsl #12
        subs    x5, x5, #1
        b.ne    1b
        mov     x4, #0xff
        msr     mair_el1, x4
        movz    x4, #0x3519
        movk    x4, #0x0080, lsl #16
        movk    x4, #0x2, lsl #32
        msr     tcr_el1, x4
        msr     ttbr0_el1, x0
        isb
        mrs     x4, sctlr_el1
        orr     x4, x4, #1
        orr     x4, x4, #4
        msr     sctlr_el1, x4
        isb
        adr     x11, first
        adr     x12, second
        mov     x4, #0x1111
        str     x4, [x11]
        mov     x4, #0x2222
        str     x4, [x12]
        movz    x13, #0x703
        orr     x11, x11, x13
        orr     x12, x12, x13
        movz    x14, #0x8000, lsl #16
        lsr     x15, x14, #12
        add     x16, x14, #0x1000
        mov     x10, #0
        mov     x18, #0
        mov     x24, #0
        mov     x25, #0
        mov     x2, #400
2:      eor     x17, x11, x12
        eor     x11, x11, x17
        eor     x12, x12, x17
        str     xzr, [x3]
        tlbi    vae1is, x15
        dc      cvau, x14
        str     x11, [x3]
        dc      cvau, x14
        ic      ivau, x14
        dc      civac, x14
        ldr     x0, [x14]
        add     x24, x24, x0
        dc      cvac, x16
        ic      ivau, x18
        mrs     x1, ctr_el0
        mrs     x4, cntvct_el0
        eor     x0, x0, x1
        eor     x0, x0, x4
        ror     x10, x10, #7
        add     x10, x10, x0
        add     x0, x0, #1
        str     x4, [x14, #8]
        subs    x2, x2, #1
        b.ne    2b
        mov     x26, x10
${powerOff}
        .balign 2048
vectors:
        .rept 16
        .balign 128
        b       fault
        .endr
fault:  mrs     x20, esr_el1
        eor     x10, x10, x20
        add     x25, x25, #1
        mrs     x21, elr_el1
        add     x21, x21, #4
        msr     elr_el1, x21
        eret
        .balign 4096
level1: .space  4096
level2: .space  4096
window2: .space 4096
window3: .space 4096
first:  .space  4096
second: .space  4096
`;

describe('maintenance by address', () => {
  for (const [tier, translate] of Object.entries(TIERS))
    test(`does what it says: ${tier}`, async () => {
      const machine = await guest(remapping, { translate });
      assert.equal(runAll(machine).kind, 'power-off');
      // What is mapped alternates, and three operations a turn are of what is not: the window while it is empty, the page behind it, and page 0.
      assert.equal(x(machine, 24), 200n * (0x1111n + 0x2222n));
      assert.equal(x(machine, 25), 3n * 400n);
      // A data abort of cache maintenance (CM and WnR), level 3 translation fault.
      assert.equal(x(machine, 20) & ~0x3fn, (0x25n << 26n) | (1n << 25n) | (1n << 8n) | (1n << 6n));
    });

  test('is the same in both tiers', async () => {
    const result = await lockstep((tier) => guest(remapping, { translate: tier === 'translated' && TIERS.translated }), {
      every: 1009,
      memoryEvery: 4,
    });
    assert.equal(result.kind, 'same');
  });

  test('without stage 1 nothing faults', async () => {
    const source = `
        adr     x0, vectors
        msr     vbar_el1, x0
        mov     x20, #0
        mov     x2, #100
1:      dc      cvau, x0
        ic      ivau, x0
        tlbi    vale1is, x0
        subs    x2, x2, #1
        b.ne    1b
${powerOff}
${reportingVectors}`;
    const machine = await guest(source, { translate: TIERS.translated });
    assert.equal(runAll(machine).kind, 'power-off');
    assert.equal(x(machine, 20), 0n);
  });
});
