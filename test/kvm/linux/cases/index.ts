import type { Case } from '../steps.ts';
import { capabilities } from './capabilities.ts';
import { dirtyLog } from './dirty-log.ts';
import { guestDebugCases } from './guest-debug.ts';
import { hypercalls } from './hypercalls.ts';
import { injection } from './injection.ts';
import { memslots } from './memslots.ts';
import { mmio } from './mmio.ts';
import { oneReg } from './one-reg.ts';
import { vcpus } from './vcpus.ts';
import { vgic } from './vgic.ts';

/** Every case, by the name of its vectors. */
export const caseFiles: Readonly<Record<string, readonly Case[]>> = {
  capabilities,
  memslots,
  'dirty-log': dirtyLog,
  'one-reg': oneReg,
  vcpus,
  injection,
  mmio,
  hypercalls,
  'guest-debug': guestDebugCases,
  vgic,
};
