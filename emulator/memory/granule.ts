/** A translation granule as it is written: `4 KiB`. @param granule log2 of its bytes. */
export const granuleName = (granule: number): string => sizeName(2 ** granule);

const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** Bytes in the largest unit that divides them: `2 MiB`. */
export function sizeName(bytes: number): string {
  let unit = 0;
  let size = bytes;
  while (unit < units.length - 1 && size >= 1024 && size % 1024 === 0) {
    size /= 1024;
    unit++;
  }
  return `${size} ${units[unit]}`;
}
