import { operandsOf, readStatement, type Statement } from './statement.ts';

/** Something wrong at a line of the source. */
export interface Diagnostic {
  readonly line: number;
  readonly message: string;
}

interface Macro {
  readonly parameters: readonly { readonly name: string; readonly fallback: string | undefined; readonly required: boolean }[];
  readonly body: readonly Statement[];
}

const DEEPEST = 100;
const MOST_STATEMENTS = 200_000;

/** Expands `.macro`, `.rept` and `.irp`: the statements that remain have none of them. `count` evaluates a repeat count. */
export function expandMacros(
  statements: readonly Statement[],
  count: (text: string) => number,
  report: (d: Diagnostic) => void,
): Statement[] {
  const macros = new Map<string, Macro>();
  const result: Statement[] = [];
  let expansions = 0;
  let tooMany = false;

  const expand = (list: readonly Statement[], depth: number): void => {
    for (let i = 0; i < list.length; i++) {
      const statement = list[i]!;
      const name = statement.name.toLowerCase();
      if (result.length > MOST_STATEMENTS) {
        if (!tooMany) report({ line: statement.line, message: `macros and repetitions make more than ${MOST_STATEMENTS} statements` });
        tooMany = true;
        return;
      }
      if (name === '.macro' || name === '.rept' || name === '.irp') {
        const end = endOf(list, i, name === '.macro' ? '.endm' : '.endr');
        if (end < 0) {
          report({ line: statement.line, message: `${name} has no ${name === '.macro' ? '.endm' : '.endr'}` });
          return;
        }
        const body = list.slice(i + 1, end);
        i = end;
        if (statement.labels.length > 0) result.push({ ...statement, name: '', rest: '' });
        if (name === '.macro') define(statement, body);
        else if (name === '.rept') for (let n = repeats(statement); n > 0 && !tooMany; n--) expand(body, depth);
        else {
          const [variable, ...values] = statement.rest.split(/[\s,]+/).filter((word) => word !== '');
          for (const value of values) expand(substitute(body, new Map([[variable!, value]]), expansions, undefined), depth);
        }
        continue;
      }
      const macro = macros.get(statement.name);
      if (!macro) {
        result.push(statement);
        continue;
      }
      if (depth >= DEEPEST) {
        report({ line: statement.line, message: `macro ${statement.name} goes on expanding itself` });
        return;
      }
      if (statement.labels.length > 0) result.push({ ...statement, name: '', rest: '' });
      const given = argumentsOf(macro, statement);
      if (given) expand(substitute(macro.body, given, expansions++, statement.line), depth + 1);
    }
  };

  const define = (statement: Statement, body: readonly Statement[]): void => {
    const [, name, rest] = /^([\w.$]+)[\s,]*(.*)$/s.exec(statement.rest) ?? [];
    if (name === undefined) {
      report({ line: statement.line, message: '.macro needs a name' });
      return;
    }
    const parameters = (rest ?? '').split(/[\s,]+/).filter((word) => word !== '');
    macros.set(name, {
      body,
      parameters: parameters.map((text) => {
        const [, parameter, required, fallback] = /^([^:=]+)(:req)?(?:=(.*))?$/.exec(text) ?? [undefined, text];
        return { name: parameter!, fallback, required: required !== undefined };
      }),
    });
  };

  const repeats = (statement: Statement): number => {
    try {
      return count(statement.rest);
    } catch (error) {
      report({ line: statement.line, message: (error as Error).message });
      return 0;
    }
  };

  const argumentsOf = (macro: Macro, statement: Statement): Map<string, string> | undefined => {
    const given = new Map<string, string>();
    const positional: string[] = [];
    for (const text of operandsOf(statement.rest)) {
      const named = /^([A-Za-z_]\w*)\s*=(?!=)\s*(.*)$/s.exec(text);
      if (named && macro.parameters.some((p) => p.name === named[1])) given.set(named[1]!, named[2]!);
      else positional.push(text);
    }
    if (positional.length > macro.parameters.length) {
      report({
        line: statement.line,
        message: `macro ${statement.name} takes ${macro.parameters.length} arguments, not ${positional.length}`,
      });
      return undefined;
    }
    for (const [at, parameter] of macro.parameters.entries()) {
      const value = given.get(parameter.name) ?? positional[at] ?? parameter.fallback;
      if (value === undefined && parameter.required) {
        report({ line: statement.line, message: `macro ${statement.name} needs ${parameter.name}` });
        return undefined;
      }
      given.set(parameter.name, value ?? '');
    }
    return given;
  };

  expand(statements, 0);
  return result;
}

function endOf(list: readonly Statement[], start: number, end: '.endm' | '.endr'): number {
  const opens = end === '.endm' ? ['.macro'] : ['.rept', '.irp'];
  let depth = 0;
  for (let i = start; i < list.length; i++) {
    const name = list[i]!.name.toLowerCase();
    if (opens.includes(name)) depth++;
    if (name === end && --depth === 0) return i;
  }
  return -1;
}

/** The body with `\name` replaced, `\@` by the number of the expansion. Statements take the line of the use, so that stepping stays there. */
function substitute(
  body: readonly Statement[],
  values: ReadonlyMap<string, string>,
  number: number,
  line: number | undefined,
): Statement[] {
  const replace = (text: string): string =>
    text.replace(/\\@/g, String(number)).replace(/\\([A-Za-z_]\w*)(?:\\\(\))?/g, (written, name: string) => values.get(name) ?? written);
  return body.flatMap(({ line: own, labels, name, rest }) => {
    const text = `${labels.map((label) => `${label}: `).join('')}${name} ${rest}`;
    return readStatement(replace(text), line ?? own) ?? [];
  });
}
