/** Programs for the guests of the cases. */

/** Guest physical address where no memory slot is: user space sees what the guest stores there. */
export const DEVICE = 0x900_0000;
/** x27 at the store that ends a program: which vector was taken, or that none was. */
const NO_VECTOR = 0x100;

const entry = (n: number): string => `.balign 128\nmov x27, #${n}\nb report`;

/** What ends a program: the syndrome registers of EL1 in x20 to x23 and a store to the device. */
const report = `
report: mrs x20, esr_el1
        mrs x21, elr_el1
        mrs x22, far_el1
        mrs x23, spsr_el1
end:    str w27, [x29]
        b   end
`;

/** Vectors that report, the device's address in x29, then the body, which reports that no vector was taken. */
export const program = (body: string): string => `
        adr x0, vectors
        msr vbar_el1, x0
        isb
        mov x29, #${DEVICE}
        mov x27, #${NO_VECTOR}
${body}
        b   end
.balign 2048
vectors:
${Array.from({ length: 16 }, (_, n) => entry(n)).join('\n')}
${report}
`;

/** The body runs at EL0 with this PSTATE. */
export const atEl0 = (body: string, pstate = 0): string =>
  program(`
        adr x0, el0
        msr elr_el1, x0
        mov x0, #${pstate}
        msr spsr_el1, x0
        eret
el0:
${body}
        svc #0
`);

/** Registers that tell how a program of `program` ended. */
export const reported = ['pc', 'pstate', 'x20', 'x21', 'x22', 'x23', 'x27'] as const;
