import type { VariableNode } from './node.ts';
import type { Line } from './translation.ts';

const isNumber = (name: string): boolean => /^\[[0-9]+\]$/.test(name);

/** A tree of lines as text, indented. @param full With what is detail. */
export function linesText({ lines = [] }: Line, full = false, indent = '  '): string[] {
  return lines
    .filter(({ detail }) => full || !detail)
    .flatMap((line) => {
      const own = isNumber(line.name) ? line.text : `${line.name}: ${line.text}`;
      return [`${indent}${own}`, ...linesText(line, full, `${indent}  `)];
    });
}

/** A tree of lines as rows of the Variables view. */
export function lineNode({ name, text, lines = [], memoryReference }: Line): VariableNode {
  return {
    name,
    value: text,
    ...(memoryReference === undefined ? {} : { memoryReference }),
    ...(lines.length > 0 ? { children: async () => lines.map(lineNode) } : {}),
  };
}
