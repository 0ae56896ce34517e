/** The rows of the targets out of what the parts have measured. */
import { median } from './figures.ts';
import type { KernelPart } from './kernel-part.ts';
import type { referenceBoot } from './reference-boot.ts';
import type { stopPart } from './stops.ts';
import { type AtLeast, type Row, row, type TargetName } from './targets.ts';

export interface Measured {
  readonly boot?: Awaited<ReturnType<typeof referenceBoot>> | undefined;
  readonly integer?: KernelPart | undefined;
  readonly fp?: KernelPart | undefined;
  readonly smp?: KernelPart | undefined;
  readonly stops?: Awaited<ReturnType<typeof stopPart>> | undefined;
}

/** Medians, and geometric means of medians; only of parts that ran. */
export function summary({ boot, integer, fp, smp, stops }: Measured): Row[] {
  const rows: Row[] = [];
  const add = (target: TargetName, figures: readonly number[] | undefined, gdb?: number | AtLeast) =>
    rows.push(row(target, median(figures ?? []), gdb));
  if (boot) {
    add('bootToInit', boot.ratioToMarker);
    add('bootToPowerOff', boot.ratioToPowerOff);
  }
  if (integer) add('integer', [integer.geometricMean]);
  if (fp) add('fp', [fp.geometricMean]);
  if (smp) add('smp', [smp.geometricMean]);
  if (stops) {
    const slowdowns = stops.boots?.slowdowns;
    add('steps', stops.steps, stops.gdb?.steps);
    add('conditional', stops.hitsInLoop, stops.gdb?.conditional);
    add('stackWatch', stops.stackWatch, stops.gdb?.stackWatch);
    add('jiffiesWatch', slowdowns?.jiffiesWatch, stops.gdb?.jiffiesWatch);
    add('filters', slowdowns?.allFilters);
  }
  if (boot) add('memory', [Math.max(...boot.peakMegabytes)]);
  return rows;
}
