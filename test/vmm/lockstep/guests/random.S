// random.S - what surrounds a random program: tables, vectors that get over every fault, and a timer at random intervals that also rewrites code, takes
// pages of data away and gives them back, and sends the program somewhere else. Whoever assembles it defines SLOTS, CPUS, SEED, MMU and ALIAS, and appends
// the words, the tables, the program (`body`, SLOTS instructions) and sixteen pages of data.

        .equ    GICD, 0x08000000
        .equ    GICR, 0x080a0000
        .equ    TIMER, 27
        .equ    WORDS, 1024
        .equ    TCR, 25 | (1 << 8) | (1 << 10) | (3 << 12) | (1 << 23) | (2 << 32)

        .macro  random value, at        // xorshift; \at is changed
        mrs     \at, tpidr_el1
        ldr     \value, [\at]
        eor     \value, \value, \value, lsl #13
        eor     \value, \value, \value, lsr #7
        eor     \value, \value, \value, lsl #17
        str     \value, [\at]
        .endm

        .macro  some_slot value, from, scratch
        and     \value, \from, #0xffff
        ldr     \scratch, =SLOTS
        udiv    \from, \value, \scratch
        msub    \value, \from, \scratch, \value
        .endm

_start:
        mov     x19, #0
        adr     x20, _start
        adr     x21, body
        mov     x22, #1
        .if     CPUS > 1
1:      ldr     x0, =0xc4000003         // PSCI CPU_ON
        mov     x1, x22
        adr     x2, prepare
        mov     x3, x22
        hvc     #0
        add     x22, x22, #1
        cmp     x22, #CPUS
        b.lo    1b
        .endif
        mov     x0, #0

// Every CPU: X0 is its number.
prepare:
        mov     x19, x0
        msr     spsel, #1
        adr     x1, stacks
        add     x2, x19, #1
        add     x1, x1, x2, lsl #10
        mov     sp, x1
        adr     x1, vectors
        msr     vbar_el1, x1
        adr     x1, states
        add     x1, x1, x19, lsl #6
        msr     tpidr_el1, x1
        ldr     x2, =SEED
        add     x3, x19, #1
        mul     x2, x2, x3
        str     x2, [x1]
        mov     x0, #3 << 20
        msr     cpacr_el1, x0
        mov     x0, #3
        msr     cntkctl_el1, x0
        .if     MMU
        mov     x0, #0xff00
        msr     mair_el1, x0
        ldr     x0, =TCR
        msr     tcr_el1, x0
        adr     x0, level1
        msr     ttbr0_el1, x0
        isb
        tlbi    vmalle1
        dsb     nsh
        isb
        mrs     x0, sctlr_el1
        ldr     x1, =0x0405d005         // UCI, nTWE, nTWI, UCT, DZE, I, C, M
        orr     x0, x0, x1
        msr     sctlr_el1, x0
        isb
        .endif
        // Distributor, redistributor, CPU interface, as in timer.S
        ldr     x0, =GICD
        mov     w1, #0x12
        str     w1, [x0]
        ldr     x0, =GICR
        add     x0, x0, x19, lsl #17
        str     wzr, [x0, #0x14]
        add     x0, x0, #0x10000
        mov     w1, #-1
        str     w1, [x0, #0x80]
        mov     w1, #0x80
        strb    w1, [x0, #0x400 + TIMER]
        mov     w1, #1 << TIMER
        str     w1, [x0, #0x100]
        mrs     x0, icc_sre_el1
        orr     x0, x0, #1
        msr     icc_sre_el1, x0
        isb
        mov     x0, #0xff
        msr     icc_pmr_el1, x0
        mov     x0, #1
        msr     icc_igrpen1_el1, x0
        mov     x0, #100
        msr     cntv_tval_el0, x0
        mov     x0, #1
        msr     cntv_ctl_el0, x0
        isb
        sub     sp, sp, #48
        b       redirect
        .ltorg

        .balign 2048
vectors:
        b       sync                    // EL1 with SP_EL0: the program
        .org    vectors + 0x080
        b       irq
        .org    vectors + 0x200         // EL1 with SP_EL1: the code in here
        b       lost
        .org    vectors + 0x280
        b       lost
        .org    vectors + 0x400         // EL0: the program
        b       sync
        .org    vectors + 0x480
        b       irq
        .org    vectors + 0x800

// Nothing in here may fault.
lost:   ldr     w0, =0x84000009         // PSCI SYSTEM_RESET
        hvc     #0
        b       .

sync:
        stp     x0, x1, [sp, #-48]!
        stp     x2, x3, [sp, #16]
        mrs     x0, esr_el1
        lsr     w0, w0, #26
        cmp     w0, #0x15               // SVC: ELR is behind it already
        b.eq    done
        cmp     w0, #0x0e               // illegal state
        b.eq    redirect
        sub     w1, w0, #0x20           // instruction aborts, PC alignment
        cmp     w1, #2
        b.ls    redirect
        mrs     x0, elr_el1
        add     x0, x0, #4
        msr     elr_el1, x0
        random  x0, x1                  // a loop of faults ends soon
        tst     x0, #0xf000
        b.eq    redirect
done:
        ldp     x2, x3, [sp, #16]
        ldp     x0, x1, [sp], #48
        eret

// Somewhere in the program, at EL0 or EL1, with any flags.
redirect:
        random  x0, x1
        lsr     x2, x0, #8
        some_slot x1, x2, x3
        adr     x2, body
        add     x1, x2, x1, lsl #2
        msr     elr_el1, x1
        lsr     x1, x0, #32
        and     x1, x1, #0xf0000000
        tbz     x0, #0, 1f
        orr     x1, x1, #4
1:      msr     spsr_el1, x1
        b       done

irq:
        stp     x0, x1, [sp, #-48]!
        stp     x2, x3, [sp, #16]
        mrs     x0, icc_iar1_el1
        msr     icc_eoir1_el1, x0
        random  x0, x1
        and     x1, x0, #0x7f
        add     x1, x1, #1
        msr     cntv_tval_el0, x1
        isb
        tbz     x0, #20, 2f
        // Another instruction somewhere
        lsr     x3, x0, #36
        some_slot x1, x3, x2
        lsr     x2, x0, #24
        and     x2, x2, #WORDS - 1
        adr     x3, words
        ldr     w2, [x3, x2, lsl #2]
        ldr     x3, =ALIAS
        str     w2, [x3, x1, lsl #2]
        tbz     x0, #21, 2f
        dsb     ish
        ic      iallu
        dsb     ish
        isb
2:
        .if     MMU
        tbz     x0, #22, 3f
        // A page of data goes, or comes back
        lsr     x1, x0, #50
        and     x1, x1, #15
        adr     x2, data_entries
        add     x2, x2, x1, lsl #3
        ldr     x3, [x2]
        orr     x3, x3, #1
        tst     x0, #7 << 40
        b.ne    4f
        and     x3, x3, #~1
4:      str     x3, [x2]
        adr     x2, data
        add     x2, x2, x1, lsl #12
        lsr     x2, x2, #12
        dsb     ish
        tlbi    vaae1is, x2
        dsb     ish
        isb
        .endif
3:      tbnz    x0, #23, redirect
        b       done
        .ltorg
