import type { Case } from '../steps.ts';
import { capabilities } from './capabilities.ts';
import { hypercalls } from './hypercalls.ts';
import { injection } from './injection.ts';
import { memslots } from './memslots.ts';
import { mmio } from './mmio.ts';
import { vcpus } from './vcpus.ts';

/** Every case, by the name of its vectors. */
export const caseFiles: Readonly<Record<string, readonly Case[]>> = { capabilities, memslots, injection, mmio, hypercalls, vcpus };
