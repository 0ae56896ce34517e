import type { GuestType, TypeRules } from '../../emulator/machine/expression/types.ts';
import type { NameSpace } from './btf/btf.ts';
import { typeName } from './declaration.ts';
import { type IntegerType, memberOf, sizeOf, stripped, type Type, targetOf, voidType } from './types.ts';
import { isScalar, isSigned } from './value.ts';

/** Whoever knows types by name. */
export interface TypeSource {
  find(space: NameSpace, name: string): Type | undefined;
}

const tags: Readonly<Record<string, NameSpace>> = { struct: 'struct', union: 'union', enum: 'enum' };
/** Bytes on arm64 Linux (LP64). */
const integerSizes: Readonly<Record<string, number>> = { char: 1, short: 2, int: 4, long: 8 };

/** The language's rules over types of the guest's. */
export function typeRules(source: TypeSource): TypeRules {
  const type = (of: GuestType): Type => of as Type;
  return {
    named(words) {
      const space = tags[words[0]!];
      if (space) return words.length === 2 ? source.find(space, words[1]!) : undefined;
      return integer(words) ?? (words.length === 1 ? (words[0] === 'void' ? voidType : source.find('plain', words[0]!)) : undefined);
    },
    pointerTo: (of) => ({ kind: 'pointer', size: 8, target: type(of) }) satisfies Type,
    targetOf: (of) => targetOf(type(of)),
    member: (of, name) => memberOf(type(of), name),
    sizeOf: (of) => sizeOf(type(of)),
    scalar(of) {
      const plain = stripped(type(of));
      if (!isScalar(plain)) return undefined;
      const bytes = sizeOf(plain);
      return bytes === 1 || bytes === 2 || bytes === 4 || bytes === 8 ? { bytes, signed: isSigned(plain) } : undefined;
    },
    text: (of) => typeName(type(of)),
  };
}

/** C's own integers, their words in any order. `char` is unsigned on arm64. */
function integer(words: readonly string[]): IntegerType | undefined {
  const rest = words.filter((word) => word !== 'signed' && word !== 'unsigned');
  const base = rest.filter((word) => word !== 'int' || rest.length === 1);
  const kind = base.length === 2 && base[0] === 'long' && base[1] === 'long' ? 'long' : base.length <= 1 ? (base[0] ?? 'int') : '';
  const size = Object.hasOwn(integerSizes, kind) ? integerSizes[kind]! : undefined;
  const signs = words.length - rest.length;
  if (size === undefined || signs > 1 || (kind === 'char' && rest.length > 1)) return undefined;
  const signed = words.includes('signed') || (!words.includes('unsigned') && kind !== 'char');
  return { kind: 'integer', name: words.join(' '), size, signed, role: kind === 'char' ? 'character' : 'number' };
}
