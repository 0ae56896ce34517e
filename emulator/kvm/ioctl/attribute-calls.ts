import type { AttributeValue, DeviceAttribute } from '../device-attribute.ts';
import { attributeValue } from './attribute-value.ts';
import type { Call } from './call.ts';
import { _IOW } from './requests.ts';
import { structs } from './structs.ts';

/** The attributes of a kind of file. */
export interface AttributeOperations<F> {
  set?(file: F, attribute: DeviceAttribute, value: AttributeValue): void;
  get?(file: F, attribute: DeviceAttribute, value: AttributeValue): void;
  has?(file: F, attribute: DeviceAttribute): void;
}

const call = <F>(
  name: string,
  number: number,
  perform: ((file: F, attribute: DeviceAttribute, value: AttributeValue) => void) | undefined,
): Call<F>[] =>
  perform
    ? [
        {
          name,
          request: _IOW(number, structs.deviceAttr),
          run: (file, argument) => {
            const { group, attr, addr } = argument.read(structs.deviceAttr);
            perform(file, { group, attr }, attributeValue(argument.memory, addr));
            return 0;
          },
        },
      ]
    : [];

/** KVM_SET_, KVM_GET_ and KVM_HAS_DEVICE_ATTR of a kind of file; one that is left out is no call of it. */
export const attributeCalls = <F>({ set, get, has }: AttributeOperations<F>): readonly Call<F>[] => [
  ...call('KVM_SET_DEVICE_ATTR', 0xe1, set),
  ...call('KVM_GET_DEVICE_ATTR', 0xe2, get),
  ...call('KVM_HAS_DEVICE_ATTR', 0xe3, has && ((file: F, attribute: DeviceAttribute) => has(file, attribute))),
];
