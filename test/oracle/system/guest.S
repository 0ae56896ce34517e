// Runs instructions at EL0 and EL1, one case after the other, and reports through the UART what state they led to.
// The host appends tables and cases to this image (guest.ts); the offsets below are those of its `layout`.

        .equ    UART, 0x09000000
        .equ    PSCI_SYSTEM_OFF, 0x84000008
        .equ    CASES, 0x40200000
        .equ    CODE, 0x40180000
        .equ    DATA, 0x40190000
        .equ    DATA_BYTES, 256

        // A case
        .equ    CASE_FLAGS, 0           // 1: report everything, 0xffffffff: the end
        .equ    CASE_WORDS, 8           // three instruction words
        .equ    CASE_WRITE, 24          // where they are written (physical)
        .equ    CASE_PC, 32
        .equ    CASE_SPSR, 40
        .equ    CASE_SP_EL0, 48
        .equ    CASE_SP_EL1, 56
        .equ    CASE_X, 64
        .equ    CASE_BYTES, 320

        // What is saved: X0-X30, then these
        .equ    SAVED_VECTOR, 248
        .equ    SAVED_ESR, 256
        .equ    SAVED_FAR, 264
        .equ    SAVED_ELR, 272
        .equ    SAVED_SPSR, 280
        .equ    SAVED_SP_EL0, 288
        .equ    SAVED_SP_EL1, 296
        .equ    SAVED_PAR, 304
        .equ    SAVED_FPSR, 312
        .equ    SAVED_BYTES, 320

        .global _start
_start:
        msr     daifset, #15
        adr     x0, vectors
        msr     vbar_el1, x0
        ldr     x1, =CASES
        adr     x0, current
        str     x1, [x0]
        b       next_case

// A known state of everything a case may have changed.
        .macro  reset_state
        ldr     x1, =0x000000000044ff00 // 0 Device-nGnRnE, 1 Normal write-back, 2 Normal non-cacheable
        msr     mair_el1, x1
        ldr     x1, tcr
        msr     tcr_el1, x1
        ldr     x1, ttbr0
        msr     ttbr0_el1, x1
        ldr     x1, ttbr1
        msr     ttbr1_el1, x1
        ldr     x1, sctlr
        msr     sctlr_el1, x1
        mov     x1, #3 << 20
        msr     cpacr_el1, x1
        msr     mdscr_el1, xzr
        msr     contextidr_el1, xzr
        msr     cntkctl_el1, xzr
        tlbi    vmalle1
        dsb     sy
        isb
        msr     fpcr, xzr
        msr     fpsr, xzr
        msr     cntv_ctl_el0, xzr
        msr     cntp_ctl_el0, xzr
        .endm

next_case:
        reset_state
        msr     far_el1, xzr
        msr     par_el1, xzr
        msr     afsr0_el1, xzr
        // The data page, and what an access past its end reaches in a block
        ldr     x0, =DATA
        mov     x1, #4096 + 64
        ldr     x2, =0x0123456789abcdef
1:      stp     x2, x0, [x0], #16
        add     x2, x2, x2, lsl #1
        subs    x1, x1, #16
        b.ne    1b
        // Vector registers: whatever an earlier case left half loaded
        ldr     x0, =DATA
        ldp     q0, q1, [x0], #32
        ldp     q2, q3, [x0], #32
        ldp     q4, q5, [x0], #32
        ldp     q6, q7, [x0], #32
        ldp     q8, q9, [x0], #32
        ldp     q10, q11, [x0], #32
        ldp     q12, q13, [x0], #32
        ldp     q14, q15, [x0], #32
        ldp     q16, q17, [x0], #32
        ldp     q18, q19, [x0], #32
        ldp     q20, q21, [x0], #32
        ldp     q22, q23, [x0], #32
        ldp     q24, q25, [x0], #32
        ldp     q26, q27, [x0], #32
        ldp     q28, q29, [x0], #32
        ldp     q30, q31, [x0], #32
        // The code page: BRK #0xfff everywhere
        ldr     x0, =CODE
        mov     x1, #4096
        ldr     x2, =0xd421ffe0d421ffe0
