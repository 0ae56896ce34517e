// migrate.S - a guest that is saved on one host and goes on on another.
//
// The slot at 0x100000000 is device memory that user space maps cacheable. The guest keeps a number there; it is saved at
// `here` (kvm-arm64 save) and loaded again (kvm-arm64 load). On a host without FEAT_S2FWB KVM refuses the slot; the policy
// before that (fallback-to-device) makes the memory Device, and the access that is not aligned ends KVM_RUN with -EFAULT.

        .equ    UART, 0x09000000
        .equ    UARTFR, 0x18
        .equ    TXFF, 5
        .equ    PSCI_SYSTEM_OFF, 0x84000008
        .equ    MEMORY, 0x100000000
        // Descriptors (Arm ARM D8.3)
        .equ    BLOCK, 0x1
        .equ    TABLE, 0x3
        .equ    PAGE, 0x3
        .equ    ATTR_NORMAL, 1 << 2     // AttrIndx; 0 is Device
        .equ    INNER_SHAREABLE, 3 << 8
        .equ    ACCESS, 1 << 10         // AF
        .equ    NORMAL, ATTR_NORMAL | INNER_SHAREABLE | ACCESS
        .equ    MAIR, 0xff00            // 0: Device-nGnRnE, 1: Normal, write-back
        .equ    TCR, 25 | (1 << 8) | (1 << 10) | (3 << 12) | (1 << 23) | (2 << 32)
                                        // 39-bit addresses: the walk begins at level 1

        .global _start
_start:
        ldr     x20, =UART
        adr     x1, stack_top
        mov     sp, x1
        adr     x1, vectors
        msr     vbar_el1, x1
        isb

        // Level 1: devices, RAM, and what this guest is about
        adr     x0, level1
        mov     x1, #BLOCK | ACCESS
        str     x1, [x0]
        ldr     x1, =0x40000000 | BLOCK | NORMAL
        str     x1, [x0, #1 * 8]
        ldr     x1, =MEMORY | BLOCK | NORMAL
        str     x1, [x0, #4 * 8]
        ldr     x0, =MAIR
        msr     mair_el1, x0
        ldr     x0, =TCR
        msr     tcr_el1, x0
        adr     x0, level1
        msr     ttbr0_el1, x0
        dsb     ish
        isb
        mrs     x0, sctlr_el1
        mov     x1, #0x1005             // I, C, M
        orr     x0, x0, x1
        msr     sctlr_el1, x0
        isb

        ldr     x21, =MEMORY
        mov     x1, #42
        str     x1, [x21, #1]
        adr     x0, text_before
        bl      puts
        movz    x1, #0x10, lsl #16      // time to be saved in
here:   subs    x1, x1, #1
        b.ne    here
        adr     x0, text_after
        bl      puts
        ldr     x0, [x21, #1]
        bl      put_hex
        adr     x0, text_end
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
text_before:
        .asciz  "wrote a number into device memory\r\n"
text_after:
        .asciz  "found "
text_end:
        .asciz  "\r\n"

        .bss
        .balign 16
        .space  4096
stack_top:

        .balign 4096
level1: .space  4096
