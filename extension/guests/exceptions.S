// exceptions.S - a vector table, and four exceptions taken to EL1: SVC, BRK, an undefined instruction, a misaligned load.
//
// Stop at a guest exception class and look at ESR_EL1: the vector prints it with ELR_EL1 and FAR_EL1 and goes on.

        .equ    UART, 0x09000000
        .equ    UARTFR, 0x18
        .equ    TXFF, 5
        .equ    PSCI_SYSTEM_OFF, 0x84000008
        .equ    EC_SHIFT, 26
        .equ    EC_SVC64, 0x15
        .equ    SCTLR_A, 1 << 1

        .global _start
_start:
        ldr     x20, =UART
        adr     x1, stack_top
        mov     sp, x1
        adr     x1, vectors
        msr     vbar_el1, x1
        msr     far_el1, xzr            // UNKNOWN until an abort writes it: KVM leaves 0x1de7ec7edbadc0de there
        isb

take_svc:
        svc     #42                     // EC 0x15, ISS = 42

take_brk:
        brk     #7                      // EC 0x3c, ISS = 7

take_undefined:
        udf     #0                      // EC 0x00

take_misaligned:
        mrs     x1, sctlr_el1
        orr     x1, x1, #SCTLR_A        // check alignment (Device memory would, without it)
        msr     sctlr_el1, x1
        isb
        adr     x1, stack_top
        add     x1, x1, #1
        ldr     x2, [x1]                // EC 0x25, DFSC 0x21: alignment fault

        adr     x0, goodbye
        bl      puts
        ldr     w0, =PSCI_SYSTEM_OFF
        hvc     #0
        b       .

// Every entry of the table goes the same way: X0 says which of them it was.
        .macro  vector number
        .balign 128
        stp     x0, x30, [sp, #-16]!
        mov     x0, #\number
        b       report
        .endm

        .balign 2048
vectors:
        .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
        vector  \n
        .endr
        .balign 128

// Prints the syndrome and returns behind the instruction (SVC already points there).
report:
        adr     x0, text_esr
        bl      puts
        mrs     x0, esr_el1
        bl      put_hex
        adr     x0, text_elr
        bl      puts
        mrs     x0, elr_el1
        bl      put_hex
        adr     x0, text_far
        bl      puts
        mrs     x0, far_el1
        bl      put_hex
        adr     x0, text_end
        bl      puts
        mrs     x0, esr_el1
        lsr     x0, x0, #EC_SHIFT
        cmp     x0, #EC_SVC64
        b.eq    1f
        mrs     x0, elr_el1
        add     x0, x0, #4
        msr     elr_el1, x0
1:      ldp     x0, x30, [sp], #16
        eret

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
text_esr:
        .asciz  "exception: ESR_EL1 "
text_elr:
        .asciz  " ELR_EL1 "
text_far:
        .asciz  " FAR_EL1 "
text_end:
        .asciz  "\r\n"
goodbye:
        .asciz  "back where it began\r\n"

        .bss
        .balign 16
        .space  4096
stack_top:
        .space  16
