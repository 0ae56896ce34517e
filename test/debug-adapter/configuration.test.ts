import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkConfiguration } from '../../debug-adapter/launch/configuration.ts';

describe('launch configuration', () => {
  it('defaults', () =>
    assert.deepEqual(checkConfiguration({ type: 'kvm-arm64', request: 'launch', name: 'n', __sessionId: 'x', kernel: 'Image' }), {
      kernel: 'Image',
      append: 'console=ttyAMA0',
      memory: 512 << 20,
      cpus: 1,
      cpu: 'cortex-a57',
      kernelProfile: 'merged',
      cacheModel: false,
      capabilities: ['ARM_NISV_TO_USER', 'ARM_SEA_TO_USER'],
      stopOnEntry: true,
      symbols: [],
      console: 'internalConsole',
      realtime: false,
      noDebug: false,
    }));
  it('sizes', () => assert.equal(checkConfiguration({ program: 'a.S', memory: '1G' }).memory, 2 ** 30));
  it('one symbol file or several', () => {
    assert.deepEqual(checkConfiguration({ kernel: 'Image', symbols: 'a' }).symbols, ['a']);
    assert.deepEqual(checkConfiguration({ kernel: 'Image', symbols: ['a', 'b'] }).symbols, ['a', 'b']);
  });

  const refused: readonly (readonly [string, unknown, RegExp])[] = [
    ['nothing', {}, /nothing to run/],
    ['no object', 5, /no object/],
    ['a misspelt field', { kernal: 'Image' }, /unknown field "kernal" \(did you mean "kernel"\?\)/],
    ['an unknown field', { kernel: 'Image', gdbPath: 'x' }, /unknown field "gdbPath"/],
    ['both kernel and program', { kernel: 'Image', program: 'a.S' }, /exclude each other/],
    ['an initrd without kernel', { program: 'a.S', initrd: 'x' }, /"initrd" needs a "kernel"/],
    ['wrong types', { kernel: 5 }, /"kernel" must be a string, not 5/],
    ['cpus by halves', { kernel: 'Image', cpus: 1.5 }, /"cpus" must be a whole number/],
    ['absurd cpus', { kernel: 'Image', cpus: 4096 }, /"cpus" must be 1 to 8, not 4096/],
    ['no cpus', { kernel: 'Image', cpus: 0 }, /1 to 8/],
    ['an unknown cpu', { kernel: 'Image', cpu: 'pentium' }, /"cpu" must be cortex-a57, neoverse-n1, max/],
    ['memory that is no size', { kernel: 'Image', memory: 'lots' }, /"memory": .*lots/],
    ['odd memory', { kernel: 'Image', memory: '1000001K' }, /"memory": .*4 KiB/],
    ['too much memory', { kernel: 'Image', memory: '64G' }, /"memory": .*too large/],
    ['an empty path', { kernel: '' }, /"kernel" is empty/],
    ['symbols that are no strings', { kernel: 'Image', symbols: [1] }, /list of strings/],
    ['several problems at once', { kernal: 'Image', cpus: 9 }, /kernal.*cpus/],
  ];
  for (const [what, configuration, message] of refused)
    it(`refuses ${what}`, () => assert.throws(() => checkConfiguration(configuration), message));
});
