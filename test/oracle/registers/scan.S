// Executes every encoding of the system instruction space, at EL1 and EL0, with the MMU off, and prints what became of it: a line each,
//   <what><encoding> V<value>          it was performed
//   <what><encoding> E<ESR> <SPSR>     it was an exception
// UNDEFINED is left out where nothing else was to be expected. <what>: 1 MRS at EL1, 0 MRS at EL0, w MSR of all ones, r what it reads then,
// z what it reads after MSR of zero, o MSR of what cannot be read, u MSR at EL0, s SYS at EL1, t SYS at EL0, l SYSL, i and j MSR (immediate) at
// EL1 and EL0. <encoding>: op0:op1:CRn:CRm:op2, four digits; for i and j op1:CRm:op2.
    .global _start
    .equ UART, 0x09000000
_start:
    ldr x20, =UART
    ldr x0, =stack_top
    mov sp, x0
    ldr x0, =vectors
    msr vbar_el1, x0
    mov x0, #(3<<20)
    msr cpacr_el1, x0
    isb
    bl main
    ldr x0, =0x84000008
    hvc #0
    b .

putc: str w0, [x20]
    ret
// x0 = value, x1 = digits
puthex:
    lsl x1, x1, #2
1:  sub x1, x1, #4
    lsr x2, x0, x1
    and x2, x2, #15
    cmp x2, #10
    add x3, x2, #'0'
    add x4, x2, #('a'-10)
    csel x2, x3, x4, lo
    str w2, [x20]
    cbnz x1, 1b
    ret

