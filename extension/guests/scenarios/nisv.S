// nisv.S - accesses to no memory that have no syndrome.
//
// ESR_EL2.ISV is 0 for pairs, SIMD and write-back: KVM cannot tell what was loaded or stored. With KVM_CAP_ARM_NISV_TO_USER
// user space gets KVM_EXIT_ARM_NISV and injects a data abort; without it KVM_RUN fails with -ENOSYS and the machine ends.

        .equ    UART, 0x09000000
        .equ    UARTFR, 0x18
        .equ    TXFF, 5
        .equ    PSCI_SYSTEM_OFF, 0x84000008
        .equ    NOWHERE, 0x0a000000

        .global _start
_start:
        ldr     x20, =UART
        adr     x1, stack_top
        mov     sp, x1
        adr     x1, vectors
        msr     vbar_el1, x1
        isb

        ldr     x21, =NOWHERE
        adr     x0, text_pair
        bl      puts
        ldp     x1, x2, [x21]
        adr     x0, text_writeback
        bl      puts
        str     x1, [x21], #8
        adr     x0, text_refused
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
text_pair:
        .asciz  "a pair\r\n"
text_writeback:
        .asciz  "write-back\r\n"
text_refused:
        .asciz  "both were refused\r\n"
text_abort:
        .asciz  "external abort: ESR_EL1 "
text_far:
        .asciz  " FAR_EL1 "
text_end:
        .asciz  "\r\n"

        .bss
        .balign 16
        .space  4096
stack_top:
