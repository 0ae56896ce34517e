/** Small pieces of guest code, each showing one thing that the translator does. They end with RET where nothing else ends them. */
export const snippets: Readonly<Record<string, string>> = {
  'straight-line': `
add x0, x1, x2
eor w3, w0, w1, lsl #3
madd x4, x0, x3, x1
ret`,
  'thirty-two-bit-writes-clear-the-top': `
add w0, w0, #1
mov w1, w0
sxtw x2, w1
ret`,
  'zero-register': `
add x0, xzr, x1
and xzr, x0, x1
str xzr, [x2]
ret`,
  constants: `
movz x0, #0x1234, lsl #48
movk x0, #0x5678, lsl #16
movn w1, #0
adr x2, .
adrp x3, .
ret`,
  'bit-fields': `
ubfx x0, x1, #4, #8
bfi w2, w3, #5, #6
sbfiz x4, x5, #8, #16
extr x6, x7, x8, #13
ret`,
  'variable-shifts-and-counts': `
lsl x0, x1, x2
asr w3, w4, w5
ror x6, x7, x8
clz w9, w10
rbit x11, x12
rev w13, w14
ret`,
  division: `
udiv x0, x1, x2
sdiv w3, w4, w5
umulh x6, x7, x8
ret`,
  'compare-and-branch-on-flags': `
cmp x0, x1
b.lo 1f
add x2, x2, #1
1: ret`,
  'flags-that-nobody-asks-for': `
subs x0, x0, #1
adds x1, x1, x2
cmp x3, x4
cset x5, gt
ret`,
  'flags-that-leave-the-region': `
subs x0, x0, x1
ret`,
  'carry-chains': `
adds x0, x0, x2
adcs x1, x1, x3
adc x4, x4, xzr
ret`,
  'conditional-select-and-compare': `
cmp w0, #10
ccmp w1, #5, #4, ne
csinc x2, x3, x4, eq
csneg w5, w6, w7, lt
ret`,
  'test-bits-and-zero': `
tbz w0, #3, 1f
cbnz x1, 2f
add x2, x2, #1
1: add x3, x3, #1
2: ret`,
  'flags-read-as-a-register': `
ands x0, x1, x2
mrs x3, nzcv
ret`,
  'load-and-store': `
ldr x0, [x1, #16]
str w0, [x1, #4]
ret`,
  'small-loads-with-sign': `
ldrsb x0, [x1]
ldrsh w2, [x1, #2]
ldrb w3, [x1, x4]
ldrsw x5, [x1, w6, sxtw #2]
ret`,
  'pre-and-post-index': `
ldr x0, [x1], #8
str x0, [x2, #-16]!
ret`,
  'pairs-and-the-stack': `
stp x29, x30, [sp, #-32]!
mov x29, sp
ldp x29, x30, [sp], #32
ret`,
  exclusives: `
1: ldxr w0, [x1]
add w0, w0, #1
stxr w2, w0, [x1]
cbnz w2, 1b
ret`,
  'acquire-and-release': `
ldar x0, [x1]
stlr w2, [x3]
ret`,
  atomics: `
ldadd w0, w1, [x2]
casal x3, x4, [x5]
ret`,
  'unprivileged-access': `
ldtr x0, [x1]
sttrb w2, [x3]
ret`,
  'zero-a-block': `
dc zva, x0
ret`,
  'counted-loop': `
1: add x0, x0, x1
subs x2, x2, #1
b.ne 1b
ret`,
  'copy-loop': `
1: ldrb w3, [x1], #1
strb w3, [x0], #1
cbnz w3, 1b
ret`,
  'nested-loops': `
mov x2, #0
1: mov x3, #0
2: add x0, x0, x3
add x3, x3, #1
cmp x3, x1
b.lo 2b
add x2, x2, #1
cmp x2, x1
b.lo 1b
ret`,
  'loop-with-two-ways-out': `
1: ldr x2, [x0], #8
cbz x2, 2f
cmp x2, x1
b.ne 1b
mov x0, #1
ret
2: mov x0, #0
ret`,
  diamond: `
cbz x0, 1f
add x1, x1, #1
b 2f
1: sub x1, x1, #1
2: add x2, x2, x1
ret`,
  irreducible: `
cbz x0, 2f
1: add x1, x1, #1
tbz x1, #3, 2f
add x1, x1, #2
2: add x2, x2, #1
tbz x2, #4, 1b
ret`,
  'irreducible-and-large': `
cbz x0, 2f
1: add x1, x1, #1
tbz x1, #3, 2f
.rept 35
nop
.endr
2: add x2, x2, #1
.rept 35
nop
.endr
tbz x2, #4, 1b
ret`,
  'switch-through-a-register': `
adr x1, 1f
add x1, x1, x0, lsl #2
br x1
1: b 2f
b 2f
2: ret`,
  call: `
mov x0, #1
bl 1f
add x0, x0, #1
ret
1: ret`,
  'tail-call-far-away': `
add x0, x0, #1
b . + 0x100000`,
  'system-instructions-in-the-way': `
mrs x0, tpidr_el0
msr tpidr_el0, x1
add x0, x0, #1
isb
nop
dmb ish
ret`,
  'system-registers-unless-trapped': `
mrs x0, midr_el1
msr contextidr_el1, x1
mrs x2, cntv_ctl_el0
msr cntv_cval_el0, x3
ret`,
  'interrupt-priority-mask': `
mrs x0, icc_pmr_el1
msr icc_pmr_el1, x1
ret`,
  'what-cannot-be-translated': `
add x0, x0, #1
svc #0`,
  'vector-integer': `
add v0.4s, v1.4s, v2.4s
mul v3.8h, v4.8h, v5.8h
ushr v6.2d, v7.2d, #3
tbl v8.16b, {v9.16b}, v10.16b
ret`,
  'vector-memory': `
ldr q0, [x0], #16
ldp d1, d2, [x1]
st1 {v0.16b}, [x2], #16
ret`,
  'vector-lanes': `
umov w0, v1.b[3]
ins v2.s[1], w3
dup v4.4s, w5
addv b6, v7.16b
ret`,
  'scalar-floating-point': `
fadd d0, d1, d2
fmul s3, s4, s5
fmadd d6, d0, d1, d2
fcmp d0, d1
b.gt 1f
fneg d0, d0
1: ret`,
  'floating-point-conversions': `
scvtf d0, x1
fcvtzs w2, s3
fcvt s4, d5
fmov x6, d7
ret`,
  'vector-floating-point': `
fadd v0.4s, v1.4s, v2.4s
fmla v3.2d, v4.2d, v5.2d
ret`,
  'while-memory-is-watched': `
ldr x0, [x1, #8]
strb w0, [x2]
ldr q0, [x3]
ret`,
};

/** Those that are translated as while a debugger watches memory. */
export const whileWatched: ReadonlySet<string> = new Set(['while-memory-is-watched']);
