import type { HostDescription } from '../host.ts';
import { LaunchError } from '../loader/errors.ts';
import type { MemslotOption } from '../memslot-options.ts';
import type { PlainState } from './plain-state.ts';

/** Guest memory that is not zero, and where it is in the file's data. */
export interface MemoryRun {
  readonly gpa: number;
  readonly bytes: number;
}

export interface SavedVcpu {
  /** KVM_GET_ONE_REG: value by register identifier, both hexadecimal. */
  readonly registers: Readonly<Record<string, string>>;
  /** Registers of the virtual GIC CPU interface, by name (KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS). */
  readonly interface: Readonly<Record<string, string>>;
  /** KVM_GET_MP_STATE. */
  readonly mpState: number;
  /** KVM_GET_VCPU_EVENTS: an SError that is pending, and its syndrome. */
  readonly serror?: { readonly esr?: string };
  readonly instructions: number;
}

/** The state of an interrupt; `cpu` for those that belong to one vCPU. */
export interface SavedInterrupt {
  readonly intid: number;
  readonly cpu?: number;
  readonly state: PlainState;
}

/** Everything of a machine but its memory's contents. */
export interface SavedMachine {
  /** What the machine was launched with. Files are in the data: kernel, then initrd. */
  readonly launch: {
    readonly cpu: string;
    readonly cpus: number;
    readonly memory: number;
    readonly kernel: { readonly name: string; readonly bytes: number };
    readonly initrd?: { readonly name: string; readonly bytes: number };
    readonly append?: string;
    readonly epoch?: number;
    readonly seed?: number;
    readonly kernelProfile?: string;
    readonly host?: HostDescription;
    readonly memslots?: readonly MemslotOption[];
    readonly pfnmapPolicy?: string;
  };
  readonly clock: { readonly instructions: number; readonly idle: number };
  readonly psciVersion: number;
  readonly vcpus: readonly SavedVcpu[];
  readonly vgicEnabled: boolean;
  readonly interrupts: readonly SavedInterrupt[];
  readonly devices: readonly { readonly base: number; readonly state: PlainState }[];
  readonly memory: readonly MemoryRun[];
}

const MAGIC = 'KVMA64VM';
export const FORMAT_VERSION = 1;
const HEADER_AT = 16;

/** A file: eight letters, version and length of the description (32 bits each, little-endian), the description as JSON, then the data in the order that it names. */
export function encodeSaved(machine: SavedMachine, data: readonly Uint8Array[]): Uint8Array {
  const header = new TextEncoder().encode(JSON.stringify(machine));
  const length = data.reduce((sum, part) => sum + part.length, HEADER_AT + header.length);
  const file = new Uint8Array(length);
  file.set(new TextEncoder().encode(MAGIC));
  const view = new DataView(file.buffer);
  view.setUint32(8, FORMAT_VERSION, true);
  view.setUint32(12, header.length, true);
  file.set(header, HEADER_AT);
  let at = HEADER_AT + header.length;
  for (const part of data) {
    file.set(part, at);
    at += part.length;
  }
  return file;
}

/**
 * Reads a file of `encodeSaved`.
 * @throws LaunchError for a file that is none, of another version or cut short.
 */
export function decodeSaved(file: Uint8Array): { readonly machine: SavedMachine; readonly data: Uint8Array } {
  if (file.length < HEADER_AT || new TextDecoder().decode(file.subarray(0, MAGIC.length)) !== MAGIC)
    throw new LaunchError('this is no saved machine.');
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const version = view.getUint32(8, true);
  if (version !== FORMAT_VERSION)
    throw new LaunchError(`the machine was saved in format ${version}; this program reads format ${FORMAT_VERSION}.`);
  const end = HEADER_AT + view.getUint32(12, true);
  if (end > file.length) throw new LaunchError('the saved machine is cut short.');
  const machine = parse(new TextDecoder().decode(file.subarray(HEADER_AT, end)));
  const data = file.subarray(end);
  const { kernel, initrd } = machine.launch;
  const wanted = kernel.bytes + (initrd?.bytes ?? 0) + machine.memory.reduce((sum, run) => sum + run.bytes, 0);
  if (data.length !== wanted) throw new LaunchError(`the saved machine has ${data.length} bytes of data and names ${wanted}.`);
  return { machine, data };
}

function parse(text: string): SavedMachine {
  try {
    return JSON.parse(text) as SavedMachine;
  } catch {
    throw new LaunchError('the description of the saved machine is damaged.');
  }
}
