/** The launch cannot be: the message is for the person who typed it. */
export class LaunchError extends Error {
  override readonly name = 'LaunchError';
}

/** Bytes as people write them: `26 MiB`, `4 KiB`, `100 bytes`. */
export function formatSize(bytes: number): string {
  for (const [unit, size] of [
    ['GiB', 2 ** 30],
    ['MiB', 2 ** 20],
    ['KiB', 2 ** 10],
  ] as const) {
    if (bytes >= size) return `${Number((bytes / size).toFixed(1))} ${unit}`;
  }
  return `${bytes} bytes`;
}
