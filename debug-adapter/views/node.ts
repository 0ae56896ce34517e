/** One row of the Variables view: what it shows, and what is inside it when it is opened. */
export interface VariableNode {
  readonly name: string;
  /** As shown; hexadecimal unless the client asks otherwise. */
  readonly value: string;
  readonly type?: string;
  /** What `evaluate` takes to give the same. */
  readonly expression?: string;
  /** Address the value is, for the memory view. */
  readonly memoryReference?: string;
  readonly children?: () => Promise<readonly VariableNode[]>;
  /** Changes the value; absent: read-only. */
  readonly set?: (value: bigint) => Promise<void>;
}
