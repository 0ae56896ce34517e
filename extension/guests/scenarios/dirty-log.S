// dirty-log.S - writes into a memory slot that KVM keeps a log of.
//
// The slot at 0x100000000 has 16 pages and KVM_MEM_LOG_DIRTY_PAGES: reads map pages without write permission, the first
// write to a page is a permission fault at stage 2, a bit in the log, and write permission. `memslots` and
// `stage2 0x100000000 write` in the Debug Console show it. Stop at `first`, `second` and `third`.

        .equ    UART, 0x09000000
        .equ    UARTFR, 0x18
        .equ    TXFF, 5
        .equ    PSCI_SYSTEM_OFF, 0x84000008
        .equ    MEMORY, 0x100000000
        .equ    PAGE_BYTES, 4096

        .global _start
_start:
        ldr     x20, =UART
        adr     x1, stack_top
        mov     sp, x1
        adr     x1, vectors
        msr     vbar_el1, x1
        isb

        ldr     x21, =MEMORY
        ldr     x1, [x21, #1 * PAGE_BYTES]      // a read dirties nothing
        str     x20, [x21, #3 * PAGE_BYTES]
        str     x20, [x21, #5 * PAGE_BYTES]
        str     x20, [x21, #5 * PAGE_BYTES + 8]
first:  adr     x0, text_first
        bl      puts
        str     x20, [x21, #5 * PAGE_BYTES]     // again
second: adr     x0, text_second
        bl      puts
third:  adr     x0, text_third
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

        .section .rodata
text_first:
        .asciz  "wrote pages 3 and 5\r\n"
text_second:
        .asciz  "wrote page 5\r\n"
text_third:
        .asciz  "wrote nothing\r\n"

        .bss
        .balign 16
        .space  4096
stack_top:
