import { resolve } from 'node:path';

/** An instruction's source line. */
export interface SourceLine {
  readonly line: number;
  readonly address: bigint;
}

/** A bare-metal guest assembled from one source file. */
export interface Program {
  readonly name: string;
  readonly path: string;
  readonly image: Uint8Array;
  /** Lines that have code, ascending by line; the first address of each. */
  readonly lines: readonly SourceLine[];
  readonly symbols: readonly { readonly name: string; readonly address: bigint }[];
  /** Line of the instruction at an address. */
  lineAt(address: bigint): number | undefined;
}

/** Whether two paths name one file. Clients differ in the case of drive letters. */
export function samePath(a: string, b: string): boolean {
  const normal = (path: string): string => resolve(path).replace(/^[A-Z]:/, (drive) => drive.toLowerCase());
  return normal(a) === normal(b);
}
