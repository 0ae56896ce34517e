import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { guestFiles, kernelVersions, skipWithout } from './guests.ts';
import { exportedAddress, exportedOffset, functionAddress } from './kernel-symbols.ts';

for (const version of kernelVersions) {
  const kernel = guestFiles().kernels[version];
  describe(`symbols of the ${version} kernel`, { skip: skipWithout(kernel.image, kernel.systemMap) }, () => {
    test('its table of exports and its System.map agree', () => {
      for (const name of ['_printk', 'schedule', 'kfree', 'register_netdev', 'memcpy'])
        assert.equal(exportedAddress(kernel, name), functionAddress(kernel, name), name);
    });
    test('data is found behind the code', () => {
      assert.ok(exportedAddress(kernel, 'jiffies_64') > functionAddress(kernel, '_etext'));
    });
    test('what is not exported', () => {
      assert.throws(() => exportedOffset(readFileSync(kernel.image), 'no_such_symbol_at_all'), /exports no no_such_symbol_at_all/);
    });
  });
}