// runs the instruction word w0 with x0.. = operand x1 at EL(current=1); results: x0 = result reg, caught ESR in x19 (0: none)
run1:
    stp x29, x30, [sp, #-16]!
    ldr x2, =slot
    str w0, [x2]
    dsb sy
    ic ivau, x2
    dsb sy
    isb
    mov x19, #0
    mov x0, x1
    blr x2
    ldp x29, x30, [sp], #16
    ret
// same at EL0
run0:
    stp x29, x30, [sp, #-16]!
    ldr x2, =slot
    str w0, [x2]
    dsb sy
    ic ivau, x2
    dsb sy
    isb
    mov x19, #0
    ldr x3, =slot
    msr elr_el1, x3
    mov x3, #0x3c0
    msr spsr_el1, x3
    mov x3, sp
    ldr x4, =saved_sp
    str x3, [x4]
    mov x0, x1
    adr x30, back0
    eret
back0:  // at EL0: come back by svc
    svc #0x123
    nop
.global after0
after0:
    ldp x29, x30, [sp], #16
    ret

    .balign 2048
vectors:
    .balign 128
    b .
    .balign 128
    b .
    .balign 128
    b .
    .balign 128
    b .
    // current SPx
    .balign 128
    b sync1
    .balign 128
    b other
    .balign 128
    b other
    .balign 128
    b other
    // lower
    .balign 128
    b sync0
    .balign 128
    b other
    .balign 128
    b other
    .balign 128
    b other
other: b .
sync1:
    mrs x19, esr_el1
    mrs x21, spsr_el1
    mrs x22, far_el1
    mrs x23, elr_el1
    add x24, x23, #4
    msr elr_el1, x24
    eret
sync0:
    mrs x24, esr_el1
    ldr x25, =0x56000123
    cmp x24, x25
    b.eq 1f
    mov x19, x24
    mrs x21, spsr_el1
    mrs x22, far_el1
    mrs x23, elr_el1
    add x24, x23, #4
    msr elr_el1, x24
    eret
1:  // return to EL1 at after0
    ldr x24, =after0
    msr elr_el1, x24
    mov x24, #0x3c5
    msr spsr_el1, x24
    eret

main:
    stp x29, x30, [sp, #-16]!
    // ---- MRS scan at EL1 and EL0: op0 2,3
    mov x26, #0            // key 0..65535, op0 bits included via 0x8000 start
    mov w26, #0x8000
1:  // word = 0xd5200000 | (key<<5), key has op0 in 15:14; bit 20 of word is op0<1>=1
    mov w0, w26
    lsl w0, w0, #5
    movz w1, #0xd520, lsl #16
    orr w0, w0, w1
    mov x1, #0
    bl run1
    mov x2, x19
    ldr x3, =0x02000000
    cmp x2, x3
    b.eq 2f
    mov w3, #'1'
    bl report
2:  mov w0, w26
    lsl w0, w0, #5
    movz w1, #0xd520, lsl #16
    orr w0, w0, w1
    mov x1, #0
    bl run0
    ldr x3, =0x02000000
    cmp x19, x3
    b.eq 3f
    mov w3, #'0'
    bl report
3:  add w26, w26, #1
    mov w1, #0x10000
    cmp w26, w1
    b.ne 1b
    ldp x29, x30, [sp], #16
    b main2

// prints: level key (E esr spsr | V value)
report:
    stp x29, x30, [sp, #-16]!
    mov x27, x0
    mov w0, w3
    bl putc
    mov w0, w26
    mov x1, #4
    bl puthex
    mov w0, #' '
    bl putc
    cbz x19, 1f
    mov w0, #'E'
    bl putc
    mov x0, x19
    mov x1, #8
    bl puthex
    mov w0, #' '
    bl putc
    mov x0, x21
    mov x1, #8
    bl puthex
    b 2f
1:  mov w0, #'V'
    bl putc
    mov x0, x27
    mov x1, #16
    bl puthex
2:  mov w0, #10
    bl putc
    ldp x29, x30, [sp], #16
    ret
main2:
    stp x29, x30, [sp, #-16]!
    // ---- MSR scan at EL1: write pattern, read back
    mov w26, #0x8000
1:  ldr x0, =skip
4:  ldr w1, [x0], #4
    cbz w1, 5f
    cmp w1, w26
    b.eq 3f
    b 4b
5:  // old value
    mov w0, w26
    lsl w0, w0, #5
    movz w1, #0xd520, lsl #16
    orr w0, w0, w1
    mov x1, #0
    bl run1
    mov x28, x0
    cbnz x19, 6f
    mov x1, #-1
    bl wr
    mov w3, #'w'
    bl report
    cbnz x19, 3f
    bl rd
    mov w3, #'r'
    bl report
    mov x1, #0
    bl wr
    bl rd
    mov w3, #'z'
    bl report
    mov x1, x28
    bl wr
    b 3f
6:  // unreadable: write only
    ldr x1, =1020
    bl wr
    ldr x3, =0x02000000
    cmp x19, x3
    b.eq 3f
    mov w3, #'o'
    bl report
3:  add w26, w26, #1
    mov w1, #0x10000
    cmp w26, w1
    b.ne 1b
    // EL0 writes
    mov w26, #0x8000
1:  ldr x0, =skip
4:  ldr w1, [x0], #4
    cbz w1, 5f
    cmp w1, w26
    b.eq 3f
    b 4b
5:  mov w0, w26
    lsl w0, w0, #5
    movz w1, #0xd500, lsl #16
    orr w0, w0, w1
    mov x1, #0
    bl run0
    ldr x3, =0x02000000
    cmp x19, x3
    b.eq 3f
    mov x0, #0
    mov w3, #'u'
    bl report
3:  add w26, w26, #1
    mov w1, #0x10000
    cmp w26, w1
    b.ne 1b
    // SYS space, op0=1: keys 0x4000..0x7fff; x0 = buffer
    mov w26, #0x4000
1:  mov w0, w26
    lsl w0, w0, #5
    movz w1, #0xd500, lsl #16
    orr w0, w0, w1
    ldr x1, =buffer
    bl run1
    ldr x3, =0x02000000
    cmp x19, x3
    b.eq 2f
    mov x0, #0
    mov w3, #'s'
    bl report
2:  mov w0, w26
    lsl w0, w0, #5
    movz w1, #0xd500, lsl #16
    orr w0, w0, w1
    ldr x1, =buffer
    bl run0
    ldr x3, =0x02000000
    cmp x19, x3
    b.eq 3f
    mov x0, #0
    mov w3, #'t'
    bl report
3:  add w26, w26, #1
    mov w1, #0x8000
    cmp w26, w1
    b.ne 1b
    // SYSL at EL1
    mov w26, #0x4000
1:  mov w0, w26
    lsl w0, w0, #5
    movz w1, #0xd520, lsl #16
    orr w0, w0, w1
    ldr x1, =buffer
    bl run1
    ldr x3, =0x02000000
    cmp x19, x3
    b.eq 3f
    mov x0, #0
    mov w3, #'l'
    bl report
3:  add w26, w26, #1
    mov w1, #0x8000
    cmp w26, w1
    b.ne 1b
    // MSR immediate and hints: op0=0: CRn 4, at EL1 and EL0; word d500401f | op1<<16 | CRm<<8 | op2<<5
    mov w26, #0
1:  and w0, w26, #7          // op2
    lsl w0, w0, #5
    ubfx w1, w26, #3, #4     // CRm
    orr w0, w0, w1, lsl #8
    ubfx w1, w26, #7, #3
    orr w0, w0, w1, lsl #16
    movz w1, #0xd500, lsl #16
    movk w1, #0x401f
    orr w28, w0, w1
    // skip SPSel (op1 0, op2 5)
    and w1, w26, #7
    ubfx w2, w26, #7, #3
    cmp w1, #5
    ccmp w2, #0, #0, eq
    b.eq 7f
    mov w0, w28
    mov x1, #0
    bl run1
    msr daifset, #15
    mov x0, #0
    mov w3, #'i'
    bl report
7:  mov w0, w28
    mov x1, #0
    bl run0
    mov x0, #0
    mov w3, #'j'
    bl report
    add w26, w26, #1
    cmp w26, #1024
    b.ne 1b
    ldp x29, x30, [sp], #16
    ret
wr: stp x29, x30, [sp, #-16]!
    mov w0, w26
    lsl w0, w0, #5
    movz w2, #0xd500, lsl #16
    orr w0, w0, w2
    bl run1
    ldp x29, x30, [sp], #16
    ret
rd: stp x29, x30, [sp, #-16]!
    mov w0, w26
    lsl w0, w0, #5
    movz w1, #0xd520, lsl #16
    orr w0, w0, w1
    mov x1, #0
    bl run1
    ldp x29, x30, [sp], #16
    ret
    .ltorg
    .macro key op0, op1, crn, crm, op2
    .word (\op0<<14)|(\op1<<11)|(\crn<<7)|(\crm<<3)|\op2
    .endm
skip:
    key 3, 0, 1, 0, 0   // SCTLR
    key 3, 0, 12, 0, 0  // VBAR
    key 3, 0, 4, 2, 0   // SPSel
    key 3, 3, 4, 2, 1   // DAIF (would unmask)
    key 3, 0, 4, 0, 1   // ELR
    key 3, 0, 4, 0, 0   // SPSR
    key 3, 0, 5, 2, 0   // ESR
    key 2, 0, 1, 0, 4   // OSLAR
    key 2, 0, 0, 2, 2   // MDSCR
    key 3, 0, 12, 11, 5 // SGI1R
    key 3, 0, 12, 11, 6
    key 3, 0, 12, 11, 7
    key 3, 0, 1, 0, 2   // CPACR
    .word 0
    .balign 64
slot: nop
    ret
    .balign 64
buffer: .space 256
saved_sp: .quad 0
    .balign 16
    .space 4096
stack_top:
