import { checkCapabilities } from '../../emulator/vmm/capabilities.ts';
import type { ExitPolicies } from '../../emulator/vmm/exits/policy.ts';
import { checkHost, type HostDescription } from '../../emulator/vmm/host.ts';
import { parseMemorySize } from '../../emulator/vmm/launch.ts';
import { checkMemslots, type MemslotOption } from '../../emulator/vmm/memslot-options.ts';
import { RequestError } from '../request-error.ts';
import { editorProperties, launchProperties, type PropertySchema } from './schema.ts';

/** A launch configuration that has been checked, defaults filled in. */
export interface LaunchConfiguration {
  readonly kernel?: string;
  readonly program?: string;
  readonly initrd?: string;
  readonly append?: string;
  /** Bytes. */
  readonly memory: number;
  readonly cpus: number;
  readonly cpu: string;
  readonly kernelProfile: string;
  readonly host?: HostDescription;
  readonly memslots?: readonly MemslotOption[];
  readonly pfnmapPolicy?: string;
  readonly cacheModel: boolean;
  readonly capabilities: readonly string[];
  readonly onExit?: ExitPolicies;
  /** In the words of the Debug Console's `poison`. */
  readonly poison?: readonly string[];
  /** A file, or the steps themselves. */
  readonly script?: string | readonly unknown[];
  readonly stopOnEntry: boolean;
  readonly symbols: readonly string[];
  readonly console: 'integratedTerminal' | 'internalConsole';
  readonly realtime: boolean;
  readonly noDebug: boolean;
}

const schema: Readonly<Record<string, PropertySchema>> = launchProperties;

/** Checks a launch configuration. Throws RequestError that names every field at fault. */
export function checkConfiguration(given: unknown): LaunchConfiguration {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw new RequestError('the launch configuration is no object');
  const configuration = given as Readonly<Record<string, unknown>>;
  const problems: string[] = [];
  for (const [name, value] of Object.entries(configuration)) {
    if (editorProperties.has(name) || name.startsWith('__')) continue;
    const property = schema[name];
    if (!property) problems.push(`unknown field "${name}"${suggestion(name)}`);
    else problems.push(...check(name, value, property));
  }
  const { kernel, program } = configuration;
  if (kernel === undefined && program === undefined) problems.push('nothing to run: give "kernel" (an Image) or "program" (a .S file)');
  if (kernel !== undefined && program !== undefined) problems.push('"kernel" and "program" exclude each other');
  if (program !== undefined && configuration['initrd'] !== undefined) problems.push('"initrd" needs a "kernel"');
  const memory =
    typeof configuration['memory'] === 'string' || typeof configuration['memory'] === 'number' ? configuration['memory'] : '512M';
  const bytes = memoryBytes(memory);
  if (typeof bytes === 'string') problems.push(bytes);
  problems.push(...meaningProblems('host', configuration['host'], checkHost, problems));
  problems.push(...meaningProblems('memslots', configuration['memslots'], checkMemslots, problems));
  problems.push(...meaningProblems('capabilities', configuration['capabilities'], checkCapabilities, problems));
  if (problems.length > 0) throw new RequestError(`launch configuration: ${problems.join('; ')}`);
  const symbols = configuration['symbols'];
  return {
    ...optional('kernel', kernel),
    ...optional('program', program),
    ...optional('initrd', configuration['initrd']),
    ...optional('append', configuration['append'] ?? (kernel === undefined ? undefined : launchProperties.append.default)),
    memory: bytes as number,
    cpus: (configuration['cpus'] as number | undefined) ?? launchProperties.cpus.default,
    cpu: (configuration['cpu'] as string | undefined) ?? launchProperties.cpu.default,
    kernelProfile: (configuration['kernelProfile'] as string | undefined) ?? launchProperties.kernelProfile.default,
    ...(configuration['host'] === undefined ? {} : { host: configuration['host'] as HostDescription }),
    ...(configuration['memslots'] === undefined ? {} : { memslots: configuration['memslots'] as MemslotOption[] }),
    ...optional('pfnmapPolicy', configuration['pfnmapPolicy']),
    cacheModel: (configuration['cacheModel'] as boolean | undefined) ?? launchProperties.cacheModel.default,
    capabilities: (configuration['capabilities'] as string[] | undefined) ?? launchProperties.capabilities.default,
    ...asGiven('onExit', configuration),
    ...asGiven('poison', configuration),
    ...asGiven('script', configuration),
    stopOnEntry: (configuration['stopOnEntry'] as boolean | undefined) ?? launchProperties.stopOnEntry.default,
    symbols: symbols === undefined ? [] : Array.isArray(symbols) ? (symbols as string[]) : [symbols as string],
    // A client that names no console gets plain output: only the extension knows how to open a terminal.
    console: (configuration['console'] as LaunchConfiguration['console'] | undefined) ?? 'internalConsole',
    realtime: (configuration['realtime'] as boolean | undefined) ?? launchProperties.realtime.default,
    noDebug: configuration['noDebug'] === true,
  };
}

/** A property that has been checked, where it is given. */
const asGiven = (name: string, configuration: Readonly<Record<string, unknown>>): object =>
  configuration[name] === undefined ? {} : { [name]: configuration[name] };

const optional = (name: string, value: unknown): Readonly<Record<string, string>> =>
  value === undefined ? {} : { [name]: value as string };

function check(name: string, value: unknown, property: PropertySchema): string[] {
  const types = typeof property.type === 'string' ? [property.type] : property.type;
  if (!types.some((type) => hasType(value, type)))
    return [`"${name}" must be ${types.map(typeNames).join(' or ')}, not ${JSON.stringify(value)}`];
  if (Array.isArray(value)) {
    const { items } = property;
    if (items?.type === 'string' && !value.every((item) => typeof item === 'string')) return [`"${name}" must be a list of strings`];
    const unknown = items?.enum && value.find((item) => !items.enum!.includes(item as string));
    if (unknown !== undefined) return [`"${name}" can hold ${items!.enum!.join(', ')}, not ${JSON.stringify(unknown)}`];
    if (items?.properties) return value.flatMap((item, n) => check(`${name}[${n}]`, item, { type: 'object', description: '', ...items }));
    return [];
  }
  if (property.properties && typeof value === 'object') return checkMembers(name, value as object, property.properties);
  if (typeof value === 'string' && value === '' && name !== 'append') return [`"${name}" is empty`];
  if (property.enum && !property.enum.includes(value as string | number))
    return [`"${name}" must be ${property.enum.join(', ')}, not ${JSON.stringify(value)}`];
  if (typeof value === 'number' && property.minimum !== undefined && (value < property.minimum || value > property.maximum!)) {
    return [`"${name}" must be ${property.minimum} to ${property.maximum}, not ${value}`];
  }
  return [];
}

function checkMembers(name: string, value: object, properties: Readonly<Record<string, PropertySchema>>): string[] {
  return Object.entries(value).flatMap(([member, inner]) => {
    const property = Object.hasOwn(properties, member) ? properties[member] : undefined;
    return property
      ? check(`${name}.${member}`, inner, property)
      : [`unknown field "${name}.${member}"${suggestion(member, properties, `${name}.`)}`];
  });
}

/** What the form cannot say about a property; nothing where the form is wrong already. */
function meaningProblems(name: string, value: unknown, checkMeaning: (value: unknown) => unknown, formal: readonly string[]): string[] {
  if (value === undefined || formal.some((problem) => problem.includes(`"${name}`))) return [];
  try {
    checkMeaning(value);
    return [];
  } catch (error) {
    return [(error as Error).message.replace(/\.$/, '')];
  }
}

function hasType(value: unknown, type: string): boolean {
  if (type === 'integer') return Number.isSafeInteger(value);
  if (type === 'array') return Array.isArray(value);
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
  return typeof value === type;
}

const typeNames = (type: string): string =>
  (({ integer: 'a whole number', array: 'a list', boolean: 'true or false', object: 'an object' }) as Record<string, string>)[type] ??
  `a ${type}`;

/** Bytes of RAM, or what is wrong with them. */
function memoryBytes(memory: string | number): number | string {
  try {
    return parseMemorySize(String(memory));
  } catch (error) {
    return `"memory": ${(error as Error).message.replace(/\.$/, '')}`;
  }
}

/** The field somebody may have meant: the nearest by edit distance. */
function suggestion(name: string, among: Readonly<Record<string, PropertySchema>> = schema, prefix = ''): string {
  const nearest = Object.keys(among)
    .map((known) => ({ known, distance: editDistance(name.toLowerCase(), known.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)[0]!;
  return nearest.distance <= 2 ? ` (did you mean "${prefix}${nearest.known}"?)` : '';
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length]!;
}
