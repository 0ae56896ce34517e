import { getAttribute, noAttribute, setAttribute } from '../device-attribute.ts';
import { vgicAttribute } from '../vgic/device-attributes.ts';
import { attributeCalls } from './attribute-calls.ts';
import type { FileOf, FileOperations } from './file-table.ts';

/** Calls of a device (`kvm_device_ioctl`): its attributes. */
export const deviceOperations: FileOperations<'device'> = {
  calls: attributeCalls<FileOf<'device'>>({
    set: ({ open, device }, attribute, value) => setAttribute(vgicAttribute(open.vm, device, attribute), attribute, value),
    get: ({ open, device }, attribute, value) => getAttribute(vgicAttribute(open.vm, device, attribute), attribute, value),
    has: ({ open, device }, attribute) => {
      const found = vgicAttribute(open.vm, device, attribute);
      if (!found || found.there === false) noAttribute(attribute);
    },
  }),
  unknown: 'ENOTTY',
};
