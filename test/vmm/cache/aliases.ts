import type { LaunchConfiguration } from '../../../emulator/vmm/launch.ts';
import type { VirtMachine } from '../../../emulator/vmm/virt-machine.ts';
import { guest, powerOff, runAll } from '../guest.ts';

/** Where RAM is in the guest's map: Write-Back, Normal Non-cacheable, Device-nGnRnE, each with the offset of its alias from the first. */
export const aliases = { wb: 0, nc: 0x4000_0000, device: 0x8000_0000 } as const;
/** A page for data. */
export const DATA = 0x4020_0000;

export interface AliasOptions {
  /** TCR_EL1.IRGN0 and ORGN0 Non-cacheable. */
  readonly walksPastCache?: boolean;
}

/** Turns stage 1 on: RAM at its own address and at the two aliases; devices below. Leaves x0 to x3 changed, x9 = `DATA`, x10 and x11 its aliases. */
export const aliasesOn = ({ walksPastCache = false }: AliasOptions = {}): string => `
        adr     x0, tables
        movz    x1, #0x0409             // Device, AF
        str     x1, [x0]
        movz    x1, #0x4000, lsl #16
        movk    x1, #0x0701             // Attr0 WB, inner shareable, AF
        str     x1, [x0, #8]
        movk    x1, #0x0705             // Attr1 NC
        str     x1, [x0, #16]
        movk    x1, #0x0709             // Attr2 Device
        str     x1, [x0, #24]
        movz    x2, #0x44ff
        msr     mair_el1, x2
        movz    x2, #${walksPastCache ? '0x3020' : '0x3520'}         // T0SZ 32, inner shareable
        movk    x2, #0x80, lsl #16      // EPD1
        movk    x2, #2, lsl #32         // IPS 40 bits
        msr     tcr_el1, x2
        msr     ttbr0_el1, x0
        isb
        movz    x9, #0x4020, lsl #16
        movz    x10, #0x8020, lsl #16
        movz    x11, #0xc020, lsl #16
        mrs     x3, sctlr_el1
        movz    x2, #0x1005             // M, C, I
        orr     x2, x3, x2
        msr     sctlr_el1, x2
        isb
`;

/** Turns stage 1 and the caches off; what SCTLR_EL1 was is in x3. */
export const mmuOff = `
        msr     sctlr_el1, x3
        isb
`;

const whole = (body: string, options: AliasOptions): string => `
        adr     x0, vectors
        msr     vbar_el1, x0
        isb
${aliasesOn(options)}
${body}
done:
${powerOff}
        .balign 2048
vectors:
        .rept 16
        .balign 128
        mrs     x20, esr_el1
        b       done
        .endr
        .balign 4096
tables: .skip   4096
`;

/** A machine with a cache model, at the end of a guest that has these aliases. */
export async function ranWithAliases(
  body: string,
  launch: Partial<LaunchConfiguration> = {},
  options: AliasOptions = {},
  prepare: (machine: VirtMachine) => void = () => {},
): Promise<VirtMachine> {
  const machine = await guest(whole(body, options), { cacheModel: true, ...launch });
  prepare(machine);
  const end = runAll(machine, 50_000_000);
  if (end.kind !== 'power-off') throw new Error(`the guest ended with ${JSON.stringify(end)}`);
  return machine;
}
