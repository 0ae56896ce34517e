import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readVectors } from '../linux/vectors.ts';
import { Session } from './session.ts';

const PTRAUTH = (1 << 5) | (1 << 6);
const recorded = (name: string): bigint[] =>
  (readVectors('one-reg')[name]!['registers in detail'] as readonly string[]).map((line) => BigInt(`0x${line.split(' ')[0]}`));

describe('exits §5: KVM_GET_REG_LIST', () => {
  for (const [title, feature, name] of [
    ['a vCPU', 4, 'every register'],
    ['a vCPU with pointer authentication', 4 | PTRAUTH, 'every register of a vCPU with pointer authentication'],
  ] as const) {
    test(`exits §5: ${title} has the registers that it has on Linux, in that order`, async () => {
      const session = await Session.start({ cpu: 'max' });
      const vcpu = session.vcpu(session.vm());
      assert.equal(session.init(vcpu, feature), 0);
      assert.deepEqual(session.registers(vcpu), recorded(name));
    });
    test(`exits §5: each register of ${title} can be got, and set to what it is`, async () => {
      const session = await Session.start({ cpu: 'max' });
      const vcpu = session.vcpu(session.vm());
      session.init(vcpu, feature);
      for (const id of session.registers(vcpu)) {
        const length = 2 ** Number((id >> 52n) & 15n);
        const value = session.getReg(vcpu, id, length);
        assert.equal(typeof value, 'bigint', `${id.toString(16)}: ${value}`);
        assert.equal(session.setReg(vcpu, id, value as bigint, length), 0, id.toString(16));
      }
    });
  }
});
