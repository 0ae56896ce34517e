// gic.S - the life of interrupts at the GICv3's CPU interface, polled: priorities, more pending than list registers, EOI modes, SGIs, masks, nesting.
// Prints registers in hex: a guest cannot tell the virtual interface from a physical one.

        .equ    GICD, 0x08000000
        .equ    GICR, 0x080a0000
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
        adr     x0, stack
        mov     sp, x0
        mov     w0, #0x12
        str     w0, [x27]              // GICD_CTLR: ARE, EnableGrp1
        ldr     x26, =GICR
        str     wzr, [x26, #0x14]      // GICR_WAKER
        mov     x0, #0xf8
        msr     icc_pmr_el1, x0
        mov     x0, #1
        msr     icc_igrpen1_el1, x0
        msr     icc_bpr1_el1, xzr
        mrs     x0, icc_bpr1_el1
        bl      hex
        isb
        // SPIs 40..47: group 1, priorities 0xf0 - 16 n, enabled, level
        mov     w0, #-1
        str     w0, [x27, #0x84]
        mov     w1, #0
1:      mov     w2, #0xe0
        sub     w2, w2, w1, lsl #4
        add     w3, w1, #0x428
        strb    w2, [x27, x3]
        add     w1, w1, #1
        cmp     w1, #8
        b.ne    1b
        mov     w0, #0xff00
        str     w0, [x27, #0x104]
        ldr     w0, [x27, #0x428]
        bl      hex
        ldr     w0, [x27, #0x42c]
        bl      hex
        newline
        // edges for 44..47
        mov     w0, #0xaa000000
        str     w0, [x27, #0xc08]
        ldr     w0, [x27, #0xc08]
        bl      hex
        mov     w0, #0xff00
        str     w0, [x27, #0x204]      // all pending
        newline
        bl      state
        // acknowledge and end four, EOImode 0
        mov     w19, #4
2:      mrs     x0, icc_hppir1_el1
        bl      hex
        mrs     x20, icc_iar1_el1
        show    x20
        str     x20, [sp, #-16]!
        mrs     x0, icc_rpr_el1
        bl      hex
        newline
        sub     w19, w19, #1
        cbnz    w19, 3f
        b       4f
3:      // end this one so that the next can be taken
        ldr     x20, [sp], #16
        msr     icc_eoir1_el1, x20
        bl      state
        b       2b
4:      ldr     x20, [sp], #16
        msr     icc_eoir1_el1, x20
        bl      state
        // the others with EOImode 1: priority drop, then deactivation
        mov     x0, #2
        msr     icc_ctlr_el1, x0
        isb
5:      mrs     x20, icc_iar1_el1
        show    x20
        cmp     w20, #1023
        b.eq    6f
        mrs     x0, icc_rpr_el1
        bl      hex
        msr     icc_eoir1_el1, x20
        mrs     x0, icc_rpr_el1
        bl      hex
        bl      state
        msr     icc_dir_el1, x20
        bl      state
        b       5b
6:      newline
        msr     icc_ctlr_el1, xzr
        isb
        // SGI 3 to self, twice; priority mask
        add     x25, x26, #0x10000
        mov     w0, #0xa0
        strb    w0, [x25, #0x403]
        mov     w0, #-1
        str     w0, [x25, #0x80]
        mov     w0, #8
        str     w0, [x25, #0x100]
        mov     x0, #0x3000000
        add     x0, x0, #1
        msr     icc_sgi1r_el1, x0
        isb
        mov     x0, #0xa0
        msr     icc_pmr_el1, x0
        isb
        mrs     x0, icc_iar1_el1
        bl      hex
        mrs     x0, icc_hppir1_el1
        bl      hex
        mov     x0, #0xa8
        msr     icc_pmr_el1, x0
        isb
        mrs     x20, icc_iar1_el1
        show    x20
        mov     x0, #0x3000000
        add     x0, x0, #1
        msr     icc_sgi1r_el1, x0
        isb
        ldr     w0, [x25, #0x200]
        bl      hex
        ldr     w0, [x25, #0x300]
        bl      hex
        mrs     x0, icc_iar1_el1
        bl      hex
        msr     icc_eoir1_el1, x20
        mrs     x20, icc_iar1_el1
        show    x20
        msr     icc_eoir1_el1, x20
        mrs     x0, icc_iar1_el1
        bl      hex
        newline
        // preemption: 40 (0xe0) active, then 47 (0x70) pending nests; AP1R0
        mov     x0, #0xf8
        msr     icc_pmr_el1, x0
        mov     w0, #0x0100
        str     w0, [x27, #0x204]
        dsb     sy
        mrs     x20, icc_iar1_el1
        show    x20
        mov     w0, #0x8000
        str     w0, [x27, #0x204]
        dsb     sy
        mrs     x0, isr_el1
        bl      hex
        mrs     x21, icc_iar1_el1
        show    x21
        mrs     x0, icc_rpr_el1
        bl      hex
        mrs     x0, icc_ap1r0_el1
        bl      hex
        bl      state
        msr     icc_eoir1_el1, x21
        mrs     x0, icc_rpr_el1
        bl      hex
        bl      state
        msr     icc_eoir1_el1, x20
        mrs     x0, icc_rpr_el1
        bl      hex
        bl      state
        // the largest binary point
        mov     x0, #7
        msr     icc_bpr1_el1, x0
        mrs     x0, icc_bpr1_el1
        bl      hex
        newline
        // masked by IGRPEN
        msr     icc_igrpen1_el1, xzr
        isb
        mov     w0, #0x0100
        str     w0, [x27, #0x204]
        dsb     sy
        mrs     x0, icc_iar1_el1
        bl      hex
        mov     w0, #0x0100
        str     w0, [x27, #0x284]      // not pending any more
        mov     x0, #1
        msr     icc_igrpen1_el1, x0
        isb
        mrs     x0, icc_iar1_el1
        bl      hex
        // disable the distributor
        mov     w0, #0x10
        str     w0, [x27]
        mov     w0, #0x0200
        str     w0, [x27, #0x204]
        dsb     sy
        mrs     x0, icc_iar1_el1
        bl      hex
        mov     w0, #0x12
        str     w0, [x27]
        dsb     sy
        mrs     x20, icc_iar1_el1
        show    x20
        msr     icc_eoir1_el1, x20
        bl      state
        ldr     w0, =0x84000008
        hvc     #0

// pending, active and enabled words of SPIs 32..63
state:  str     x30, [sp, #-16]!
        ldr     w0, [x27, #0x204]
        bl      hex
        ldr     w0, [x27, #0x304]
        bl      hex
        mrs     x0, isr_el1
        bl      hex
        newline
        ldr     x30, [sp], #16
        ret
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
