import { access as accessBits } from '../layout.ts';
import type { Access } from './node.ts';

/** Alignment that the access itself asks for, bytes; 1: none. */
export function alignmentOf({ bytes, options: { aligned } }: Access): number {
  return aligned === true ? bytes : aligned ? aligned : 1;
}

/** What the slow path is told (layout.ts `access`). */
export function accessFlags(access: Access): number {
  const { aligned, unprivileged, atomic, ordered } = access.options;
  return (
    access.bytes |
    (access.kind === 'read' ? 0 : accessBits.write) |
    (access.kind === 'read-write' ? accessBits.read : 0) |
    (unprivileged ? accessBits.unprivileged : 0) |
    (atomic ? accessBits.atomic : 0) |
    (ordered ? accessBits.ordered : 0) |
    (aligned ? accessBits.aligned | (alignmentOf(access) << accessBits.alignShift) : 0)
  );
}
