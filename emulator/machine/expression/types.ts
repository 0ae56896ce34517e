/** A type of the guest's program. What it is made of is the business of whoever knows the types. */
export type GuestType = object;

export interface GuestMember {
  readonly type: GuestType;
  readonly bitOffset: number;
  /** Of a bit-field. */
  readonly bitSize: number | undefined;
}

/** What the language asks of types. */
export interface TypeRules {
  /** The type that a specifier names, by its words without qualifiers: `struct task_struct`, `unsigned long`, `pid_t`. */
  named(words: readonly string[]): GuestType | undefined;
  pointerTo(type: GuestType): GuestType;
  /** What a pointer or the elements of an array are. */
  targetOf(type: GuestType): GuestType | undefined;
  /** A member of a struct or union. */
  member(type: GuestType, name: string): GuestMember | undefined;
  /** Bytes; 0: nobody can tell. */
  sizeOf(type: GuestType): number;
  /** How a value is read; undefined: it does not fit into a register. */
  scalar(type: GuestType): { readonly bytes: 1 | 2 | 4 | 8; readonly signed: boolean } | undefined;
  /** What C calls it. */
  text(type: GuestType): string;
}
