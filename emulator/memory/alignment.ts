import { access as accessBits } from '../translate/layout.ts';
import type { RegimeConfiguration } from './configuration.ts';

/**
 * AArch64.UnalignedAccessFaults: alignment faults that do not depend on the memory type.
 * @param flags As generated code describes the access (layout.ts).
 * @param lse2 FEAT_LSE2.
 */
export function misalignedFaults(configuration: RegimeConfiguration, vaLow: number, bytes: number, flags: number, lse2: boolean): boolean {
  if (configuration.alignmentChecked) return true;
  if ((flags & accessBits.aligned) === 0) return false;
  if (!lse2) return true;
  const inside = (vaLow & 15) + bytes <= 16;
  if ((flags & accessBits.atomic) !== 0) return !inside;
  return !inside && !configuration.nonAlignedAcquire;
}
