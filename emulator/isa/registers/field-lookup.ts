import type { Field } from './register.ts';

/** Bits `high:low` of a value. */
export function bits(value: bigint, high: number, low: number): bigint {
  return (value >> BigInt(low)) & ((1n << BigInt(high - low + 1)) - 1n);
}

/** The layout of a field for a value of its register: chosen by the field it depends on, which may be any field of the register. */
function chosen(field: Field, register: readonly Field[], value: bigint): readonly Field[] {
  if (!field.variant) return [];
  const { on, cases, otherwise } = field.variant;
  const selector = findField(register, value, on);
  const found = selector && cases[Number(bits(value, selector.high, selector.low))];
  return found ?? otherwise ?? [];
}

/** The fields shown inside a field for a value of its register. */
export function inner(field: Field, register: readonly Field[], value: bigint): readonly Field[] {
  return layoutOf(chosen(field, register, value), register, value);
}

/** Fields as they are shown for a value of their register: those of a run of bits without a name stand in its place. */
export function layoutOf(fields: readonly Field[], register: readonly Field[], value: bigint): readonly Field[] {
  return fields.some((field) => field.unnamed)
    ? fields.flatMap((field) => (field.unnamed ? inner(field, register, value) : [field]))
    : fields;
}

/** The field of that name which a register's value has, looking into the layouts this value selects. */
export function findField(register: readonly Field[], value: bigint, name: string): Field | undefined {
  const search = (fields: readonly Field[]): Field | undefined => {
    const direct = fields.find((field) => field.name === name && !field.unnamed);
    if (direct) return direct;
    for (const field of fields) {
      if (!field.variant || field.variant.on === name) continue;
      const found = search(chosen(field, register, value));
      if (found) return found;
    }
    return undefined;
  };
  return search(register);
}

/** All field names of a register, of every layout it may have. */
export function fieldNames(fields: readonly Field[]): string[] {
  const names = new Set<string>();
  const add = (list: readonly Field[]): void => {
    for (const field of list) {
      if (!field.unnamed) names.add(field.name);
      for (const layout of Object.values(field.variant?.cases ?? {})) add(layout);
      add(field.variant?.otherwise ?? []);
    }
  };
  add(fields);
  return [...names];
}

/** What a field's value means, where that is known. */
export function meaningOf(field: Field, value: bigint): string | undefined {
  if (typeof field.meaning === 'function') return field.meaning(value);
  return field.meaning?.[Number(value)];
}

/** Bits that a field covers. */
export const maskOf = ({ high, low }: Field): bigint => ((1n << BigInt(high - low + 1)) - 1n) << BigInt(low);
