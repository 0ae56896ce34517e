import type { AccessKind, AccessRight, Field, SystemRegister } from './register.ts';

const rights: Readonly<Record<string, AccessRight>> = { '-': 'none', ro: 'read-only', wo: 'write-only', rw: 'read-write' };

/**
 * One register of a group's table.
 * `encoding` is the generic name the assembler knows it by: `S3_0_C5_C2_0`. `access` lists the rights at EL0, EL1 and EL2: `'- rw rw'`.
 * `kind`: `plain` (reads and writes are a slot), `plain-read` (writes have an effect or may trap), else everything goes through the processor.
 */
export interface RegisterRow {
  readonly encoding: string;
  readonly access: string;
  readonly title: string;
  readonly kind?: 'plain' | 'plain-read';
  readonly readAs?: string;
  readonly writable?: bigint;
  readonly reset?: bigint;
  readonly fields?: readonly Field[];
  readonly feature?: string;
}

/** Parses `S<op0>_<op1>_C<n>_C<m>_<op2>`, case-insensitive; undefined when `text` is not of that form. */
export function parseGenericName(text: string): readonly [number, number, number, number, number] | undefined {
  const match = /^S([0-3])_([0-7])_C(\d|1[0-5])_C(\d|1[0-5])_([0-7])$/i.exec(text);
  if (!match) return undefined;
  const [, op0, op1, CRn, CRm, op2] = match.map(Number);
  return [op0!, op1!, CRn!, CRm!, op2!];
}

/** Declares the registers of one functional group. Throws for a row that does not parse. */
export function registers(group: string, rows: Readonly<Record<string, RegisterRow>>): readonly SystemRegister[] {
  return Object.entries(rows).map(([name, row]) => {
    const encoding = parseGenericName(row.encoding);
    const [el0, el1, el2] = row.access.split(' ').map((r) => rights[r]);
    if (!encoding || !el0 || !el1 || !el2) throw new Error(`register table: ${name} does not parse`);
    const [op0, op1, CRn, CRm, op2] = encoding;
    const read: AccessKind = row.kind ? 'plain' : 'processor';
    const write: AccessKind = row.kind === 'plain' ? 'plain' : 'processor';
    const { title, readAs, writable, reset, fields, feature } = row;
    return {
      ...{ name, op0, op1, CRn, CRm, op2, group, title },
      access: { el0, el1, el2 },
      kind: { read, write },
      ...(readAs ? { readAs } : {}),
      ...(writable === undefined ? {} : { writable }),
      ...(reset === undefined ? {} : { reset }),
      ...(fields ? { fields } : {}),
      ...(feature ? { feature } : {}),
    };
  });
}

/** Rows for a numbered family: `numbered(16, 0, n => [name, row])`. */
export function numbered(
  count: number,
  row: (n: number) => readonly [string, RegisterRow],
  first = 0,
): Readonly<Record<string, RegisterRow>> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => row(first + i)));
}
