/** Meaning of a field's values: a table for enumerations, a function for the rest, undefined where the number says it all. */
export type FieldMeaning = Readonly<Record<number, string>> | ((value: bigint) => string | undefined);

/** A named run of bits. */
export interface Field {
  readonly name: string;
  /** Most and least significant bit, as the Arm ARM prints them. */
  readonly high: number;
  readonly low: number;
  readonly meaning?: FieldMeaning;
  /** Fields inside this one, chosen by another field: `on` names it (a field of the same register), `cases` maps its value to a layout (bit numbers are of the whole register). */
  /** The bits have no name of their own: the fields inside stand in their place. */
  readonly unnamed?: true;
  readonly variant?: {
    readonly on: string;
    readonly cases: Readonly<Record<number, readonly Field[]>>;
    readonly otherwise?: readonly Field[];
  };
}

export type AccessRight = 'none' | 'read-only' | 'write-only' | 'read-write';

/** How an access is performed: `plain` registers are a 64-bit slot with no side effect; the others go through the processor (`emulator/cpu`). */
export type AccessKind = 'plain' | 'processor';

/** One system register, as data: every view (MRS/MSR, Variables, hovers, KVM_GET_ONE_REG, decode) derives from it. */
export interface SystemRegister {
  readonly name: string;
  readonly op0: number;
  readonly op1: number;
  readonly CRn: number;
  readonly CRm: number;
  readonly op2: number;
  /** What the instruction may do at each level; below the lowest with a right it is UNDEFINED (traps aside). */
  readonly access: { readonly el0: AccessRight; readonly el1: AccessRight; readonly el2: AccessRight };
  readonly kind: { readonly read: AccessKind; readonly write: AccessKind };
  /** What MRS gives below EL2 is the value of this register: the hypervisor's. */
  readonly readAs?: string;
  /** Writable bits for a plain or storage-backed register; others keep their reset value (RES0/RES1). Absent: all. */
  readonly writable?: bigint;
  /** Value after reset (profiles override ID registers). */
  readonly reset?: bigint;
  readonly fields?: readonly Field[];
  /** Group heading, as in the Arm ARM's functional groups: 'Virtual memory control', 'Exception', 'Timer' … */
  readonly group: string;
  /** One line: what it is. */
  readonly title: string;
  readonly feature?: string;
}
