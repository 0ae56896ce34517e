// stale-data.S - two mappings of a page that do not agree about caches.
//
// CACHED is Normal write-back, UNCACHED the same page Normal Non-cacheable. What is stored through the first is in the cache,
// and the second reads memory: old, until DC CVAC writes the line back. With FEAT_S2FWB both are write-back whatever
// stage 1 says. "cacheModel" in the launch configuration gives the machine a cache; without one nothing is ever stale.
// At `stale`, look at the bytes that cache and memory have otherwise.

        .equ    UART, 0x09000000
        .equ    UARTFR, 0x18
        .equ    TXFF, 5
        .equ    PSCI_SYSTEM_OFF, 0x84000008
        .equ    CACHED, 0x80000000
        .equ    UNCACHED, 0x80001000
        // Descriptors (Arm ARM D8.3)
        .equ    BLOCK, 0x1
        .equ    TABLE, 0x3
        .equ    PAGE, 0x3
        .equ    ATTR_NORMAL, 1 << 2     // AttrIndx; 0 is Device
        .equ    INNER_SHAREABLE, 3 << 8
        .equ    ACCESS, 1 << 10         // AF
        .equ    NORMAL, ATTR_NORMAL | INNER_SHAREABLE | ACCESS
        .equ    NORMAL_NC, (2 << 2) | INNER_SHAREABLE | ACCESS
        .equ    MAIR, 0x44ff00          // 0: Device-nGnRnE, 1: Normal, write-back, 2: Non-cacheable
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
        orr     x2, x1, x2
        str     x2, [x0]
        ldr     x2, =PAGE | NORMAL_NC
        orr     x2, x1, x2
        str     x2, [x0, #8]
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

        ldr     x21, =CACHED
        ldr     x22, =UNCACHED
        dc      civac, x21
        dsb     sy
        mov     x1, #42
        str     x1, [x21]
        dsb     sy
stale:  adr     x4, text_before
        bl      look
        dc      cvac, x21
        dsb     sy
        adr     x4, text_after
        bl      look

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

// Prints the string at X4 and what UNCACHED reads. Changes X0-X3, X19.
look:
        mov     x19, x30
        mov     x0, x4
        bl      puts
        ldr     x0, [x22]
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
text_before:
        .asciz  "before DC CVAC: "
text_after:
        .asciz  "after DC CVAC:  "
text_end:
        .asciz  "\r\n"

        .bss
        .balign 16
        .space  4096
stack_top:

        .balign 4096
level1: .space  4096
level2: .space  4096
level3: .space  4096
page:   .space  4096
