// smp.S - starts every other CPU through PSCI and counts under a spinlock of exclusives.
//
// Launch it with 2 to 8 CPUs. Each CPU adds 1000 to one counter, one at a time; the total shows that no step was lost.
// Exclusives want Normal memory, so every CPU turns the MMU on first (see mmu.S).

        .equ    UART, 0x09000000
        .equ    UARTFR, 0x18
        .equ    TXFF, 5
        .equ    PSCI_SYSTEM_OFF, 0x84000008
        .equ    PSCI_CPU_OFF, 0x84000002
        .equ    PSCI_CPU_ON, 0xc4000003
        .equ    MOST_CPUS, 8
        .equ    STEPS, 1000
        .equ    STACK_SHIFT, 12

        .equ    DEVICE_BLOCK, 0x1 | (1 << 10) | (3 << 53)
        .equ    NORMAL_BLOCK, 0x40000000 | 0x1 | (1 << 2) | (3 << 8) | (1 << 10)
        .equ    MAIR, 0xff00
        .equ    TCR, 25 | (1 << 8) | (1 << 10) | (3 << 12) | (1 << 23) | (2 << 32)
        .equ    SCTLR_MMU, 0x1005

        .global _start
_start:
        // The table that all CPUs share
        adr     x0, level1
        ldr     x1, =DEVICE_BLOCK
        str     x1, [x0]
        ldr     x1, =NORMAL_BLOCK
        str     x1, [x0, #8]
        dsb     ish
        mov     x19, #0                 // this CPU
        bl      prepare

        // CPU_ON for 1, 2, … until PSCI knows no such CPU
        mov     x21, #1
1:      ldr     x0, =PSCI_CPU_ON
        mov     x1, x21                 // target: MPIDR affinity
        adr     x2, secondary           // entry point
        mov     x3, x21                 // context: X0 there
        hvc     #0
        cbnz    x0, 2f
        add     x21, x21, #1
        cmp     x21, #MOST_CPUS
        b.lo    1b

2:      bl      count
        // All done when `finished` has reached the number of CPUs
        adr     x1, finished
3:      ldar    w2, [x1]
        cmp     w2, w21
        b.eq    4f
        wfe
        b       3b
4:      adr     x0, text_total
        bl      puts
        adr     x1, counter
        ldr     x0, [x1]
        bl      put_hex
        adr     x0, text_end
        bl      puts
        ldr     w0, =PSCI_SYSTEM_OFF
        hvc     #0
        b       .

// Where the others begin: X0 = their number.
secondary:
        mov     x19, x0
        bl      prepare
        bl      count
        ldr     w0, =PSCI_CPU_OFF
        hvc     #0
        b       .

// Stack and MMU of CPU X19. Keeps X30.
prepare:
        ldr     x20, =UART
        adr     x1, stacks
        add     x2, x19, #1
        add     x1, x1, x2, lsl #STACK_SHIFT
        mov     sp, x1
        ldr     x0, =MAIR
        msr     mair_el1, x0
        ldr     x0, =TCR
        msr     tcr_el1, x0
        adr     x0, level1
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
        ret

// Says hello, then adds STEPS to the counter, each under the lock; at last counts itself as finished.
count:
        str     x30, [sp, #-16]!
        bl      lock
        adr     x0, text_cpu
        bl      puts
        add     w0, w19, #'0'
        bl      putc
        adr     x0, text_end
        bl      puts
        bl      unlock
        mov     x4, #STEPS
1:      bl      lock
        adr     x0, counter
        ldr     x1, [x0]
        add     x1, x1, #1
        str     x1, [x0]
        bl      unlock
        subs    x4, x4, #1
        b.ne    1b
        adr     x0, finished
2:      ldaxr   w1, [x0]
        add     w1, w1, #1
        stlxr   w2, w1, [x0]
        cbnz    w2, 2b
        sev
        ldr     x30, [sp], #16
        ret

// Takes the lock. Changes X0-X2.
lock:
        adr     x0, the_lock
        mov     w2, #1
        sevl
1:      wfe
2:      ldaxr   w1, [x0]
        cbnz    w1, 1b
        stxr    w1, w2, [x0]
        cbnz    w1, 2b
        ret

// Releases the lock. Changes X0.
unlock:
        adr     x0, the_lock
        stlr    wzr, [x0]
        ret

// Sends the character in W0. Changes W1.
putc:
        ldr     w1, [x20, #UARTFR]
        tbnz    w1, #TXFF, putc
        strb    w0, [x20]
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

        .section .rodata
text_cpu:
        .asciz  "CPU "
text_total:
        .asciz  "total "
text_end:
        .asciz  "\r\n"

        .bss
        .balign 64
the_lock:
        .word   0
        .balign 64
counter:
        .quad   0
        .balign 64
finished:
        .word   0
        .balign 4096
level1: .space  4096
stacks: .space  (MOST_CPUS << STACK_SHIFT)
