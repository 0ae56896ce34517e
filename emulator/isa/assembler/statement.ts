/** One statement of an assembly source: labels stripped off, comments gone. */
export interface Statement {
  /** Line of the file, from 1. In a macro, that of its use. */
  readonly line: number;
  readonly labels: readonly string[];
  /** Directive (`.word`) or mnemonic, as written; empty where there are only labels. */
  readonly name: string;
  /** Everything after the name. */
  readonly rest: string;
}

/** A source text cut into statements: `//`, `/* … *​/` and `#` comments at line start dropped, `;` separates. */
export function readStatements(source: string): Statement[] {
  const statements: Statement[] = [];
  const lines = withoutBlockComments(source).split(/\r?\n/);
  for (const [index, text] of lines.entries()) {
    for (const piece of splitOutsideStrings(withoutLineComment(text), ';')) {
      const statement = readStatement(piece, index + 1);
      if (statement) statements.push(statement);
    }
  }
  return statements;
}

/** One statement from its text; undefined where it is blank. */
export function readStatement(text: string, line: number): Statement | undefined {
  const labels: string[] = [];
  let rest = text.trim();
  for (;;) {
    const label = /^([A-Za-z_.$][\w.$]*|\d+)\s*:(?!:)\s*/.exec(rest);
    if (!label) break;
    labels.push(label[1]!);
    rest = rest.slice(label[0].length);
  }
  if (rest === '' && labels.length === 0) return undefined;
  const assignment = /^([A-Za-z_.$][\w.$]*)\s*=(?!=)\s*(.*)$/s.exec(rest);
  if (assignment) return { line, labels, name: '.set', rest: `${assignment[1]}, ${assignment[2]}` };
  const [, name, operands] = /^(\S*)\s*(.*)$/s.exec(rest) as unknown as [string, string, string];
  return { line, labels, name, rest: operands };
}

function withoutBlockComments(source: string): string {
  return source.replace(/("(?:\\.|[^"\\\n])*")|(\/\/[^\n]*)|\/\*[\s\S]*?\*\//g, (comment, string?: string, rest?: string) =>
    string !== undefined ? string : rest !== undefined ? rest : ` ${comment.replace(/[^\n]/g, '')}`,
  );
}

function withoutLineComment(text: string): string {
  if (/^\s*#/.test(text)) return /^\s*#\s*(define|include|if|ifdef|ifndef|else|endif|undef)\b/.test(text) ? text : '';
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '"') i += /^"(?:\\.|[^"\\])*/s.exec(text.slice(i))![0].length;
    else if (text[i] === "'" && text[i + 1] !== undefined) i += text[i + 1] === '\\' ? 2 : 1;
    else if (text.startsWith('//', i)) return text.slice(0, i);
  }
  return text;
}

/** Splits at a separator that is in no string, character, parenthesis or bracket. */
export function splitOutsideStrings(text: string, separator: string): string[] {
  const pieces: string[] = [];
  let piece = '';
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (c === '"') {
      const string = /^"(?:\\.|[^"\\])*"?/s.exec(text.slice(i))![0];
      piece += string;
      i += string.length - 1;
      continue;
    }
    if (c === "'" && /^'(?:\\.|[^\\])/s.test(text.slice(i))) {
      const character = /^'(?:\\.|[^\\])'?/s.exec(text.slice(i))![0];
      piece += character;
      i += character.length - 1;
      continue;
    }
    if (c === '(' || c === '[' || c === '{') depth++;
    if (c === ')' || c === ']' || c === '}') depth--;
    if (c === separator && depth <= 0) {
      pieces.push(piece);
      piece = '';
    } else piece += c;
  }
  pieces.push(piece);
  return pieces;
}

/** The operands of a directive: cut at commas, trimmed; none for empty text. */
export function operandsOf(text: string): string[] {
  return text.trim() === '' ? [] : splitOutsideStrings(text, ',').map((operand) => operand.trim());
}
