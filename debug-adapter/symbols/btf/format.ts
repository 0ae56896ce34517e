/** BTF as Linux writes it (Documentation/bpf/btf.rst, include/uapi/linux/btf.h). */
export const MAGIC = 0xeb9f;
export const VERSION = 1;
export const HEADER_BYTES = 24;
/** `struct btf_header`. The offsets of both sections count from the header's end. */
export const header = {
  magic: 0,
  version: 2,
  flags: 3,
  length: 4,
  typeOffset: 8,
  typeLength: 12,
  stringOffset: 16,
  stringLength: 20,
} as const;
/** `struct btf_type`: 12 bytes, then what its kind adds. */
export const TYPE_BYTES = 12;

/** BTF_KIND_*, with the bytes that follow `struct btf_type`: once, and for each of its `vlen` parts. */
export const kinds = [
  undefined,
  { name: 'INT', fixed: 4, part: 0 },
  { name: 'PTR', fixed: 0, part: 0 },
  { name: 'ARRAY', fixed: 12, part: 0 },
  { name: 'STRUCT', fixed: 0, part: 12 },
  { name: 'UNION', fixed: 0, part: 12 },
  { name: 'ENUM', fixed: 0, part: 8 },
  { name: 'FWD', fixed: 0, part: 0 },
  { name: 'TYPEDEF', fixed: 0, part: 0 },
  { name: 'VOLATILE', fixed: 0, part: 0 },
  { name: 'CONST', fixed: 0, part: 0 },
  { name: 'RESTRICT', fixed: 0, part: 0 },
  { name: 'FUNC', fixed: 0, part: 0 },
  { name: 'FUNC_PROTO', fixed: 0, part: 8 },
  { name: 'VAR', fixed: 4, part: 0 },
  { name: 'DATASEC', fixed: 0, part: 12 },
  { name: 'FLOAT', fixed: 0, part: 0 },
  { name: 'DECL_TAG', fixed: 4, part: 0 },
  { name: 'TYPE_TAG', fixed: 0, part: 0 },
  { name: 'ENUM64', fixed: 0, part: 12 },
] as const;

export type Kind = NonNullable<(typeof kinds)[number]>['name'];

/** BTF_INT_SIGNED, _CHAR, _BOOL. */
export const integerEncoding = { signed: 1, character: 2, boolean: 4 } as const;
