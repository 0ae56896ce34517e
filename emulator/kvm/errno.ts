/** Error numbers that KVM's ioctls return on arm64 Linux (include/uapi/asm-generic/errno-base.h, errno.h). */
export const errno = {
  EPERM: 1,
  ENOENT: 2,
  EINTR: 4,
  EIO: 5,
  ENXIO: 6,
  E2BIG: 7,
  ENOEXEC: 8,
  EBADF: 9,
  EAGAIN: 11,
  ENOMEM: 12,
  EFAULT: 14,
  EBUSY: 16,
  EEXIST: 17,
  ENODEV: 19,
  EINVAL: 22,
  EMFILE: 24,
  ENOTTY: 25,
  ENOSPC: 28,
  ENOSYS: 38,
  EOPNOTSUPP: 95,
  EHWPOISON: 133,
} as const;

export type Errno = keyof typeof errno;

/** An ioctl failed as the kernel would have it fail. */
export class KvmError extends Error {
  override readonly name = 'KvmError';

  constructor(
    readonly errno: Errno,
    /** What failed, without the error number. */
    readonly reason: string,
  ) {
    super(`${reason}: -${errno}`);
  }
}
