// stale.S - one page of RAM under three addresses, and what each of them reads when nobody maintains the cache.
//
// The launch configuration turns the cache model on. Stage 1 maps RAM as Normal write-back at 0x40000000, as Normal
// Non-cacheable at 0x80000000 and as Device at 0xc0000000. A number is stored through the cache; memory has it only after
// DC CVAC. Then another is stored past the cache, and the line that is there hides it until DC CIVAC. On a host with
// FEAT_S2FWB KVM's stage 2 makes all three write-back, and nothing is ever stale. Stop at look (a breakpoint in this file)
// and ask the Debug Console: cache va:x21.

        .equ    UART, 0x09000000
        .equ    UARTFR, 0x18
        .equ    TXFF, 5
        .equ    PSCI_SYSTEM_OFF, 0x84000008
        .equ    ALIAS, 0x40000000       // from one mapping of RAM to the next
        // Descriptors (Arm ARM D8.3)
        .equ    BLOCK, 0x1
        .equ    ACCESS, 1 << 10         // AF
        .equ    INNER_SHAREABLE, 3 << 8
        .equ    ATTR_WRITE_BACK, 1 << 2 // AttrIndx; 0 is Device
        .equ    ATTR_NON_CACHEABLE, 2 << 2
        .equ    RAM, 0x40000000 | BLOCK | ACCESS | INNER_SHAREABLE
        .equ    MAIR, 0x44ff00          // 0: Device-nGnRnE, 1: Normal write-back, 2: Normal Non-cacheable
        .equ    TCR, 25 | (1 << 8) | (1 << 10) | (3 << 12) | (1 << 23) | (2 << 32)
                                        // 39-bit addresses: the walk begins at level 1

        .global _start
_start:
        ldr     x20, =UART
        adr     x1, stack_top
        mov     sp, x1

        adr     x0, level1
        mov     x1, #BLOCK | ACCESS
        str     x1, [x0]
        ldr     x1, =RAM | ATTR_WRITE_BACK
        str     x1, [x0, #1 * 8]
        ldr     x1, =RAM | ATTR_NON_CACHEABLE
        str     x1, [x0, #2 * 8]
        ldr     x1, =RAM
        str     x1, [x0, #3 * 8]
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

        adr     x21, data
        ldr     x1, =ALIAS
        add     x22, x21, x1
        add     x23, x22, x1

        mov     x1, #1
        str     x1, [x21]
look:
        adr     x0, text_stored
        bl      show
        dc      cvac, x21
        dsb     sy
        adr     x0, text_cleaned
        bl      show

        mov     x1, #2
        str     x1, [x22]
        dsb     sy
        adr     x0, text_past
        bl      show
        dc      civac, x21
        dsb     sy
        adr     x0, text_invalidated
        bl      show

        ldr     w0, =PSCI_SYSTEM_OFF
        hvc     #0
        b       .

// Prints the string at X0 and what each alias reads, a digit each. Changes X0-X2, X19.
show:
        mov     x19, x30
        bl      puts
        ldr     x0, [x21]
        bl      put_digit
        adr     x0, text_non_cacheable
        bl      puts
        ldr     x0, [x22]
        bl      put_digit
        adr     x0, text_device
        bl      puts
        ldr     x0, [x23]
        bl      put_digit
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

// Prints X0 as a digit. Changes X0, X1.
put_digit:
        add     x0, x0, #'0'
1:      ldr     w1, [x20, #UARTFR]
        tbnz    w1, #TXFF, 1b
        strb    w0, [x20]
        ret

        .section .rodata
text_stored:
        .asciz  "stored through the cache: write-back "
text_cleaned:
        .asciz  "after DC CVAC: write-back "
text_past:
        .asciz  "stored past the cache: write-back "
text_invalidated:
        .asciz  "after DC CIVAC: write-back "
text_non_cacheable:
        .asciz  ", Non-cacheable "
text_device:
        .asciz  ", Device "
text_end:
        .asciz  "\r\n"

        .bss
        .balign 16
        .space  4096
stack_top:

        .balign 4096
level1: .space  4096
data:   .space  4096
