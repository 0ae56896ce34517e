// timers.S - the generic timer's registers and interrupt lines: CTL, CVAL, TVAL, ISTATUS, masks, PPIs 27 and 30, WFI.
// Prints only what does not depend on how fast instructions run.

        .equ    GICD, 0x08000000
        .equ    GICR_SGI, 0x080b0000
        .macro  show reg
        mov     x0, \reg
        bl      hex
        .endm
        .macro  newline
        mov     w0, #10
        bl      put
        .endm
start:  ldr     x28, =0x09000000
        ldr     x27, =GICD
        ldr     x26, =GICR_SGI
        adr     x0, stack
        mov     sp, x0
        mov     w0, #0x12
        str     w0, [x27]
        mov     w0, #-1
        str     w0, [x26, #0x80]
        mov     w0, #0x48000000        // PPIs 27 and 30
        str     w0, [x26, #0x100]
        mov     x0, #0xf8
        msr     icc_pmr_el1, x0
        mov     x0, #1
        msr     icc_igrpen1_el1, x0
        mrs     x0, cntfrq_el0
        bl      hex
        newline

        // disabled: CTL reads 0, ISTATUS 0, whatever CVAL says
        msr     cntv_cval_el0, xzr
        mrs     x0, cntv_ctl_el0
        bl      hex
        // enabled and masked: ISTATUS, no interrupt
        mov     x0, #3
        msr     cntv_ctl_el0, x0
        isb
        mrs     x0, cntv_ctl_el0
        bl      hex
        mrs     x0, isr_el1
        bl      hex
        // unmasked: pending at once
        mov     x0, #1
        msr     cntv_ctl_el0, x0
        isb
        mrs     x0, cntv_ctl_el0
        bl      hex
        mrs     x0, isr_el1
        bl      hex
        ldr     w0, [x26, #0x200]
        bl      hex
        // a level that goes away before it is acknowledged is not pending any more
        mov     x0, #-1
        lsr     x0, x0, #1
        msr     cntv_cval_el0, x0
        isb
        mrs     x0, cntv_ctl_el0
        bl      hex
        mrs     x0, isr_el1
        bl      hex
        mrs     x0, icc_iar1_el1
        bl      hex
        newline

        // unsigned comparison: the largest CVAL is far in the future
        mov     x0, #-1
        msr     cntv_cval_el0, x0
        isb
        mrs     x0, cntv_ctl_el0
        bl      hex
        // TVAL is signed: -1 is in the past
        msr     cntv_tval_el0, x0
        mov     w0, #-1
        msr     cntv_tval_el0, x0
        isb
        mrs     x0, cntv_ctl_el0
        bl      hex
        // TVAL reads CVAL - count: CVAL = count + 2^31 - 1 leaves bit 30 set and bit 31 clear for a while
        mov     w0, #0x7fffffff
        msr     cntv_tval_el0, x0
        isb
        mrs     x0, cntv_tval_el0
        lsr     w0, w0, #24
        bl      hex
        newline

        // ten timer interrupts by WFI, virtual and physical; each acknowledged, silenced, ended
        mov     w19, #10
1:      mov     x0, #10000
        tbz     w19, #0, 2f
        msr     cntv_tval_el0, x0
        mov     x0, #1
        msr     cntv_ctl_el0, x0
        b       3f
2:      msr     cntp_tval_el0, x0
        mov     x0, #1
        msr     cntp_ctl_el0, x0
3:      isb
        wfi
        mrs     x0, isr_el1
        cbz     x0, 3b
        mrs     x20, icc_iar1_el1
        show    x20
        ldr     w0, [x26, #0x300]      // active
        bl      hex
        ldr     w0, [x26, #0x200]      // still pending: the level is high
        bl      hex
        tbz     w19, #0, 4f
        msr     cntv_ctl_el0, xzr
        b       5f
4:      msr     cntp_ctl_el0, xzr
5:      isb
        ldr     w0, [x26, #0x200]
        bl      hex
        msr     icc_eoir1_el1, x20
        ldr     w0, [x26, #0x300]
        bl      hex
        mrs     x0, icc_iar1_el1
        bl      hex
        newline
        subs    w19, w19, #1
        b.ne    1b

        // not silenced: comes again after its end
        mov     w0, #1
        msr     cntv_tval_el0, x0
        mov     x0, #1
        msr     cntv_ctl_el0, x0
        isb
6:      wfi
        mrs     x0, isr_el1
        cbz     x0, 6b
        mrs     x20, icc_iar1_el1
        show    x20
        msr     icc_eoir1_el1, x20
        isb
        mrs     x0, isr_el1
        bl      hex
        mrs     x20, icc_iar1_el1
        show    x20
        msr     cntv_ctl_el0, xzr
        isb
        msr     icc_eoir1_el1, x20
        mrs     x0, isr_el1
        bl      hex
        newline
        ldr     w0, =0x84000008
        hvc     #0

hex:    mov     x1, x0
        mov     w2, #28
7:      lsr     x3, x1, x2
        and     w3, w3, #15
        cmp     w3, #10
        add     w4, w3, #'0'
        add     w5, w3, #'a' - 10
        csel    w4, w4, w5, lo
        strb    w4, [x28]
        subs    w2, w2, #4
        b.ge    7b
        mov     w0, #' '
put:    strb    w0, [x28]
        ret
        .ltorg
        .balign 16
        .space  1024
stack:
