import type { KernelProfileName } from '../kernel-profile.ts';
import { armLdst64b, armNisv } from './arm-nisv.ts';
import { armSea } from './arm-sea.ts';
import { debug } from './debug.ts';
import { failEntry } from './fail-entry.ts';
import { hypercall } from './hypercall.ts';
import { internalErrorExit } from './internal-error.ts';
import type { ExitDefinition, KvmRun } from './layout.ts';
import { memoryFault } from './memory-fault.ts';
import { mmio } from './mmio.ts';
import { dirtyRingFull, interrupted, shutdown, unknown } from './plain.ts';
import { systemEventExit } from './system-event.ts';

/** Every exit reason seen on arm64, by number, in the default kernel profile. */
export const exitDefinitions: readonly ExitDefinition[] = [
  unknown,
  hypercall,
  debug,
  mmio,
  shutdown,
  failEntry,
  interrupted,
  internalErrorExit,
  systemEventExit,
  armNisv,
  dirtyRingFull,
  memoryFault,
  armSea.merged,
  armLdst64b,
];

/** By kernel profile: what its numbers mean. */
const byNumber: Readonly<Record<KernelProfileName, ReadonlyMap<number, ExitDefinition>>> = {
  merged: new Map(exitDefinitions.map((definition) => [definition.number, definition])),
  proposed: new Map(
    exitDefinitions
      .filter((definition) => definition !== armLdst64b)
      .map((definition) => (definition === armSea.merged ? armSea.proposed : definition))
      .map((definition) => [definition.number, definition]),
  ),
};

/** What the exit reason in `kvm_run` is, in the kernel that wrote it. */
export const exitDefinition = (run: KvmRun): ExitDefinition | undefined => byNumber[run.kernel.name].get(run.exitReason);

/** One member of an exit record with its value. */
export interface DecodedExitField {
  readonly name: string;
  readonly value: bigint;
  readonly bytes: number;
  readonly meaning?: string;
}

export interface DecodedExit {
  readonly reason: number;
  readonly name: string;
  readonly title: string;
  readonly fields: readonly DecodedExitField[];
  readonly summary: string;
}

/** What `kvm_run` says about the last exit. */
export function decodeExit(run: KvmRun): DecodedExit {
  const reason = run.exitReason;
  const definition = exitDefinition(run);
  if (!definition)
    return { reason, name: `KVM_EXIT_${reason}`, title: 'unknown exit reason', fields: [], summary: `exit reason ${reason}` };
  const fields = definition.fields.flatMap((field) =>
    Array.from({ length: field.count ?? 1 }, (_, index) => {
      const value = run.get(field.offset + index * field.size, field.size);
      const meaning = field.meaning?.(value);
      const name = field.count === undefined ? field.name : `${field.name}[${index}]`;
      return { name, value, bytes: field.size, ...(meaning === undefined ? {} : { meaning }) };
    }),
  );
  return { reason, name: definition.name, title: definition.title, fields, summary: definition.summary(run) };
}