1:      stp     x2, x2, [x0], #16
        subs    x1, x1, #16
        b.ne    1b

        adr     x0, current
        ldr     x29, [x0]
        ldr     w0, [x29, #CASE_FLAGS]
        cmn     w0, #1
        b.eq    finish
        ldr     x1, [x29, #CASE_WRITE]
        ldr     w2, [x29, #CASE_WORDS]
        ldr     w3, [x29, #CASE_WORDS + 4]
        ldr     w4, [x29, #CASE_WORDS + 8]
        stp     w2, w3, [x1]
        str     w4, [x1, #8]
        dc      cvau, x1
        add     x2, x1, #8
        dc      cvau, x2
        dsb     ish
        ic      iallu
        dsb     ish
        isb
        ldr     x0, [x29, #CASE_PC]
        msr     elr_el1, x0
        ldr     x0, [x29, #CASE_SPSR]
        msr     spsr_el1, x0
        ldr     x0, [x29, #CASE_SP_EL0]
        msr     sp_el0, x0
        ldr     x0, [x29, #CASE_SP_EL1]
        mov     sp, x0
        add     x30, x29, #CASE_X
        ldp     x0, x1, [x30]
        ldp     x2, x3, [x30, #16]
        ldp     x4, x5, [x30, #32]
        ldp     x6, x7, [x30, #48]
        ldp     x8, x9, [x30, #64]
        ldp     x10, x11, [x30, #80]
        ldp     x12, x13, [x30, #96]
        ldp     x14, x15, [x30, #112]
        ldp     x16, x17, [x30, #128]
        ldp     x18, x19, [x30, #144]
        ldp     x20, x21, [x30, #160]
        ldp     x22, x23, [x30, #176]
        ldp     x24, x25, [x30, #192]
        ldp     x26, x27, [x30, #208]
        ldp     x28, x29, [x30, #224]
        ldr     x30, [x30, #240]
        eret

finish:
        ldr     w0, =PSCI_SYSTEM_OFF
        hvc     #0
        b       .

        .balign 8
tcr:    .quad   0
sctlr:  .quad   0
ttbr0:  .quad   0
ttbr1:  .quad   0
        .ltorg

        .macro  vector number
        .balign 128
        msr     tpidr_el1, x0
        adr     x0, saved
        str     x1, [x0, #8]
        mov     x1, #\number
        b       report
        .endm

        .balign 2048
vectors:
        .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
        vector  \n
        .endr
        .balign 128

report:
        str     x1, [x0, #SAVED_VECTOR]
        stp     x2, x3, [x0, #16]
        stp     x4, x5, [x0, #32]
        stp     x6, x7, [x0, #48]
        stp     x8, x9, [x0, #64]
        stp     x10, x11, [x0, #80]
        stp     x12, x13, [x0, #96]
        stp     x14, x15, [x0, #112]
        stp     x16, x17, [x0, #128]
        stp     x18, x19, [x0, #144]
        stp     x20, x21, [x0, #160]
        stp     x22, x23, [x0, #176]
        stp     x24, x25, [x0, #192]
        stp     x26, x27, [x0, #208]
        stp     x28, x29, [x0, #224]
        str     x30, [x0, #240]
        mrs     x1, tpidr_el1
        str     x1, [x0]
        mrs     x1, esr_el1
        str     x1, [x0, #SAVED_ESR]
        mrs     x1, far_el1
        str     x1, [x0, #SAVED_FAR]
        mrs     x1, elr_el1
        str     x1, [x0, #SAVED_ELR]
        mrs     x1, spsr_el1
        str     x1, [x0, #SAVED_SPSR]
        mrs     x1, sp_el0
        str     x1, [x0, #SAVED_SP_EL0]
        mov     x1, sp
        str     x1, [x0, #SAVED_SP_EL1]
        mrs     x1, par_el1
        str     x1, [x0, #SAVED_PAR]
        mrs     x1, fpsr
        str     x1, [x0, #SAVED_FPSR]
        reset_state
        adr     x0, saved
        ldr     x20, =UART

        // Vector, syndrome, hash
        ldr     w1, [x0, #SAVED_VECTOR]
        str     w1, [x20]
        ldr     x1, [x0, #SAVED_ESR]
        mov     x2, #4
        bl      put
        mov     x1, #0
        ldr     x3, =0x9e3779b97f4a7c15
        mov     x4, #SAVED_BYTES
        mov     x5, x0
        bl      hash
        ldr     x5, =DATA
        mov     x4, #DATA_BYTES
        bl      hash
        mov     x2, #8
        bl      put

        adr     x5, current
        ldr     x6, [x5]
        ldr     w7, [x6, #CASE_FLAGS]
        add     x6, x6, #CASE_BYTES
        str     x6, [x5]
        tbz     w7, #0, next_case
        mov     x8, x0
        add     x9, x0, #SAVED_BYTES
1:      ldr     x1, [x8], #8
        mov     x2, #8
        bl      put
        cmp     x8, x9
        b.ne    1b
        ldr     x8, =DATA
        add     x9, x8, #DATA_BYTES
2:      ldr     x1, [x8], #8
        mov     x2, #8
        bl      put
        cmp     x8, x9
        b.ne    2b
        b       next_case

// X1: the hash so far, X3: multiplier, X4: bytes, X5: where. Changes X4-X6.
hash:
        ldr     x6, [x5], #8
        eor     x1, x1, x6
        mul     x1, x1, x3
        eor     x1, x1, x1, lsr #29
        subs    x4, x4, #8
        b.ne    hash
        ret

// Writes the low X2 bytes of X1. Changes X1, X2.
put:
        and     w7, w1, #0xff
        str     w7, [x20]
        lsr     x1, x1, #8
        subs    x2, x2, #1
        b.ne    put
        ret
        .ltorg

        .balign 16
current: .quad  0
saved:  .space  SAVED_BYTES
