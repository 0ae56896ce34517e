// timer.S - the virtual timer through the GICv3: WFI, interrupt, acknowledge, end of interrupt. Five ticks, then off.
//
// Stop in irq and look at ICC_IAR1_EL1, CNTV_CTL_EL0 and, on KVM's side, the list registers ICH_LR<n>_EL2.

        .equ    UART, 0x09000000
        .equ    UARTFR, 0x18
        .equ    TXFF, 5
        .equ    PSCI_SYSTEM_OFF, 0x84000008

        .equ    GICD, 0x08000000
        .equ    GICD_CTLR, 0x0000
        .equ    ENABLE_GRP1_ARE, 0x12   // EnableGrp1A, ARE_NS
        .equ    GICR, 0x080a0000        // redistributor of CPU 0
        .equ    GICR_WAKER, 0x0014
        .equ    PROCESSOR_SLEEP, 1
        .equ    CHILDREN_ASLEEP, 2
        .equ    GICR_SGI, 0x10000       // its SGI and PPI frame
        .equ    GICR_IGROUPR0, 0x0080
        .equ    GICR_ISENABLER0, 0x0100
        .equ    GICR_IPRIORITYR, 0x0400
        .equ    TIMER, 27               // INTID of the virtual timer
        .equ    SPURIOUS, 1023
        .equ    TICKS, 5

        .global _start
_start:
        ldr     x20, =UART
        adr     x1, stack_top
        mov     sp, x1
        adr     x1, vectors
        msr     vbar_el1, x1

        // Distributor
        ldr     x0, =GICD
        mov     w1, #ENABLE_GRP1_ARE
        str     w1, [x0, #GICD_CTLR]
        // Redistributor: awake, then the timer's interrupt in group 1, priority 0x80, enabled
        ldr     x0, =GICR
        ldr     w1, [x0, #GICR_WAKER]
        bic     w1, w1, #1 << PROCESSOR_SLEEP
        str     w1, [x0, #GICR_WAKER]
1:      ldr     w1, [x0, #GICR_WAKER]
        tbnz    w1, #CHILDREN_ASLEEP, 1b
        ldr     x0, =GICR + GICR_SGI
        mov     w1, #-1
        str     w1, [x0, #GICR_IGROUPR0]
        mov     w1, #0x80
        strb    w1, [x0, #GICR_IPRIORITYR + TIMER]
        mov     w1, #1 << TIMER
        str     w1, [x0, #GICR_ISENABLER0]
        // CPU interface
        mrs     x0, icc_sre_el1
        orr     x0, x0, #1
        msr     icc_sre_el1, x0
        isb
        mov     x0, #0xff
        msr     icc_pmr_el1, x0
        mov     x0, #1
        msr     icc_igrpen1_el1, x0
        isb

        mov     x21, #0                 // ticks so far
        bl      start_timer
        msr     daifclr, #2             // IRQ

sleep:
        wfi
        cmp     x21, #TICKS
        b.lo    sleep

        msr     cntv_ctl_el0, xzr
        ldr     w0, =PSCI_SYSTEM_OFF
        hvc     #0
        b       .

// 10 ms from now. Changes X0, X1.
start_timer:
        mrs     x0, cntfrq_el0
        mov     x1, #100
        udiv    x0, x0, x1
        msr     cntv_tval_el0, x0
        mov     x0, #1                  // ENABLE, not masked
        msr     cntv_ctl_el0, x0
        isb
        ret

        .balign 2048
vectors:
        .skip   0x280
irq:                                    // current EL with SP_ELx: IRQ
        stp     x0, x1, [sp, #-32]!
        stp     x2, x30, [sp, #16]
        mrs     x2, icc_iar1_el1
        cmp     x2, #SPURIOUS
        b.eq    1f
        add     x21, x21, #1
        bl      start_timer
        msr     icc_eoir1_el1, x2
        adr     x0, text_tick
        bl      puts
        add     w0, w21, #'0'
        bl      putc
        adr     x0, text_end
        bl      puts
1:      ldp     x2, x30, [sp, #16]
        ldp     x0, x1, [sp], #32
        eret
        .org    vectors + 0x800

// Sends the character in W0. Changes W1.
putc:
        ldr     w1, [x20, #UARTFR]
        tbnz    w1, #TXFF, putc
        strb    w0, [x20]
        ret

// Prints the string at X0. Changes X0-X2.
puts:
        mov     x2, x0
1:      ldrb    w0, [x2], #1
        cbz     w0, 3f
2:      ldr     w1, [x20, #UARTFR]
        tbnz    w1, #TXFF, 2b
        strb    w0, [x20]
        b       1b
3:      ret

        .section .rodata
text_tick:
        .asciz  "tick "
text_end:
        .asciz  "\r\n"

        .bss
        .balign 16
        .space  4096
stack_top:
