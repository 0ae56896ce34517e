// mmu.S - builds stage-1 translation tables, turns the MMU on, and looks at what it made.
//
// 4 KB granule, 39-bit addresses (TCR_EL1.T0SZ = 25), so the walk begins at level 1:
//   0x00000000  1 GB block   Device-nGnRnE: the UART
//   0x40000000  1 GB block   Normal write-back: RAM
//   0x80000000  table, table, page: the buffer once more, under another address
// Translate 0x80000000 in the debugger, or read va:0x80000000 and ipa: of the buffer: the same bytes.

        .equ    UART, 0x09000000
        .equ    UARTFR, 0x18
        .equ    TXFF, 5
        .equ    PSCI_SYSTEM_OFF, 0x84000008
        .equ    ALIAS, 0x80000000
        .equ    UNMAPPED, 0xc0000000

        // Descriptors (Arm ARM D8.3)
        .equ    BLOCK, 0x1              // bits 1:0, levels 1 and 2
        .equ    TABLE, 0x3              // bits 1:0, levels 0 to 2
        .equ    PAGE, 0x3               // bits 1:0, level 3
        .equ    ATTR_DEVICE, 0 << 2     // AttrIndx
        .equ    ATTR_NORMAL, 1 << 2
        .equ    INNER_SHAREABLE, 3 << 8
        .equ    ACCESS, 1 << 10         // AF
        .equ    XN, 3 << 53             // UXN, PXN

        .equ    MAIR, 0xff00            // 0: Device-nGnRnE, 1: Normal, write-back
        .equ    TCR, 25 | (1 << 8) | (1 << 10) | (3 << 12) | (1 << 23) | (2 << 32)
                                        // T0SZ 25, write-back walks, inner shareable, EPD1, 40-bit PA
        .equ    SCTLR_MMU, 0x1005       // I, C, M

        .global _start
_start:
        ldr     x20, =UART
        adr     x1, stack_top
        mov     sp, x1
        adr     x1, vectors
        msr     vbar_el1, x1

        // Level 1
        adr     x0, level1
        ldr     x1, =(UART & ~0x3fffffff) | BLOCK | ATTR_DEVICE | ACCESS | XN
        str     x1, [x0, #0 * 8]
        ldr     x1, =0x40000000 | BLOCK | ATTR_NORMAL | INNER_SHAREABLE | ACCESS
        str     x1, [x0, #1 * 8]
        adr     x1, level2
        orr     x1, x1, #TABLE
        str     x1, [x0, #2 * 8]
        // Level 2
        adr     x0, level2
        adr     x1, level3
        orr     x1, x1, #TABLE
        str     x1, [x0]
        // Level 3: the buffer
        adr     x0, level3
        adr     x1, buffer
        ldr     x2, =PAGE | ATTR_NORMAL | INNER_SHAREABLE | ACCESS | XN
        orr     x1, x1, x2
        str     x1, [x0]
        dsb     ish

        ldr     x0, =MAIR
        msr     mair_el1, x0
        ldr     x0, =TCR
        msr     tcr_el1, x0
        adr     x0, level1
        msr     ttbr0_el1, x0
        tlbi    vmalle1
        dsb     nsh
        isb
        mrs     x0, sctlr_el1
        ldr     x1, =SCTLR_MMU
        orr     x0, x0, x1
turn_on:
        msr     sctlr_el1, x0
        isb

        adr     x0, text_on
        bl      puts

        // Written here, read there
        ldr     x1, =0x1122334455667788
        adr     x0, buffer
        str     x1, [x0]
        ldr     x2, =ALIAS
        ldr     x0, [x2]
        bl      put_hex
        adr     x0, text_alias
        bl      puts

        // What the MMU says about the alias
        ldr     x2, =ALIAS
        at      s1e1r, x2
        isb
        mrs     x0, par_el1
        bl      put_hex
        adr     x0, text_par
        bl      puts

        // And a translation fault, level 1
        ldr     x1, =UNMAPPED
bad_load:
        ldr     x2, [x1]

        ldr     w0, =PSCI_SYSTEM_OFF
        hvc     #0
        b       .

        .balign 2048
vectors:
        .skip   0x200
synchronous:
        stp     x0, x30, [sp, #-16]!
        mrs     x0, esr_el1
        bl      put_hex
        adr     x0, text_esr
        bl      puts
        mrs     x0, elr_el1
        add     x0, x0, #4
        msr     elr_el1, x0
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
text_on:
        .asciz  "MMU on\r\n"
text_alias:
        .asciz  " read through the alias\r\n"
text_par:
        .asciz  " PAR_EL1 of the alias\r\n"
text_esr:
        .asciz  " ESR_EL1: translation fault, level 1\r\n"

        .bss
        .balign 4096
level1: .space  4096
level2: .space  4096
level3: .space  4096
buffer: .space  4096
        .space  4096
stack_top:
