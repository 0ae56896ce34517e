// serror-window.S - SErrors that come while PSTATE.A masks them.
//
// At `window` and at `window2` user space makes an SError pending (KVM_SET_VCPU_EVENTS): HCR_EL2.VSE = 1, the syndrome in
// VSESR_EL2. The first is taken when PSTATE.A is cleared. The second is met by an ESB, which records it in DISR_EL1
// and takes it away: nothing comes when PSTATE.A is cleared.

        .equ    UART, 0x09000000
        .equ    UARTFR, 0x18
        .equ    TXFF, 5
        .equ    PSCI_SYSTEM_OFF, 0x84000008

        .global _start
_start:
        ldr     x20, =UART
        adr     x1, stack_top
        mov     sp, x1
        adr     x1, vectors
        msr     vbar_el1, x1
        isb

        msr     daifset, #4
        adr     x0, text_masked
        bl      puts
window: nop
        adr     x0, text_still
        bl      puts
        msr     daifclr, #4
        isb
        msr     daifset, #4
        adr     x0, text_masked
        bl      puts
window2:
        nop
        hint    #16                     // ESB
        mrs     x4, disr_el1
        adr     x0, text_disr
        bl      puts
        mov     x0, x4
        bl      put_hex
        adr     x0, text_end
        bl      puts
        msr     daifclr, #4
        isb
        adr     x0, text_nothing
        bl      puts

off:
        ldr     w0, =PSCI_SYSTEM_OFF
        hvc     #0
        b       .

        .balign 2048
vectors:
        .skip   0x200                   // current EL with SP_EL0: not used here
        // current EL with SP_ELx, synchronous
        b       .

        .org    vectors + 0x380         // SError
        stp     x0, x30, [sp, #-16]!
        adr     x0, text_serror
        bl      puts
        mrs     x0, esr_el1
        bl      put_hex
        adr     x0, text_end
        bl      puts
        ldp     x0, x30, [sp], #16
        eret
        .org    vectors + 0x800

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

// Prints X0 as 16 hexadecimal digits. Changes X0-X3.
put_hex:
        mov     x3, #60
1:      lsr     x2, x0, x3
        and     x2, x2, #15
        cmp     x2, #10
        add     x1, x2, #'0'
        add     x2, x2, #'a' - 10
        csel    x2, x2, x1, hs
2:      ldr     w1, [x20, #UARTFR]
        tbnz    w1, #TXFF, 2b
        strb    w2, [x20]
        subs    x3, x3, #4
        b.pl    1b
        ret

        .section .rodata
text_masked:
        .asciz  "SErrors are masked\r\n"
text_still:
        .asciz  "still masked\r\n"
text_serror:
        .asciz  "SError: ESR_EL1 "
text_disr:
        .asciz  "ESB: DISR_EL1 "
text_nothing:
        .asciz  "nothing was left to take\r\n"
text_end:
        .asciz  "\r\n"

        .bss
        .balign 16
        .space  4096
stack_top:
