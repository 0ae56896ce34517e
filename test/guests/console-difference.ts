/** What may differ between the console of a boot here and on QEMU, and why. Everything else must be equal, line by line. */

interface Allowance {
  readonly why: string;
  /** Part of a line whose value may differ. */
  readonly value?: RegExp;
  /** A whole line that one of the two may lack. */
  readonly line?: RegExp;
}

/** Times and counts that depend on how fast guest instructions pass, and hardware that only one of the machines has. */
const allowances: readonly Allowance[] = [
  { why: 'printk time', value: /^\[ *\d+\.\d{6}\]/ },
  { why: 'random bits reach the kernel by another seed', value: /(?<=(?:hash|random|seed)[^:]*: ?)[0-9a-f]{8,}/i },
];

/** The console's lines with what may differ taken out. */
export function comparable(console: string, more: readonly Allowance[] = []): string[] {
  const all = [...allowances, ...more];
  return console
    .replaceAll('\r', '')
    .split('\n')
    .filter((line) => !all.some(({ line: pattern }) => pattern?.test(line)))
    .map((line) => all.reduce((text, { value }) => (value ? text.replace(value, '<…>') : text), line));
}
