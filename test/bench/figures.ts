/** How the benchmark's figures are summed up and written. */

/** The lower of the two middle values where there are two. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
}

export const geometricMean = (numbers: readonly number[]): number =>
  Math.exp(numbers.reduce((sum, n) => sum + Math.log(n), 0) / numbers.length);

export const fixed = (value: number): string => (Number.isFinite(value) ? value.toFixed(2) : '-');

/** Median and range. */
export const spread = (numbers: readonly number[]): string =>
  `${fixed(median(numbers))} (${fixed(Math.min(...numbers))} to ${fixed(Math.max(...numbers))})`;
