/** README.md's section about speed, written from docs/bench.json: the two never differ. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../guests/guests.ts';
import { fixed } from './figures.ts';
import type { describeHost } from './host.ts';
import { gdbFigure, inUnit, type Row, type Target, targets } from './targets.ts';

/** What the quotation needs of the results. NaN is null in JSON. */
export interface Quoted {
  readonly host: ReturnType<typeof describeHost>;
  readonly rounds: number;
  readonly rows: readonly Row[];
  readonly integer?: QuotedPart;
  readonly fp?: QuotedPart;
  readonly smp?: QuotedPart;
}

interface QuotedPart {
  readonly kernels: readonly { readonly name: string; readonly ratio: number | null }[];
}

export const quotedJson = join(repository, 'docs', 'bench.json');
const readme = join(repository, 'README.md');
const BEGIN = '<!-- written by npm run bench -- --readme -->';
const END = '<!-- end of what npm run bench writes -->';

const target = ({ target: name }: Row): Target => targets[name];

/** A table of the rows that are compared with one of the two. */
function table(rows: readonly Row[], beside: Target['beside'], heading: string, ...columns: readonly ((row: Row) => string)[]): string[] {
  const chosen = rows.filter((row) => target(row).beside === beside);
  const line = (row: Row) => {
    const { title, unit, limit, aim } = target(row);
    const figures = [inUnit(unit, row.figure), ...columns.map((column) => column(row)), inUnit(unit, limit), inUnit(unit, aim ?? null)];
    return `| ${[title, ...figures].join(' | ')} |`;
  };
  return [heading, `|---|${'---|'.repeat(columns.length + 3)}`, ...chosen.map(line), ''];
}

const kernelLine = (title: string, part: QuotedPart | undefined): string[] =>
  part ? [`${title}: ${part.kernels.map(({ name, ratio }) => `${name} ${fixed(ratio ?? Number.NaN)}`).join(', ')}.`] : [];

/** The section, without its heading. */
export function speedSection({ host, rounds, rows, integer, fp, smp }: Quoted): string {
  const others = rows.filter((row) => target(row).beside === 'nothing');
  return [
    `Measured on ${host.date} by \`npm run bench\`, medians of ${rounds} rounds in turns: ${host.cpu}, ${host.cores} cores, ${host.memoryGiB} GiB; Node ${host.node.slice(1)},`,
    `${host.qemu}, ${host.gdb}. Figures of different machines don't compare; [docs/bench.json](docs/bench.json) has every run.`,
    '',
    ...table(rows, 'QEMU', "| time as a multiple of QEMU's TCG (cortex-a57) | here | not above | aim |"),
    ...kernelLine('Integer kernels', integer),
    ...kernelLine('FP and SIMD kernels', fp),
    ...kernelLine('On 4 vCPUs', smp),
    '',
    ...table(rows, 'gdb', "| stops, through the debug adapter | here | gdb on QEMU's stub | limit | aim |", (row) => gdbFigure(row) || '-'),
    ...others.map(
      (row) =>
        `${upperFirst(target(row).title)}: ${inUnit(target(row).unit, row.figure)} (not above ${inUnit(target(row).unit, target(row).limit)}).`,
    ),
  ].join('\n');
}

const upperFirst = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;

const sectionOf = (text: string): string => (text.split(BEGIN)[1] ?? '').split(END)[0]!.trim();

/** README.md with the section in its place. @throws Error where the place is missing. */
export function withSection(text: string, section: string): string {
  const [before, rest] = text.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`README.md has no ${BEGIN} … ${END}`);
  return `${before}${BEGIN}\n${section}\n${END}${after}`;
}

/** What README.md is, and what it should be by docs/bench.json; without that file no whole run has been kept yet, and it is as it should be where it has the place. */
export const readmeText = {
  is: (): string => readFileSync(readme, 'utf8'),
  shouldBe(): string {
    const text = this.is();
    if (!existsSync(quotedJson)) return withSection(text, sectionOf(text));
    return withSection(text, speedSection(JSON.parse(readFileSync(quotedJson, 'utf8')) as Quoted));
  },
};

/** Writes the figures of docs/bench.json into README.md. */
export const quoteInReadme = (): void => writeFileSync(readme, readmeText.shouldBe());
