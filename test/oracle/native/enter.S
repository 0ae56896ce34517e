/*
 * Loads a processor state, runs one instruction (after a prefix, if asked) and saves the state again.
 * The code is copied to a fixed address and finds everything relative to itself:
 *   + 0x0000 enter    + 0x800 leave    + 0xc00 resume
 *   + 0x1000 state to load    + 0x2000 state saved    + 0x3000 the caller's own registers
 * The instruction is 0x10000 bytes below: prefix at 0x800 of that page, instruction at 0x804, then a branch to `leave`.
 * State: see the struct in runner.c.
 */
	.text
	.global	blob, blob_end
	.balign	4096
blob:
/* enter(w0: FP/SIMD registers matter, w1: start at the prefix) */
	adr	x9, blob + 0x3000
	stp	x19, x20, [x9]
	stp	x21, x22, [x9, #16]
	stp	x23, x24, [x9, #32]
	stp	x25, x26, [x9, #48]
	stp	x27, x28, [x9, #64]
	stp	x29, x30, [x9, #80]
	stp	d8, d9, [x9, #96]
	stp	d10, d11, [x9, #112]
	stp	d12, d13, [x9, #128]
	stp	d14, d15, [x9, #144]
	mov	x10, sp
	mrs	x11, tpidr_el0
	stp	x10, x11, [x9, #160]
	str	w0, [x9, #176]
	adr	x9, blob + 0x1000
	cbz	w0, 1f
	ldr	w10, [x9, #12]
	msr	fpcr, x10
	ldr	w10, [x9, #16]
	msr	fpsr, x10
	add	x10, x9, #288
	.irp	n, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
	ldp	q\n, q31, [x10], #32
	.endr
	add	x10, x9, #288
	ldr	q1, [x10, #16]
	ldr	q3, [x10, #48]
	ldr	q5, [x10, #80]
	ldr	q7, [x10, #112]
	ldr	q9, [x10, #144]
	ldr	q11, [x10, #176]
	ldr	q13, [x10, #208]
	ldr	q15, [x10, #240]
	ldr	q17, [x10, #272]
	ldr	q19, [x10, #304]
	ldr	q21, [x10, #336]
	ldr	q23, [x10, #368]
	ldr	q25, [x10, #400]
	ldr	q27, [x10, #432]
	ldr	q29, [x10, #464]
	ldr	q31, [x10, #496]
1:	ldr	w10, [x9, #8]
	msr	nzcv, x10
	ldr	x10, [x9, #24]
	mov	sp, x10
	clrex
	cbnz	w1, 2f
	.macro	load_all
	adr	x30, blob + 0x1000
	ldp	x0, x1, [x30, #32]
	ldp	x2, x3, [x30, #48]
	ldp	x4, x5, [x30, #64]
	ldp	x6, x7, [x30, #80]
	ldp	x8, x9, [x30, #96]
	ldp	x10, x11, [x30, #112]
	ldp	x12, x13, [x30, #128]
	ldp	x14, x15, [x30, #144]
	ldp	x16, x17, [x30, #160]
	ldp	x18, x19, [x30, #176]
	ldp	x20, x21, [x30, #192]
	ldp	x22, x23, [x30, #208]
	ldp	x24, x25, [x30, #224]
	ldp	x26, x27, [x30, #240]
	ldp	x28, x29, [x30, #256]
	ldr	x30, [x30, #272]
	.endm
	load_all
	b	blob - 0x10000 + 0x804
2:	load_all
	b	blob - 0x10000 + 0x800

	.org	blob + 0x800
leave:
	msr	tpidr_el0, x30
	adr	x30, blob + 0x2000
	stp	x0, x1, [x30, #32]
	stp	x2, x3, [x30, #48]
	stp	x4, x5, [x30, #64]
	stp	x6, x7, [x30, #80]
	stp	x8, x9, [x30, #96]
	stp	x10, x11, [x30, #112]
	stp	x12, x13, [x30, #128]
	stp	x14, x15, [x30, #144]
	stp	x16, x17, [x30, #160]
	stp	x18, x19, [x30, #176]
	stp	x20, x21, [x30, #192]
	stp	x22, x23, [x30, #208]
	stp	x24, x25, [x30, #224]
	stp	x26, x27, [x30, #240]
	stp	x28, x29, [x30, #256]
	mrs	x0, tpidr_el0
	str	x0, [x30, #272]
	mov	x0, sp
	str	x0, [x30, #24]
	mrs	x0, nzcv
	str	w0, [x30, #8]
	adr	x9, blob + 0x3000
	ldr	w0, [x9, #176]
	cbz	w0, 3f
	mrs	x0, fpsr
	str	w0, [x30, #16]
	add	x10, x30, #288
	stp	q0, q1, [x10]
	stp	q2, q3, [x10, #32]
	stp	q4, q5, [x10, #64]
	stp	q6, q7, [x10, #96]
	stp	q8, q9, [x10, #128]
	stp	q10, q11, [x10, #160]
	stp	q12, q13, [x10, #192]
	stp	q14, q15, [x10, #224]
	stp	q16, q17, [x10, #256]
	stp	q18, q19, [x10, #288]
	stp	q20, q21, [x10, #320]
	stp	q22, q23, [x10, #352]
	stp	q24, q25, [x10, #384]
	stp	q26, q27, [x10, #416]
	stp	q28, q29, [x10, #448]
	stp	q30, q31, [x10, #480]
	msr	fpcr, xzr
3:	b	resume

	.org	blob + 0xc00
/* Back to the caller of enter, whatever the registers hold. */
resume:
	adr	x9, blob + 0x3000
	msr	fpcr, xzr
	ldp	x10, x11, [x9, #160]
	mov	sp, x10
	msr	tpidr_el0, x11
	ldp	x19, x20, [x9]
	ldp	x21, x22, [x9, #16]
	ldp	x23, x24, [x9, #32]
	ldp	x25, x26, [x9, #48]
	ldp	x27, x28, [x9, #64]
	ldp	x29, x30, [x9, #80]
	ldp	d8, d9, [x9, #96]
	ldp	d10, d11, [x9, #112]
	ldp	d12, d13, [x9, #128]
	ldp	d14, d15, [x9, #144]
	ret
blob_end:
	.section .note.GNU-stack, "", %progbits
