// hello.S - the smallest guest: prints a line and powers off.
//
// Stop at KVM_EXIT_MMIO: every store to the UART is a data abort to EL2 (look at ESR_EL2: DFSC, WnR, SRT) that KVM hands
// to user space. The last exit is a hypercall: PSCI SYSTEM_OFF.
//
// Loaded at 0x40080000, entered at EL1 with the MMU off, X0 = device tree.

        .equ    UART, 0x09000000        // PL011
        .equ    UARTDR, 0x00            // data register
        .equ    UARTFR, 0x18            // flag register
        .equ    TXFF, 5                 // UARTFR: transmit FIFO full
        .equ    PSCI_SYSTEM_OFF, 0x84000008

        .global _start
_start:
        ldr     x20, =UART
        adr     x19, message

next:
        ldrb    w0, [x19], #1
        cbz     w0, off
        bl      putc
        b       next

off:
        ldr     w0, =PSCI_SYSTEM_OFF
        hvc     #0
        b       .                       // not reached

// Sends the character in W0. Changes W1.
putc:
        ldr     w1, [x20, #UARTFR]
        tbnz    w1, #TXFF, putc
        strb    w0, [x20, #UARTDR]
        ret

message:
        .asciz  "Hello from EL1 on KVM/arm64\r\n"
