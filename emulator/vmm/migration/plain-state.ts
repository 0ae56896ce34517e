/** What a device keeps in fields of its own: numbers, truth values, text and lists of numbers. What it refers to is not its state. */
export type PlainState = Readonly<Record<string, number | boolean | string | readonly number[]>>;

const isPlain = (value: unknown): value is PlainState[string] =>
  typeof value === 'number' ||
  typeof value === 'boolean' ||
  typeof value === 'string' ||
  (Array.isArray(value) && value.every((item) => typeof item === 'number'));

/** The state of a device. */
export const plainState = (device: object): PlainState => Object.fromEntries(Object.entries(device).filter(([, value]) => isPlain(value)));

/**
 * Gives a device the state of another of its kind.
 * @throws Error that names a field which it does not have, or has of another type.
 */
export function restorePlainState(device: object, state: PlainState): void {
  const fields = device as Record<string, unknown>;
  for (const [name, value] of Object.entries(state)) {
    const there = fields[name];
    if (!isPlain(there) || Array.isArray(there) !== Array.isArray(value) || typeof there !== typeof value)
      throw new Error(`there is no state "${name}" to restore`);
    fields[name] = Array.isArray(value) ? [...value] : value;
  }
}
