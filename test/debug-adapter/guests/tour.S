// A guest with something of everything a debugger shows: a device, calls with frames, an exception, a power-off.
        .equ    UART, 0x09000000
        .equ    PSCI_SYSTEM_OFF, 0x84000008

        .text
        .global _start
_start: adr     x0, stack
        mov     sp, x0
        adr     x0, vectors
        msr     vbar_el1, x0
        isb
        adr     x0, greeting
        bl      print
        mov     x8, #64
        svc     #7
        adr     x0, farewell
        bl      print
        bl      power_off
        b       .

print:  stp     x29, x30, [sp, #-16]!
        mov     x29, sp
        mov     x1, x0
1:      ldrb    w0, [x1], #1
        cbz     w0, 2f
        bl      put
        b       1b
2:      ldp     x29, x30, [sp], #16
        ret

put:    mov     w2, #UART >> 16
        lsl     w2, w2, #16
        str     w0, [x2]
        ret

power_off:
        mov     x0, #PSCI_SYSTEM_OFF & 0xffff
        movk    x0, #PSCI_SYSTEM_OFF >> 16, lsl #16
        hvc     #0
        ret

        .balign 0x800
vectors:
        .space  0x200
        // Current EL with SPx, synchronous: SVC returns to the instruction after it.
        mrs     x9, esr_el1
        eret

        .balign 16
greeting:
        .asciz  "Hi\n"
farewell:
        .asciz  "Bye\n"
        .balign 16
        .space  256
stack:
