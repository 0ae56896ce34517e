import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkConfiguration } from '../../debug-adapter/launch/configuration.ts';
import { checkCapabilities } from '../../emulator/vmm/capabilities.ts';
import { guest } from './guest.ts';

describe('capabilities that user space enables', () => {
  test('both where a launch configuration names none', () =>
    assert.deepEqual(checkConfiguration({ program: 'a.S' }).capabilities, ['ARM_NISV_TO_USER', 'ARM_SEA_TO_USER']));

  test('those that are named, and no others', async () => {
    const enabled = async (...capabilities: string[]): Promise<boolean[]> => {
      const { vm } = await guest('nop', { capabilities });
      return [vm.nisvToUser, vm.seaToUser];
    };
    assert.deepEqual(await enabled(), [false, false]);
    assert.deepEqual(await enabled('ARM_NISV_TO_USER'), [true, false]);
    assert.deepEqual(await enabled('ARM_SEA_TO_USER'), [false, true]);
  });

  test('by the number of the kernel profile', async () =>
    assert.equal((await guest('nop', { capabilities: ['ARM_SEA_TO_USER'], kernelProfile: 'proposed' })).vm.seaToUser, true));

  test('what cannot be enabled is said', () => {
    assert.throws(() => checkCapabilities('ARM_SEA_TO_USER'), /"capabilities" is a list of ARM_NISV_TO_USER, ARM_SEA_TO_USER, not "ARM/);
    assert.throws(() => checkCapabilities(['KVM_CAP_ARM_MTE']), /"KVM_CAP_ARM_MTE" is none that user space can enable/);
    assert.throws(
      () => checkConfiguration({ program: 'a.S', capabilities: ['ARM_MTE'] }),
      /"capabilities" can hold ARM_NISV_TO_USER, ARM_SEA_TO_USER, not "ARM_MTE"/,
    );
  });
});
