/** Numbers of ioctl requests (include/uapi/asm-generic/ioctl.h): direction 31:30, size of the argument 29:16, type 15:8, number 7:0. */
const direction = { none: 0, write: 1, read: 2, both: 3 } as const;
/** KVMIO. */
const TYPE = 0xae;

const request = (way: number, number: number, size: number): number => ((way << 30) | (size << 16) | (TYPE << 8) | number) >>> 0;

export const _IO = (number: number): number => request(direction.none, number, 0);
/** The kernel reads the argument. */
export const _IOW = (number: number, { size }: { readonly size: number }): number => request(direction.write, number, size);
/** The kernel writes the argument. */
export const _IOR = (number: number, { size }: { readonly size: number }): number => request(direction.read, number, size);
export const _IOWR = (number: number, { size }: { readonly size: number }): number => request(direction.both, number, size);
