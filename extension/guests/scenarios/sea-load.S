// sea-load.S - loads from memory that has gone bad.
//
// The line of 64 bytes at `bad` has an uncorrected error. The load is a synchronous external abort that goes to EL2; KVM
// asks APEI, and if that does not claim the error, user space (KVM_EXIT_ARM_SEA). User space injects a data abort: this
// guest's vector prints it and goes on behind the load. Where user space has not enabled the capability, KVM injects an
// SError, and this guest gives up.

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
        msr     daifclr, #4             // SErrors are taken when they come

        adr     x0, text_loading
        bl      puts
        adr     x1, bad
load:   ldr     x21, [x1, #8]
        adr     x0, text_survived
        bl      puts

off:
        ldr     w0, =PSCI_SYSTEM_OFF
        hvc     #0
        b       .

        .balign 2048
vectors:
        .skip   0x200                   // current EL with SP_EL0: not used here
        // current EL with SP_ELx, synchronous
        stp     x0, x30, [sp, #-16]!
        adr     x0, text_abort
        bl      show
        mrs     x0, elr_el1
        add     x0, x0, #4
        msr     elr_el1, x0
        ldp     x0, x30, [sp], #16
        eret

        .org    vectors + 0x380         // SError
        adr     x0, text_serror
        bl      puts
        mrs     x0, esr_el1
        bl      put_hex
        adr     x0, text_lost
        bl      puts
        b       off
        .org    vectors + 0x800

// Prints the string at X0, ESR_EL1 and FAR_EL1. Changes X0-X3, X19.
show:
        mov     x19, x30
        bl      puts
        mrs     x0, esr_el1
        bl      put_hex
        adr     x0, text_far
        bl      puts
        mrs     x0, far_el1
        bl      put_hex
        adr     x0, text_end
        bl      puts
        ret     x19

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
text_loading:
        .asciz  "loading from bad memory\r\n"
text_abort:
        .asciz  "external abort: ESR_EL1 "
text_far:
        .asciz  " FAR_EL1 "
text_end:
        .asciz  "\r\n"
text_survived:
        .asciz  "survived\r\n"
text_serror:
        .asciz  "SError: ESR_EL1 "
text_lost:
        .asciz  ", nobody knows whose: giving up\r\n"

        .data
        .balign 64
bad:    .fill   8, 8, 0x55

        .bss
        .balign 16
        .space  4096
stack_top:
