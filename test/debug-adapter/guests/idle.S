// A guest with nothing to do: an interrupt of the timer 250 times a second, and one for every key, which it sends back. '!': no more ticks for half a minute.
        .equ    UART, 0x09000000
        .equ    UARTFR, 0x18
        .equ    RXFE, 4
        .equ    UARTLCR_H, 0x2c
        .equ    UARTCR, 0x30
        .equ    UARTIMSC, 0x38
        .equ    UARTICR, 0x44

        .equ    GICD, 0x08000000
        .equ    GICR, 0x080a0000
        .equ    GICR_SGI, 0x10000
        .equ    TIMER, 27
        .equ    KEY, 33

        .text
        .global _start, ticks
_start:
        ldr     x20, =UART
        adr     x1, vectors
        msr     vbar_el1, x1
        // Distributor, with the UART's interrupt for this CPU
        ldr     x0, =GICD
        mov     w1, #0x12
        str     w1, [x0]
        mov     w1, #-1
        str     w1, [x0, #0x84]
        mov     w1, #0x80
        strb    w1, [x0, #0x400 + KEY]
        add     x2, x0, #0x6000
        str     xzr, [x2, #KEY * 8]
        mov     w1, #2
        str     w1, [x0, #0x104]
        // Redistributor, with the timer's
        ldr     x0, =GICR
        str     wzr, [x0, #0x14]
        ldr     x0, =GICR + GICR_SGI
        mov     w1, #-1
        str     w1, [x0, #0x80]
        mov     w1, #0x80
        strb    w1, [x0, #0x400 + TIMER]
        mov     w1, #1 << TIMER
        str     w1, [x0, #0x100]
        mov     x0, #0xff
        msr     icc_pmr_el1, x0
        mov     x0, #1
        msr     icc_igrpen1_el1, x0
        isb
        // A key at a time, with an interrupt
        str     wzr, [x20, #UARTLCR_H]
        ldr     w0, =0x301
        str     w0, [x20, #UARTCR]
        mov     w0, #1 << RXFE
        str     w0, [x20, #UARTIMSC]

        mov     x21, #0
        mov     x22, #250
        mrs     x23, cntfrq_el0
        udiv    x22, x23, x22
        msr     cntv_tval_el0, x22
        mov     x0, #1
        msr     cntv_ctl_el0, x0
        mov     w0, #'>'
        str     w0, [x20]
        msr     daifclr, #2
sleep:  wfi
        b       sleep

        .balign 2048
vectors:
        .skip   0x280
irq:    mrs     x2, icc_iar1_el1
        cmp     x2, #KEY
        b.eq    1f
        cmp     x2, #TIMER
        b.ne    4f
        msr     cntv_tval_el0, x22
        adr     x0, ticks
        ldr     x1, [x0]
        add     x1, x1, #1
        str     x1, [x0]
        b       3f
1:      ldr     w0, [x20, #UARTFR]
        tbnz    w0, #RXFE, 2f
        ldr     w0, [x20]
        str     w0, [x20]
        cmp     w0, #'!'
        b.ne    1b
        lsl     x22, x23, #5
        msr     cntv_tval_el0, x22
        b       1b
2:      mov     w0, #0x7ff
        str     w0, [x20, #UARTICR]
3:      msr     icc_eoir1_el1, x2
4:      eret
        .org    vectors + 0x800
        .balign 8
ticks:  .quad   0
