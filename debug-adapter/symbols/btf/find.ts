import { TypeInformationError } from '../types.ts';
import { Btf } from './btf.ts';
import { MAGIC } from './format.ts';
import { headerOf } from './sections.ts';

/** A kernel's types take more than this: what is smaller is some module's, or chance. */
const LEAST_BYTES = 4096;

/**
 * The kernel's own BTF inside a bare `Image` (section .BTF, from `__start_BTF` to `__stop_BTF`). Without symbols it is told by its header and by being whole:
 * both bytes of the magic occur by chance in code, a chain of well-formed types of exactly the length that the header says does not.
 * It is copied out: the image can go.
 * @param at Offset of `__start_BTF` in the image, where it is known.
 */
export function findBtf(image: Uint8Array, at?: number): Btf | undefined {
  if (at !== undefined) return btfAt(image, at);
  const start = Buffer.from(image.buffer, image.byteOffset, image.byteLength);
  const magic = Buffer.from([MAGIC & 0xff, MAGIC >> 8, 1, 0]);
  for (let found = start.indexOf(magic); found >= 0; found = start.indexOf(magic, found + 1)) {
    const btf = btfAt(image, found);
    if (btf) return btf;
  }
  return undefined;
}

function btfAt(image: Uint8Array, at: number): Btf | undefined {
  try {
    const { end } = headerOf(image, at);
    return end - at < LEAST_BYTES ? undefined : new Btf(image.slice(at, end));
  } catch (error) {
    if (error instanceof TypeInformationError) return undefined;
    throw error;
  }
}
