import { hex } from '../../emulator/machine/expression/format.ts';
import type { MappedRun, TableMap } from '../../emulator/machine/memory-views.ts';

/** Registers that hold the tables, by what people call them. */
export const tableRegisters = { ttbr0: 'TTBR0_EL1', ttbr1: 'TTBR1_EL1', stage2: 'VTTBR_EL2' } as const;

export const inputSpace = ({ regime }: TableMap): 'va' | 'ipa' => (regime.stage === 1 ? 'va' : 'ipa');

/** `va:0x…-0x…` */
export const runRange = (run: MappedRun, map: TableMap): string => `${inputSpace(map)}:${hex(run.first, 48)}-${hex(run.last, 48)}`;

/** Allocation hints as people write them: there is one line for a run. */
const short = (type: string): string => type.replaceAll('read-allocate', 'RA').replaceAll('write-allocate', 'WA');

/** What is mapped there and how. */
export function runText(run: MappedRun, { outputSpace }: TableMap): string {
  const { entry, level, output, scattered, rights, type, shareability, flags = [], fault } = run;
  if (fault !== undefined) return `✗ ${fault}`;
  const to = `→ ${outputSpace}:${hex(output!)}${scattered ? ' …' : ''}`;
  return [to, rights, short(type!), shareability, `${entry}s at level ${level}`, ...flags].join(', ');
}

/** A map as text. @param again The command that goes on where this ends. */
export function tableMapText(map: TableMap, again?: string): string[] {
  const { regime, runs, next } = map;
  return [
    `stage ${regime.stage}: ${regime.text}`,
    ...runs.map((run) => `  ${runRange(run, map)} ${runText(run, map)}`),
    ...(runs.length === 0 && regime.enabled && next === undefined ? ['  nothing is mapped'] : []),
    ...(next === undefined ? [] : [`  more from ${inputSpace(map)}:${hex(next)}${again === undefined ? '' : `: ${again} ${hex(next)}`}`]),
  ];
}
