// Runs AT operations at EL2 and writes the PAR_EL1 of each to a file.
// Cases are at CASES: nwrites, nqueries, 8 registers, (address, value) ..., (va, operation) ...; nwrites = -1 ends them.
	.equ	CASES, 0x60000000
	.equ	WINDOW, 0x48000000
	.equ	WINDOW_BYTES, 4 * 1024 * 1024
	.equ	RESULTS, 0x58000000

	.text
	.globl	_start
_start:
	adr	x0, vectors
	msr	vbar_el2, x0
	isb
	ldr	x19, =CASES
	ldr	x20, =RESULTS
next_case:
	ldr	x21, [x19], #8
	cmn	x21, #1
	b.eq	finish
	ldr	x22, [x19], #8
	ldr	x0, =WINDOW
	ldr	x1, =WINDOW + WINDOW_BYTES
1:	stp	xzr, xzr, [x0], #16
	cmp	x0, x1
	b.lo	1b
	ldp	x0, x1, [x19], #16
	msr	sctlr_el1, x0
	msr	tcr_el1, x1
	ldp	x0, x1, [x19], #16
	msr	mair_el1, x0
	msr	ttbr0_el1, x1
	ldp	x0, x1, [x19], #16
	msr	ttbr1_el1, x0
	msr	hcr_el2, x1
	ldp	x0, x1, [x19], #16
	msr	vtcr_el2, x0
	msr	vttbr_el2, x1
2:	cbz	x21, 3f
	ldp	x0, x1, [x19], #16
	str	x1, [x0]
	sub	x21, x21, #1
	b	2b
3:	dsb	sy
	isb
	tlbi	alle1
	tlbi	vmalls12e1
	dsb	sy
	isb
4:	cbz	x22, next_case
	ldp	x0, x1, [x19], #16
	sub	x22, x22, #1
	mov	x2, #0
	adr	x3, operations
	add	x3, x3, x1, lsl #3
	br	x3
operations:
	at	s1e1r, x0
	b	5f
	at	s1e1w, x0
	b	5f
	at	s1e0r, x0
	b	5f
	at	s1e0w, x0
	b	5f
	at	s12e1r, x0
	b	5f
	at	s12e1w, x0
	b	5f
	at	s12e0r, x0
	b	5f
	at	s12e0w, x0
5:	isb
	mrs	x0, par_el1
	orr	x0, x0, x2
	str	x0, [x20], #8
	b	4b

finish:
	// SYS_OPEN (1) for "wb", SYS_WRITE (5), SYS_EXIT (0x18)
	adr	x1, open_block
	mov	w0, #1
	hlt	#0xf000
	ldr	x2, =RESULTS
	sub	x3, x20, x2
	adr	x1, write_block
	stp	x0, x2, [x1]
	str	x3, [x1, #16]
	mov	w0, #5
	hlt	#0xf000
	adr	x1, exit_block
	mov	w0, #0x18
	hlt	#0xf000
	b	.

	.balign	8
open_block:	.quad	file_name, 5, 10
write_block:	.quad	0, 0, 0
exit_block:	.quad	0x20026, 0
file_name:	.asciz	"answer.bin"

	.balign	2048
vectors:
	.rept	16
	.balign	128
	mov	x2, #-1
	mrs	x3, elr_el2
	add	x3, x3, #4
	msr	elr_el2, x3
	eret
	.endr
