import { linuxProgram } from './program.ts';

export const READY = 'VICTIM-READY';
export const LIVED = 'victim lived';

/** What the victim has in its page. It is put together at run time: nothing else in the guest's memory holds it. */
const secret = [0x5ec2_e7f0_0d15_ea5en, 0x0bad_c0de_dead_beefn] as const;
const MASK = 0x1234_5678_9abc_def0n;

/** The bytes to look for. */
export function secretBytes(): Buffer {
  const bytes = Buffer.alloc(16);
  for (const [n, word] of secret.entries()) bytes.writeBigUInt64LE(word, n * 8);
  return bytes;
}

const hex = (value: bigint): string => `0x${value.toString(16)}`;

/** How the page is consumed; x19 is its address. */
export const consumptions = {
  load: 'ldr x0, [x19, #8]',
  fetch: 'add x20, x19, #16\n blr x20',
  /** The kernel reads it: write(1, page, 16). */
  'system call': 'mov x0, #1\n mov x1, x19\n mov x2, #16\n mov x8, #64\n svc #0',
} as const;

/** Gets a page, puts the secret into it, says READY, computes for a while, consumes the page, says that it lived. */
export const victim = (consumption: keyof typeof consumptions): Buffer =>
  linuxProgram(`
_start: mov     x0, #0
        mov     x1, #4096
        mov     x2, #7                  // PROT_READ | PROT_WRITE | PROT_EXEC
        mov     x3, #0x22               // MAP_PRIVATE | MAP_ANONYMOUS
        mov     x4, #-1
        mov     x5, #0
        mov     x8, #222                // mmap
        svc     #0
        mov     x19, x0
        ldr     x9, =${hex(MASK)}
        ldr     x1, =${hex(secret[0] ^ MASK)}
        ldr     x2, =${hex(secret[1] ^ MASK)}
        eor     x1, x1, x9
        eor     x2, x2, x9
        stp     x1, x2, [x19]
        ldr     w1, =0xd65f03c0         // RET, in the same line
        str     w1, [x19, #16]
        dc      cvau, x19
        dsb     ish
        ic      ivau, x19
        dsb     ish
        isb
        mov     x1, #0
        mov     x2, #0
        adr     x1, ready
        mov     x2, #${READY.length + 1}
        bl      print
        mov     x0, #10 << 20
1:      subs    x0, x0, #1
        b.ne    1b
        ${consumptions[consumption]}
        adr     x1, lived
        mov     x2, #${LIVED.length + 1}
        bl      print
        mov     x0, #0
        mov     x8, #93                 // exit
        svc     #0
print:  mov     x0, #1
        mov     x8, #64                 // write
        svc     #0
        ret
ready:  .ascii  "${READY}\\n"
lived:  .ascii  "${LIVED}\\n"
        .balign 8
        .ltorg
`);
