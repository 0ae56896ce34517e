// sea-to-user.S - the whole way of a memory error, as the kernel's own test sea_to_user goes it.
//
// A page is mapped at VA; its memory has gone bad. Load -> KVM_EXIT_ARM_SEA with esr, gva and gpa -> user space sets
// ext_dabt_pending -> abort at VBAR_EL1 + 0x200. The vector checks what it finds.

        .equ    UART, 0x09000000
        .equ    UARTFR, 0x18
        .equ    TXFF, 5
        .equ    PSCI_SYSTEM_OFF, 0x84000008
        .equ    VA, 0x80000000
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
        adr     x1, level2
        orr     x1, x1, #TABLE
        str     x1, [x0, #2 * 8]
        adr     x0, level2
        adr     x1, level3
        orr     x1, x1, #TABLE
        str     x1, [x0]
        adr     x0, level3
        adr     x1, page
        ldr     x2, =PAGE | NORMAL
        orr     x1, x1, x2
        str     x1, [x0]
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

        ldr     x1, =VA
        adr     x22, load
load:   ldr     x21, [x1, #0x10]
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
        mrs     x0, esr_el1             // EC 0x25, IL, DFSC 0x10; no EA, FnV, SET, WnR
        ldr     w1, =0x96000010
        cmp     x0, x1
        adr     x0, text_esr
        b.ne    failed
        bl      puts
        mrs     x0, far_el1
        ldr     x1, =VA + 0x10
        cmp     x0, x1
        adr     x0, text_far
        b.ne    failed
        bl      puts
        mrs     x0, elr_el1             // the load itself
        cmp     x0, x22
        adr     x0, text_elr
        b.ne    failed
        bl      puts
        b       off
failed: bl      puts
        adr     x0, text_failed
        bl      puts
        b       off
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

        .section .rodata
text_esr:
        .asciz  "ESR_EL1: data abort of the same level, external, not on a walk\r\n"
text_far:
        .asciz  "FAR_EL1: where the load was\r\n"
text_elr:
        .asciz  "ELR_EL1: the load\r\n"
text_failed:
        .asciz  "the line above is not so\r\n"
text_nothing:
        .asciz  "no abort came\r\n"

        .bss
        .balign 16
        .space  4096
stack_top:

        .balign 4096
level1: .space  4096
level2: .space  4096
level3: .space  4096
page:   .space  4096
