/** What the figures of the benchmark are measured against. Time is never an error: a missed target is printed, and the exit status stays that of the results. */

export interface Target {
  readonly title: string;
  /** `QEMU`: a multiple of qemu-system-aarch64's time. `gdb`: beside gdb on QEMU's stub. */
  readonly beside: 'QEMU' | 'gdb' | 'nothing';
  readonly unit: '×' | '/s' | 'MB';
  readonly better: 'lower' | 'higher';
  /** What must be kept, and what is strived for. */
  readonly limit: number;
  readonly aim?: number;
}

const time = { beside: 'QEMU', unit: '×', better: 'lower' } as const;
const rate = { beside: 'gdb', unit: '/s', better: 'higher' } as const;
const slowdown = { beside: 'gdb', unit: '×', better: 'lower' } as const;

export const targets = {
  bootToInit: { ...time, title: 'Debian 6.1 cloud kernel to its first line of user space', limit: 1.6, aim: 1.0 },
  bootToPowerOff: { ...time, title: 'the same to power-off, SHA-256 of 64 MiB included', limit: 1.0, aim: 0.7 },
  integer: { ...time, title: 'bare-metal integer kernels, geometric mean', limit: 1.0, aim: 0.7 },
  fp: { ...time, title: 'bare-metal FP and SIMD kernels, geometric mean', limit: 2.0, aim: 1.0 },
  smp: { ...time, title: 'kernels shared by 4 vCPUs (QEMU: thread=single), geometric mean', limit: 1.3, aim: 1.0 },
  steps: { ...rate, title: 'instruction steps, all general registers read after each', limit: 4_000, aim: 20_000 },
  conditional: { ...rate, title: 'breakpoint with a false condition on a hot function: hits', limit: 1_000_000, aim: 5_000_000 },
  stackWatch: { ...slowdown, title: 'watchpoint in a hot stack page, never hit: slowdown', limit: 1.3, aim: 1.05 },
  jiffiesWatch: { ...slowdown, title: 'watch on `jiffies_64` with a false condition over the boot: slowdown', limit: 1.5, aim: 1.1 },
  filters: { ...slowdown, title: 'exit recording, all filters on, over the boot: slowdown', limit: 1.1, aim: 1.02 },
  memory: {
    title: 'resident size of the reference boot (512 MiB guest), at its peak',
    beside: 'nothing',
    unit: 'MB',
    better: 'lower',
    limit: 900,
  },
} as const satisfies Record<string, Target>;

export type TargetName = keyof typeof targets;

export type Verdict = 'aim' | 'within limit' | 'missed' | 'not measured';

export function verdict({ limit, aim, better }: Target, figure: number): Verdict {
  if (!Number.isFinite(figure)) return 'not measured';
  const reaches = (mark: number) => (better === 'lower' ? figure <= mark : figure >= mark);
  if (reaches(aim ?? limit)) return aim === undefined ? 'within limit' : 'aim';
  return reaches(limit) ? 'within limit' : 'missed';
}

/** A figure of gdb's where waiting for its end takes too long: at least this. */
export interface AtLeast {
  readonly atLeast: number;
}

/** One row of the summary, as it goes into the JSON. */
export interface Row {
  readonly target: TargetName;
  readonly figure: number;
  /** What gdb on QEMU reached in the same run. */
  readonly gdb?: number | AtLeast;
  readonly verdict: Verdict;
}

/** @param figure NaN where it could not be measured. */
export const row = (target: TargetName, figure: number, gdb?: number | AtLeast): Row => ({
  target,
  figure,
  ...(gdb === undefined ? {} : { gdb }),
  verdict: verdict(targets[target], figure),
});

const thousands = (n: number): string => Math.round(n).toLocaleString('en-US');

/** A figure with its unit. */
export function inUnit(unit: Target['unit'], figure: number | null): string {
  if (figure === null || !Number.isFinite(figure)) return '-';
  if (unit === '/s') return `${thousands(Number(figure.toPrecision(3)))}/s`;
  return unit === 'MB' ? `${thousands(figure)} MB` : `${figure.toFixed(2)} ×`;
}

/** gdb's figure of a row. */
export function gdbFigure({ target, gdb }: Row): string {
  if (gdb === undefined) return '';
  return typeof gdb === 'object' ? `more than ${inUnit(targets[target].unit, gdb.atLeast)}` : inUnit(targets[target].unit, gdb);
}

const headings: Readonly<Record<Target['beside'], string>> = {
  QEMU: "Time as a multiple of QEMU TCG's",
  gdb: "Stops through the adapter, beside gdb on QEMU's stub",
  nothing: 'Memory',
};

/** The rows as lines for a terminal, a table for each thing they are compared with. */
export function rowLines(rows: readonly Row[]): string[] {
  const line = (each: Row): string => {
    const { title, unit, limit, aim } = targets[each.target] as Target;
    const [figure, reached, beside] = [inUnit(unit, each.figure).padStart(13), each.verdict.padEnd(12), gdbFigure(each)];
    const marks = `limit ${inUnit(unit, limit)}${aim === undefined ? '' : `, aim ${inUnit(unit, aim)}`}`;
    return `  ${title.padEnd(TITLE_WIDTH)} ${figure}  ${reached} (${marks})${beside ? `; gdb ${beside}` : ''}`;
  };
  const tables = (Object.keys(headings) as Target['beside'][]).map((beside) => ({
    heading: headings[beside],
    lines: rows.filter(({ target }) => targets[target].beside === beside).map(line),
  }));
  return tables.filter(({ lines }) => lines.length > 0).flatMap(({ heading, lines }) => [heading, ...lines]);
}

const TITLE_WIDTH = Math.max(...Object.values(targets).map(({ title }) => title.length));
