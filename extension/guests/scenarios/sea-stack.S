// sea-stack.S - a guest that does not survive: its stack has gone bad.
//
// The vector saves registers on that stack before anything else, and so consumes the error again. It notices by where it
// was interrupted and resets the machine. A kernel has an overflow stack for this; this one has not.

        .equ    UART, 0x09000000
        .equ    UARTFR, 0x18
        .equ    TXFF, 5
        .equ    PSCI_SYSTEM_OFF, 0x84000008
        .equ    PSCI_SYSTEM_RESET, 0x84000009

        .global _start
_start:
        ldr     x20, =UART
        adr     x1, stack_top
        mov     sp, x1
        adr     x1, vectors
        msr     vbar_el1, x1
        isb

        adr     x0, text_pushing
        bl      puts
        adr     x1, bad_stack_top
        mov     sp, x1
        ldr     x1, [sp, #-16]!
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
        b       synchronous
        .org    vectors + 0x800

synchronous:
        mrs     x18, elr_el1            // interrupted in here?
        adr     x17, synchronous
        cmp     x18, x17
        b.hs    again
        mov     x21, x18
        stp     x0, x30, [sp, #-16]!    // the stack: merges into the bad line
        ldp     x0, x30, [sp], #16
        eret
again:
        adr     x0, text_again
        bl      puts
        ldr     w0, =PSCI_SYSTEM_RESET
        hvc     #0
        b       .

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
text_pushing:
        .asciz  "using a bad stack\r\n"
text_again:
        .asciz  "an abort in the handler of an abort: no stack to go on with\r\n"
text_survived:
        .asciz  "survived\r\n"

        .data
        .balign 64
bad:    .space  64
bad_stack_top:

        .bss
        .balign 16
        .space  4096
stack_top:
