import { TypeInformationError } from '../types.ts';
import { HEADER_BYTES, header, kinds, MAGIC, TYPE_BYTES, VERSION } from './format.ts';

/** Where BTF's two sections are, and its types: what every reader of it starts from. */
export interface Sections {
  readonly view: DataView;
  readonly strings: Uint8Array;
  /** Byte offset of each type, by id; id 0 is void and has none. */
  readonly offsets: Uint32Array;
}

/** Bounds of BTF whose header begins at `at`, checked as far as the header goes. Throws TypeInformationError. */
export function headerOf(
  bytes: Uint8Array,
  at = 0,
): { readonly types: number; readonly strings: number; readonly end: number; readonly typeBytes: number } {
  if (bytes.length - at < HEADER_BYTES) throw new TypeInformationError('BTF: the header is cut off');
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, HEADER_BYTES);
  const magic = view.getUint16(header.magic, true);
  if (magic === (((MAGIC & 0xff) << 8) | (MAGIC >> 8)))
    throw new TypeInformationError('BTF: big-endian; arm64 kernels here are little-endian');
  if (magic !== MAGIC) throw new TypeInformationError(`BTF: it begins with 0x${magic.toString(16)}, not 0x${MAGIC.toString(16)}`);
  const version = view.getUint8(header.version);
  if (version !== VERSION) throw new TypeInformationError(`BTF: version ${version} is not known`);
  const flags = view.getUint8(header.flags);
  if (flags !== 0) throw new TypeInformationError(`BTF: flags 0x${flags.toString(16)} are not known`);
  const u32 = (field: number): number => view.getUint32(field, true);
  const length = u32(header.length);
  if (length < HEADER_BYTES || length % 4 !== 0) throw new TypeInformationError(`BTF: a header of ${length} bytes makes no sense`);
  const typeBytes = u32(header.typeLength);
  const types = at + length + u32(header.typeOffset);
  const strings = at + length + u32(header.stringOffset);
  const end = strings + u32(header.stringLength);
  if (types % 4 !== at % 4) throw new TypeInformationError('BTF: the types are not aligned');
  if (types + typeBytes > strings) throw new TypeInformationError('BTF: types and strings overlap');
  if (end > bytes.length) throw new TypeInformationError('BTF: it is cut off');
  if (end === strings || bytes[strings] !== 0 || bytes[end - 1] !== 0)
    throw new TypeInformationError('BTF: the strings do not begin and end with 0');
  return { types, typeBytes, strings, end };
}

/** One pass over the types: where each begins. Throws TypeInformationError. */
export function sectionsOf(bytes: Uint8Array): Sections {
  const { types, typeBytes, strings, end } = headerOf(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset + types, typeBytes);
  const offsets = new Uint32Array(Math.floor(typeBytes / TYPE_BYTES) + 1);
  let count = 1;
  for (let at = 0; at < typeBytes; ) {
    if (at + TYPE_BYTES > typeBytes) throw new TypeInformationError(`BTF: type ${count} is cut off`);
    const info = view.getUint32(at + 4, true);
    const kind = kinds[(info >>> 24) & 31];
    if (!kind) throw new TypeInformationError(`BTF: type ${count} is of kind ${(info >>> 24) & 31}, which is not known`);
    offsets[count++] = at;
    at += TYPE_BYTES + kind.fixed + kind.part * (info & 0xffff);
    if (at > typeBytes) throw new TypeInformationError(`BTF: type ${count - 1} is cut off`);
  }
  return { view, strings: bytes.subarray(strings, end), offsets: offsets.slice(0, count) };
}
