import type { Struct, Values } from './struct.ts';
import { copyFromUser, copyToUser, type UserMemory } from './user-memory.ts';

/** Argument of a call as its handler sees it: a number, or a pointer to a structure of user space. */
export class Argument {
  constructor(
    readonly value: bigint,
    readonly memory: UserMemory,
  ) {}

  /** The structure that the argument points to (`copy_from_user`). @throws KvmError EFAULT. */
  read<M extends Record<string, any>>(struct: Struct<M>, offset = 0): Values<M> {
    return struct.read(copyFromUser(this.memory, this.value + BigInt(offset), struct.size));
  }

  /** Writes the structure that the argument points to (`copy_to_user`). @throws KvmError EFAULT. */
  write<M extends Record<string, any>>(struct: Struct<M>, values: Partial<Values<M>>): void {
    copyToUser(this.memory, this.value, struct.write(values));
  }
}

/** An ioctl of a file: its name and number, and what it does. The result is what ioctl(2) gives; an error is a KvmError. */
export interface Call<F> {
  readonly name: string;
  readonly request: number;
  readonly run: (file: F, argument: Argument) => number;
}
