import { errno, KvmError } from '../errno.ts';
import { VmidAllocator } from '../vmid.ts';
import { Argument, type Call } from './call.ts';
import { deviceOperations } from './device-calls.ts';
import { type FileKind, type FileOf, type FileOperations, FileTable, type KvmFile } from './file-table.ts';
import type { KvmHost } from './host.ts';
import type { Process } from './open-vm.ts';
import { systemOperations } from './system-calls.ts';
import type { UserMemory } from './user-memory.ts';
import { vcpuOperations } from './vcpu-calls.ts';
import { vmOperations } from './vm-calls.ts';

export type { KvmHost } from './host.ts';
export { MappedMemory, type UserMemory } from './user-memory.ts';

/** Instructions until a signal interrupts KVM_RUN, unless told otherwise. */
const PATIENCE = 1_000_000;

type Table = ReadonlyMap<number, Call<never>>;
const tableOf = <K extends FileKind>({ calls }: FileOperations<K>): Table => new Map(calls.map((call) => [call.request, call]));

/**
 * KVM as a program sees it: files, ioctl(2) by number with its argument, and structures as bytes in the program's memory. A result that is negative is an error number of Linux.
 */
export class KvmFiles {
  private readonly process: Process;
  private readonly operations: { readonly [K in FileKind]: { readonly table: Table; readonly unknown: FileOperations<K>['unknown'] } };

  constructor(host: KvmHost, memory: UserMemory) {
    const vmids = new VmidAllocator(host.features.vmid16 ? 16 : 8, () => host.invalidate());
    this.process = { host, memory, files: new FileTable(), vmids, patience: PATIENCE };
    const entry = <K extends FileKind>(operations: FileOperations<K>) => ({ table: tableOf(operations), unknown: operations.unknown });
    this.operations = {
      system: entry(systemOperations(this.process)),
      vm: entry(vmOperations),
      vcpu: entry(vcpuOperations),
      device: entry(deviceOperations),
      guest_memfd: entry<'guest_memfd'>({ calls: [], unknown: 'ENOTTY' }),
    };
  }

  /** Instructions that KVM_RUN executes at most: a signal comes then, and it gives -EINTR. */
  set patience(instructions: number) {
    this.process.patience = instructions;
  }

  /** open(2) of /dev/kvm: a file descriptor, or a negative error number. */
  open(): number {
    return this.attempt(() => this.process.files.install({ kind: 'system' }));
  }

  /** ioctl(2). `argument` is what the program passes: a number, or an address in its memory. */
  ioctl(fd: number, request: number, argument = 0n): number {
    return this.attempt(() => {
      const file = this.process.files.get(fd);
      const { table, unknown } = this.operations[file.kind];
      const call = table.get(request) as Call<KvmFile> | undefined;
      if (file.kind !== 'system' && file.kind !== 'guest_memfd' && file.open.vm.dead) throw new KvmError('EIO', 'the VM is dead');
      if (!call) throw new KvmError(unknown, `ioctl 0x${request.toString(16)} of a ${file.kind} file`);
      return call.run(file, new Argument(BigInt.asUintN(64, argument), this.process.memory));
    });
  }

  /** close(2). */
  close(fd: number): number {
    return this.attempt(() => {
      const file = this.process.files.remove(fd);
      if (file.kind === 'guest_memfd') file.memfd.close();
      if (file.kind !== 'system') file.open.release();
      return 0;
    });
  }

  /** mmap(2) of a vCPU's file: the bytes of its `struct kvm_run`, shared with KVM. @throws KvmError EBADF; ENODEV for another file. */
  run(fd: number): Uint8Array {
    return this.fileOf(fd, 'vcpu').vcpu.run.bytes;
  }

  /** What a descriptor is of; undefined: none is open. */
  kindOf(fd: number): FileKind | undefined {
    return this.process.files.find(fd)?.kind;
  }

  /** A file by its descriptor, for whoever looks at the VM from outside. @throws KvmError EBADF; ENODEV for a file of another kind. */
  fileOf<K extends FileKind>(fd: number, kind: K): FileOf<K> {
    const file = this.process.files.get(fd);
    if (file.kind !== kind) throw new KvmError('ENODEV', `file descriptor ${fd} is not of kind ${kind}`);
    return file as FileOf<K>;
  }

  private attempt(act: () => number): number {
    try {
      return act();
    } catch (error) {
      if (error instanceof KvmError) return -errno[error.errno];
      throw error;
    }
  }
}
