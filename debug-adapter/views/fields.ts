import { bits, inner, layoutOf, maskOf, meaningOf } from '../../emulator/isa/registers/field-lookup.ts';
import type { Field } from '../../emulator/isa/registers/register.ts';
import { hex } from '../../emulator/machine/expression/format.ts';
import type { VariableNode } from './node.ts';

/** Reads and changes a whole register. Fields read it again each time: another field of it may have been changed since. */
export interface RegisterAccess {
  read(): Promise<bigint>;
  write(value: bigint): Promise<void>;
}

/**
 * The named fields of a value, each with its meaning; bits that no field names and that are set are shown as unknown (a newer architecture may use them).
 * @param expression What evaluates to the whole register, for the fields' own expressions.
 */
export function fieldNodes(
  layout: readonly Field[],
  value: bigint,
  expression: string | undefined,
  access: RegisterAccess | undefined,
  width: number,
): VariableNode[] {
  const fields = layoutOf(layout, layout, value);
  return [...fieldsIn(fields, layout, value, expression, access), ...unknownBits(fields, value, BigInt.asUintN(width, -1n))];
}

function fieldsIn(
  fields: readonly Field[],
  register: readonly Field[],
  value: bigint,
  expression: string | undefined,
  access: RegisterAccess | undefined,
): VariableNode[] {
  return fields.map((field) => {
    const inside = inner(field, register, value);
    const own = bits(value, field.high, field.low);
    const meaning = meaningOf(field, own);
    const mask = maskOf(field);
    return {
      name: field.name,
      value: meaning === undefined || meaning === hex(own) ? hex(own) : `${hex(own)} (${meaning})`,
      type: field.high === field.low ? `bit ${field.high}` : `bits ${field.high}:${field.low}`,
      ...(expression === undefined ? {} : { expression: `${expression}.${field.name}` }),
      ...(access ? { set: async (to: bigint) => access.write(((await access.read()) & ~mask) | ((to << BigInt(field.low)) & mask)) } : {}),
      ...(inside.length > 0
        ? {
            children: async () => {
              const now = access ? await access.read() : value;
              const fieldsNow = inner(field, register, now);
              return [...fieldsIn(fieldsNow, register, now, expression, access), ...unknownBits(fieldsNow, now, mask)];
            },
          }
        : {}),
    };
  });
}

/** Set bits of `mask` outside every field. */
function unknownBits(layout: readonly Field[], value: bigint, mask: bigint): VariableNode[] {
  let rest = value & mask;
  for (const field of layout) rest &= ~maskOf(field);
  return rest === 0n ? [] : [{ name: 'unknown', value: hex(rest), type: 'bits no known field has' }];
}
