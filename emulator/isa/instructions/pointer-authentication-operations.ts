import type { Builder, Operand, Value } from '../builder.ts';

/** The pointer keys, by the number that the runtime functions know them by (and that the encodings use). */
export const pointerKeys = { IA: 0, IB: 1, DA: 2, DB: 3 } as const;

/** `pointer` with a pointer authentication code inserted (Arm ARM, AddPAC); unchanged where the key is disabled at this level. */
export const addPointerAuthentication = (b: Builder, pointer: Value, modifier: Operand, key: number): Value =>
  b.call('pointerAuthAdd', pointer, modifier, b.i32(key));

/** `pointer` authenticated (Arm ARM, Auth): the plain pointer, or one made non-canonical; with FEAT_FPAC a failure is an exception instead. */
export function authenticate(b: Builder, pointer: Value, modifier: Operand, key: number): Value {
  const result = b.call('pointerAuthCheck', pointer, modifier, b.i32(key));
  // ISS of a PAC Fail exception: bit 1 data key, bit 0 B key. The function remembers whether its last check failed where FEAT_FPAC asks for it.
  b.if(b.call('pointerAuthFaults'), () => b.exit('pac-failure', b.i64(key)));
  return result;
}

/** `pointer` without its code (Arm ARM, Strip). */
export const stripPointerAuthentication = (b: Builder, pointer: Value, data: 0 | 1): Value =>
  b.call('pointerAuthStrip', pointer, b.i32(data));
