/** What a field can hold that is state by itself. */
export type Value = number | bigint | string | boolean | null | undefined;

/** The values of an object graph, in an order that only its shape decides. */
export interface ObjectState {
  readonly values: Value[];
  /** Where each value is. Only where asked for. */
  readonly paths: string[];
}

/**
 * Reads every field of some objects, and of what they refer to: a device added tomorrow is looked at without saying so here.
 * An object met again is the number of its first meeting; functions are no state; `leaveOut` says what else is none.
 */
export function objectState(
  roots: Readonly<Record<string, object>>,
  leaveOut: (value: object, key: string) => boolean,
  withPaths = false,
): ObjectState {
  const values: Value[] = [];
  const paths: string[] = [];
  const met = new Map<object, number>();
  const take = (value: unknown, owner: object, key: string, path: string): void => {
    if (typeof value === 'function' || typeof value === 'symbol') return;
    if (typeof value !== 'object' || value === null) {
      values.push(value as Value);
      if (withPaths) paths.push(path);
      return;
    }
    if (leaveOut(value, key)) return;
    const known = met.get(value);
    if (known !== undefined) {
      take(known, owner, key, path);
      return;
    }
    met.set(value, met.size);
    for (const [name, part] of partsOf(value)) take(part, value, name, withPaths ? `${path}.${name}` : '');
  };
  for (const [name, root] of Object.entries(roots)) take(root, roots, name, name);
  return { values, paths };
}

function partsOf(value: object): Iterable<readonly [string, unknown]> {
  if (value instanceof Map) return [...value].flatMap(([key, part], n) => [[`key ${n}`, key] as const, [String(key), part] as const]);
  if (value instanceof Set) return [...value].map((part, n) => [String(n), part] as const);
  return Object.entries(value);
}
