import { RequestError } from '../request-error.ts';

type Shape = 'string' | 'number' | 'boolean' | 'object' | 'strings' | 'objects';

/** What the protocol says about the arguments this adapter reads. A name means the same wherever it appears. */
const shapes: ReadonlyMap<string, Shape> = new Map(
  Object.entries({
    threadId: 'number',
    frameId: 'number',
    variablesReference: 'number',
    targetId: 'number',
    start: 'number',
    count: 'number',
    startFrame: 'number',
    levels: 'number',
    line: 'number',
    endLine: 'number',
    column: 'number',
    offset: 'number',
    instructionOffset: 'number',
    instructionCount: 'number',
    bytes: 'number',
    allowPartial: 'boolean',
    asAddress: 'boolean',
    resolveSymbols: 'boolean',
    name: 'string',
    value: 'string',
    expression: 'string',
    context: 'string',
    text: 'string',
    data: 'string',
    path: 'string',
    memoryReference: 'string',
    instructionReference: 'string',
    condition: 'string',
    hitCondition: 'string',
    logMessage: 'string',
    filterId: 'string',
    source: 'object',
    filters: 'strings',
    filterOptions: 'objects',
    breakpoints: 'objects',
  } satisfies Record<string, Shape>),
);

const words: Readonly<Record<Shape, string>> = {
  string: 'a string',
  number: 'a number',
  boolean: 'true or false',
  object: 'an object',
  strings: 'a list of strings',
  objects: 'a list of objects',
};

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value);

function fits(value: unknown, shape: Shape): boolean {
  if (shape === 'object') return isObject(value);
  if (shape === 'objects') return Array.isArray(value) && value.every(isObject);
  if (shape === 'strings') return Array.isArray(value) && value.every((item) => typeof item === 'string');
  return shape === 'number' ? Number.isFinite(value) : typeof value === shape;
}

/** Checks what came from outside, lists and objects inside included. Throws RequestError naming the argument at fault. */
export function checkArguments(args: unknown): void {
  if (!isObject(args)) throw new RequestError('the arguments are no object');
  for (const [name, value] of Object.entries(args)) {
    const shape = shapes.get(name);
    // Absent is not the same as null to the protocol; to many clients it is.
    if (shape === undefined || value === undefined || value === null) continue;
    if (!fits(value, shape)) throw new RequestError(`"${name}" must be ${words[shape]}`);
    if (shape === 'object') checkArguments(value);
    if (shape === 'objects') for (const item of value as object[]) checkArguments(item);
  }
}

/** Arguments without the nulls that stand for absent ones. */
export function withoutNulls(args: object): object {
  const given = Object.entries(args);
  return given.some(([, value]) => value === null) ? Object.fromEntries(given.filter(([, value]) => value !== null)) : args;
}
