// What every kernel of the benchmark starts with: MMU on (identity, 2 MiB blocks of Normal write-back memory), every CPU that PSCI knows calls
// work(cpu, memory), and CPU 0 prints the sum of the answers and powers off.
        .equ    UART, 0x09000000
        .equ    UARTFR, 0x18
        .equ    TXFF, 5
        .equ    PSCI_SYSTEM_OFF, 0x84000008
        .equ    PSCI_CPU_OFF, 0x84000002
        .equ    PSCI_CPU_ON, 0xc4000003
        .equ    MOST_CPUS, 8
        .equ    STACK_SHIFT, 16

        .equ    DEVICE_BLOCK, 0x1 | (1 << 10) | (3 << 53)
        .equ    NORMAL_BLOCK, 0x1 | (1 << 2) | (3 << 8) | (1 << 10)
        .equ    RAM, 0x40000000
        .equ    BLOCK_SHIFT, 21
        .equ    MAIR, 0xff00
        .equ    TCR, 25 | (1 << 8) | (1 << 10) | (3 << 12) | (1 << 23) | (2 << 32)
        .equ    SCTLR_MMU, 0x1005
        .equ    CPACR_FPEN, 3 << 20

        // Each CPU's memory for work(): zero at the start, clear of what the loader may have put beside the kernel
        .equ    MEMORY, 0x50000000
        .equ    MEMORY_SHIFT, 24
        .equ    TLB_PAGES, 2048
        .equ    TLB_FLUSHES, 6

        .global _start
_start:
        adrp    x0, level1
        ldr     x1, =DEVICE_BLOCK
        str     x1, [x0]
        adrp    x2, level2
        orr     x1, x2, #3
        str     x1, [x0, #8]
        ldr     x1, =RAM | NORMAL_BLOCK
        mov     x3, #512
1:      str     x1, [x2], #8
        add     x1, x1, #(1 << BLOCK_SHIFT)
        subs    x3, x3, #1
        b.ne    1b
        dsb     ish
        mov     x19, #0
        bl      prepare
        adr     x0, text_begin
        bl      puts

        mov     x21, #1
2:      ldr     x0, =PSCI_CPU_ON
        mov     x1, x21
        adr     x2, secondary
        mov     x3, x21
        hvc     #0
        cbnz    x0, 3f
        add     x21, x21, #1
        cmp     x21, #MOST_CPUS
        b.lo    2b
3:      bl      count
        adrp    x1, finished
        add     x1, x1, :lo12:finished
4:      ldar    w2, [x1]
        cmp     w2, w21
        b.eq    5f
        wfe
        b       4b
5:      adr     x0, text_checksum
        bl      puts
        adrp    x1, sum
        ldr     x0, [x1, :lo12:sum]
        bl      put_hex
        adr     x0, text_end
        bl      puts
        ldr     w0, =PSCI_SYSTEM_OFF
        hvc     #0
        b       .

secondary:
        mov     x19, x0
        bl      prepare
        bl      count
        ldr     w0, =PSCI_CPU_OFF
        hvc     #0
        b       .

// Stack, FP and MMU of CPU X19.
prepare:
        ldr     x20, =UART
        adrp    x1, stacks
        add     x2, x19, #1
        add     x1, x1, x2, lsl #STACK_SHIFT
        mov     sp, x1
        mov     x0, #CPACR_FPEN
        msr     cpacr_el1, x0
        ldr     x0, =MAIR
        msr     mair_el1, x0
        ldr     x0, =TCR
        msr     tcr_el1, x0
        adrp    x0, level1
        msr     ttbr0_el1, x0
        isb
        tlbi    vmalle1
        dsb     nsh
        isb
        mrs     x0, sctlr_el1
        ldr     x1, =SCTLR_MMU
        orr     x0, x0, x1
        msr     sctlr_el1, x0
        isb
        // QEMU sizes its TLB by use, when it is flushed: 64 entries for a CPU that has been off, twice as many with each flush that finds it full. Without this
        // nothing here would ever flush, and the kernels would measure 64 entries.
        mov     x3, #TLB_FLUSHES
1:      ldr     x0, =MEMORY
        add     x0, x0, x19, lsl #MEMORY_SHIFT
        mov     x2, #TLB_PAGES
2:      ldrb    w1, [x0]
        add     x0, x0, #4096
        subs    x2, x2, #1
        b.ne    2b
        tlbi    vmalle1
        dsb     nsh
        isb
        subs    x3, x3, #1
        b.ne    1b
        ret

// work() on this CPU; adds its answer to the sum and counts the CPU as finished.
count:
        str     x30, [sp, #-16]!
        mov     x0, x19
        ldr     x1, =MEMORY
        add     x1, x1, x19, lsl #MEMORY_SHIFT
        bl      work
        adrp    x1, sum
        add     x1, x1, :lo12:sum
1:      ldaxr   x2, [x1]
        add     x2, x2, x0
        stlxr   w3, x2, [x1]
        cbnz    w3, 1b
        adrp    x1, finished
        add     x1, x1, :lo12:finished
2:      ldaxr   w2, [x1]
        add     w2, w2, #1
        stlxr   w3, w2, [x1]
        cbnz    w3, 2b
        sev
        ldr     x30, [sp], #16
        ret

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

        .ltorg
text_begin:
        .asciz  "begin\r\n"
text_checksum:
        .asciz  "checksum "
text_end:
        .asciz  " end\r\n"

        .bss
        .balign 64
sum:    .quad   0
        .balign 64
finished:
        .word   0
        .balign 4096
level1: .space  4096
level2: .space  4096
stacks: .space  (MOST_CPUS << STACK_SHIFT)
