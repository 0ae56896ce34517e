import { cortexA57 } from './cortex-a57.ts';
import { max } from './max.ts';
import { neoverseN1 } from './neoverse-n1.ts';
import type { Profile } from './profile.ts';

/** The processors a machine can have. */
export const profiles: readonly Profile[] = [cortexA57, neoverseN1, max];

/** A profile by its name, or undefined. */
export const findProfile = (name: string): Profile | undefined => profiles.find((profile) => profile.name === name);
