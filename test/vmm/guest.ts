import { assemble } from '../../emulator/isa/assembler/assembler.ts';
import { slots } from '../../emulator/translate/layout.ts';
import type { CompileThread } from '../../emulator/vmm/compile-thread.ts';
import { createMachine } from '../../emulator/vmm/create.ts';
import type { LaunchConfiguration } from '../../emulator/vmm/launch.ts';
import { FLAT_LOAD_ADDRESS } from '../../emulator/vmm/loader/kernel.ts';
import type { RunEnd } from '../../emulator/vmm/run-hooks.ts';
import type { VirtMachine } from '../../emulator/vmm/virt-machine.ts';

/** A machine with a bare-metal guest given as assembly, loaded as a flat binary. */
export async function guest(
  source: string,
  options: Partial<LaunchConfiguration> = {},
  compileThread?: CompileThread,
): Promise<VirtMachine> {
  const { image } = assemble(source, { file: 'guest.S', address: BigInt(FLAT_LOAD_ADDRESS) });
  return createMachine(
    { kernel: { name: 'guest.bin', bytes: image }, memory: 16 * 2 ** 20, cpus: 1, cpu: 'cortex-a57', ...options },
    compileThread,
  );
}

/** Runs to the end, or at most `budget` instructions, in slices of `slice`. */
export function runAll(machine: VirtMachine, budget = 10_000_000, slice = budget): RunEnd {
  const limit = machine.silicon.clock.instructions + budget;
  for (;;) {
    const end = machine.run(Math.min(slice, limit - machine.silicon.clock.instructions));
    if (end.kind !== 'budget' || machine.silicon.clock.instructions >= limit) return end;
  }
}

export const text = (machine: VirtMachine): string => new TextDecoder().decode(machine.console.take());

export const x = (machine: VirtMachine, n: number, vcpu = 0): bigint => machine.vcpus[vcpu]!.state.get(n);
export const pc = (machine: VirtMachine, vcpu = 0): bigint => machine.vcpus[vcpu]!.state.get(slots.pc);

/** Source lines that power the machine off. */
export const powerOff = `
        movz    x0, #0x8400, lsl #16
        movk    x0, #8
        hvc     #0
`;

/** Vectors whose every entry keeps ESR_EL1, ELR_EL1 and FAR_EL1 in x20, x21 and x22 and powers off. */
export const reportingVectors = `
        .balign 2048
vectors:
        .rept 16
        .balign 128
        b       report
        .endr
report: mrs     x20, esr_el1
        mrs     x21, elr_el1
        mrs     x22, far_el1
${powerOff}
`;

/** A guest that sets up those vectors, runs `body`, and powers off. */
export const withVectors = (body: string): string => `
        adr     x0, vectors
        msr     vbar_el1, x0
        isb
${body}
${powerOff}
${reportingVectors}
`;
