// mmio-sign.S - what a read of a device becomes in a register.
//
// Every load below is KVM_EXIT_MMIO: user space gives `len` bytes, KVM extends them as SSE and SF of the syndrome say
// (`complete 0x…` in the Debug Console; the launch configuration's script does it here).

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
        ldrb    w4, [x21]
        adr     x0, text_0
        bl      line
        ldrsb   w4, [x21]
        adr     x0, text_1
        bl      line
        ldrsb   x4, [x21]
        adr     x0, text_2
        bl      line
        ldrsh   w4, [x21]
        adr     x0, text_3
        bl      line
        ldrsh   x4, [x21]
        adr     x0, text_4
        bl      line
        ldrsw   x4, [x21]
        adr     x0, text_5
        bl      line
        ldr     w4, [x21]
        adr     x0, text_6
        bl      line
        ldr     x4, [x21]
        adr     x0, text_7
        bl      line

off:
        ldr     w0, =PSCI_SYSTEM_OFF
        hvc     #0
        b       .

        .balign 2048
vectors:
        .skip   0x200                   // current EL with SP_EL0: not used here
        // current EL with SP_ELx, synchronous
        b       .
        .org    vectors + 0x800

// Prints the string at X0 and X4. Changes X0-X3, X19.
line:
        mov     x19, x30
        bl      puts
        mov     x0, x4
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
text_0:
        .asciz  "LDRB W  "
text_1:
        .asciz  "LDRSB W "
text_2:
        .asciz  "LDRSB X "
text_3:
        .asciz  "LDRSH W "
text_4:
        .asciz  "LDRSH X "
text_5:
        .asciz  "LDRSW   "
text_6:
        .asciz  "LDR W   "
text_7:
        .asciz  "LDR X   "
text_end:
        .asciz  "\r\n"

        .bss
        .balign 16
        .space  4096
stack_top:
