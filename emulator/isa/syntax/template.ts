/** A piece of an assembly template: literal text, an operand symbol, or an optional group. */
export type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'operand'; readonly name: string }
  | { readonly kind: 'group'; readonly parts: readonly Part[] };

/** Reads `add <Rd|SP>, <Rn|SP>, #<imm12>{, lsl #<shift12>}`. Groups nest. Throws where brackets do not pair. */
export function parseTemplate(template: string): readonly Part[] {
  const [parts, end] = readParts(template, 0);
  if (end !== template.length) throw new Error(`assembly template '${template}': unexpected ${template[end]} at ${end}`);
  return parts;
}

function readParts(template: string, start: number): [Part[], number] {
  const parts: Part[] = [];
  let text = '';
  let at = start;
  const flush = (): void => {
    if (text !== '') parts.push({ kind: 'text', text });
    text = '';
  };
  while (at < template.length && template[at] !== '}') {
    const c = template[at]!;
    if (c === '<') {
      const close = template.indexOf('>', at);
      if (close < 0) throw new Error(`assembly template '${template}': < without >`);
      flush();
      parts.push({ kind: 'operand', name: template.slice(at + 1, close) });
      at = close + 1;
    } else if (c === '{') {
      flush();
      const [inner, end] = readParts(template, at + 1);
      if (template[end] !== '}') throw new Error(`assembly template '${template}': { without }`);
      parts.push({ kind: 'group', parts: inner });
      at = end + 1;
    } else {
      text += c;
      at++;
    }
  }
  flush();
  return [parts, at];
}

/** Names of every operand symbol in the parts, groups included. */
export function operandNames(parts: readonly Part[]): string[] {
  return parts.flatMap((part) => (part.kind === 'operand' ? [part.name] : part.kind === 'group' ? operandNames(part.parts) : []));
}

/** Position after `literal` in `text` from `at`, or -1. Letters match whatever their case, spaces are free, `#` may be left out. */
export function matchLiteral(text: string, at: number, literal: string): number {
  let position = at;
  for (const c of literal) {
    if (c === ' ') {
      position = skipSpaces(text, position);
    } else if (c === '#') {
      position = skipSpaces(text, position);
      if (text[position] === '#') position = skipSpaces(text, position + 1);
    } else {
      if (!/[a-z0-9]/.test(c)) position = skipSpaces(text, position);
      if (text[position]?.toLowerCase() !== c) return -1;
      position++;
    }
  }
  return position;
}

function skipSpaces(text: string, at: number): number {
  let position = at;
  while (text[position] === ' ' || text[position] === '\t') position++;
  return position;
}
