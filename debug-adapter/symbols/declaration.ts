import { DEEPEST, type Member, MOST_STEPS, type Type, TypeInformationError } from './types.ts';

/** How much one question may look at, so that types which contain themselves end. */
interface Work {
  left: number;
  depth: number;
}

const newWork = (): Work => ({ left: MOST_STEPS, depth: 0 });

function nested(work: Work, write: () => string): string {
  if (--work.left < 0 || ++work.depth > DEEPEST) throw new TypeInformationError('a type is nested without end');
  const text = write();
  work.depth--;
  return text;
}

/** What a type is called in C: `struct list_head *`, `int (*)(void)`. */
export const typeName = (type: Type): string => declaration(type, '');

/** A declaration of `name` in C: `char comm[16]`, `void (*handler)(struct pt_regs *)`. */
export function declaration(type: Type, name: string): string {
  return declare(type, name, newWork(), specifier);
}

/** A struct, union or enum with what is inside, as C declares it; other types by name. Throws TypeInformationError. */
export function definition(type: Type): string {
  return type.kind === 'struct' || type.kind === 'union' || type.kind === 'enum' ? body(type, '', newWork()) : typeName(type);
}

/** Builds a declarator from the inside out: what a pointer, an array, a function is declared of comes around what there is. */
function declare(type: Type, name: string, work: Work, specify: (type: Type) => string): string {
  let declarator = name;
  let qualifiers = '';
  let found = type;
  for (let depth = 0; depth < DEEPEST; depth++) {
    switch (found.kind) {
      case 'pointer': {
        const own = `*${qualifiers.trimEnd()}`;
        declarator = qualifiers && declarator ? `${own} ${declarator}` : `${own}${declarator}`;
        qualifiers = '';
        found = found.target;
        break;
      }
      case 'array':
        declarator = `${inner(declarator)}[${found.count || ''}]`;
        found = found.element;
        break;
      case 'function': {
        const parameters = found.parameters.map((parameter) =>
          nested(work, () => declare(parameter.type, parameter.name, work, specifier)),
        );
        if (found.variadic) parameters.push('...');
        declarator = `${inner(declarator)}(${parameters.length > 0 ? parameters.join(', ') : 'void'})`;
        // A qualified function is how compilers say that it does not return: C has no word for it here.
        qualifiers = '';
        found = found.result;
        break;
      }
      case 'const':
      case 'volatile':
      case 'restrict':
        // `const` of an array and of its elements is one and the same.
        if (!qualifiers.includes(found.kind)) qualifiers = `${found.kind} ${qualifiers}`;
        found = found.target;
        break;
      default:
        return `${qualifiers}${specify(found)}${declarator ? ` ${declarator}` : ''}`;
    }
  }
  throw new TypeInformationError('a type is defined by itself');
}

const inner = (declarator: string): string => (declarator.startsWith('*') ? `(${declarator})` : declarator);

function specifier(type: Type): string {
  switch (type.kind) {
    case 'void':
      return 'void';
    case 'struct':
    case 'union':
    case 'enum':
      return type.name === '' ? `${type.kind} {…}` : `${type.kind} ${type.name}`;
    case 'integer':
    case 'float':
    case 'typedef':
      return type.name;
    default:
      return '…';
  }
}

function body(type: Type, indent: string, work: Work): string {
  const head = (keyword: string, name: string): string => (name === '' ? keyword : `${keyword} ${name}`);
  if (type.kind === 'enum') {
    if (type.incomplete) return specifier(type);
    return `${head('enum', type.name)} {\n${type.values.map(({ name, value }) => `${indent}\t${name} = ${value},\n`).join('')}${indent}}`;
  }
  if (type.kind !== 'struct' && type.kind !== 'union') return typeName(type);
  if (type.incomplete) return specifier(type);
  if (type.members.length === 0) return `${head(type.kind, type.name)} {}`;
  const lines = type.members.map((member) => `${indent}\t${nested(work, () => memberText(member, `${indent}\t`, work))};\n`);
  return `${head(type.kind, type.name)} {\n${lines.join('')}${indent}}`;
}

function memberText({ name, type, bitSize }: Member, indent: string, work: Work): string {
  const specify = (of: Type): string => (isAnonymous(of) ? body(of, indent, work) : specifier(of));
  const text = declare(type, name, work, specify);
  return bitSize === undefined ? text : `${text}: ${bitSize}`;
}

const isAnonymous = (type: Type): boolean => (type.kind === 'struct' || type.kind === 'union' || type.kind === 'enum') && type.name === '';
