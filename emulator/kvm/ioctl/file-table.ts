import type { Errno } from '../errno.ts';
import { KvmError } from '../errno.ts';
import type { GuestMemfd } from '../guest-memfd.ts';
import type { Vcpu } from '../vcpu.ts';
import type { VgicDevice } from '../vgic/device.ts';
import type { Call } from './call.ts';
import type { OpenVm } from './open-vm.ts';

/** The files that KVM makes, by what they are of. Each is one descriptor; a VM lives as long as any file of it. */
export type KvmFile =
  | { readonly kind: 'system' }
  | { readonly kind: 'vm'; readonly open: OpenVm }
  | { readonly kind: 'vcpu'; readonly open: OpenVm; readonly vcpu: Vcpu }
  | { readonly kind: 'device'; readonly open: OpenVm; readonly device: VgicDevice }
  | { readonly kind: 'guest_memfd'; readonly open: OpenVm; readonly memfd: GuestMemfd };

export type FileKind = KvmFile['kind'];
export type FileOf<K extends FileKind> = Extract<KvmFile, { kind: K }>;

/** Calls of a kind of file, and the error for every other number. */
export interface FileOperations<K extends FileKind> {
  readonly calls: readonly Call<FileOf<K>>[];
  readonly unknown: Errno;
}

/** RLIMIT_NOFILE. */
const MAX_FILES = 1024;
/** After standard input, output and error. */
const FIRST = 3;

/** The file descriptors of the process: each new one is the lowest that is free. */
export class FileTable {
  private readonly files: (KvmFile | undefined)[] = [];

  /** @throws KvmError EMFILE. */
  install(file: KvmFile): number {
    const free = this.files.indexOf(undefined);
    const at = free < 0 ? this.files.length : free;
    if (at + FIRST >= MAX_FILES) throw new KvmError('EMFILE', 'open files');
    this.files[at] = file;
    return at + FIRST;
  }

  /** @throws KvmError EMFILE when there is no room for another. */
  requireRoom(): void {
    if (this.files.filter((file) => file).length + FIRST >= MAX_FILES) throw new KvmError('EMFILE', 'open files');
  }

  find(fd: number): KvmFile | undefined {
    return this.files[fd - FIRST];
  }

  /** @throws KvmError EBADF. */
  get(fd: number): KvmFile {
    const file = this.find(fd);
    if (!file) throw new KvmError('EBADF', `file descriptor ${fd}`);
    return file;
  }

  /** @throws KvmError EBADF. */
  remove(fd: number): KvmFile {
    const file = this.get(fd);
    this.files[fd - FIRST] = undefined;
    return file;
  }

  all(): readonly KvmFile[] {
    return this.files.filter((file): file is KvmFile => file !== undefined);
  }
}
