import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pointerAuthenticationFunctions as functions, pointerAuthContext } from '../../../emulator/isa/functions/pointer-authentication.ts';
import { block, qarma, qarma3, qarma5 } from '../../../emulator/isa/functions/qarma.ts';
import { ResultHash } from '../../oracle/case.ts';
import { missingForOracle } from '../../oracle/native.ts';
import { ourPointer, pointerCases, qemuPointers } from '../../oracle/pointer-authentication.ts';

const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, '0');

/** The plaintext, tweak and keys of the cipher's published test vectors. */
function encrypt(variant: typeof qarma5): string {
  block.low = 0xda6e8127 | 0;
  block.high = 0xfb623599 | 0;
  qarma(variant, 0xec0b8762 | 0, 0x477d469d, 0x9804e94b | 0, 0x84be85ce | 0, 0xe0a488e9 | 0, 0xec2802d4 | 0);
  return hex(block.high) + hex(block.low);
}

function hashOf(results: readonly bigint[]): string {
  const hash = new ResultHash();
  for (const result of results) {
    hash.mix(Number(result & 0xffff_ffffn) | 0);
    hash.mix(Number(result >> 32n) | 0);
  }
  return hex(hash.first) + hex(hash.second);
}

describe('QARMA', () => {
  it('encrypts the published vectors', () => {
    assert.equal(encrypt(qarma5), 'c003b93999b33765');
    assert.equal(encrypt({ ...qarma3, rounds: 5 }), '544b0ab95bda7c3a');
  });
});

describe('pointer authentication', () => {
  it('gives what QEMU gave in 4000 cases', () => {
    assert.equal(hashOf(pointerCases(4000, 1).map(ourPointer)), '73749a345af2488b');
  });

  it('agrees with QEMU on fresh cases', { skip: missingForOracle() }, () => {
    const cases = pointerCases(2000, 99);
    assert.deepEqual(cases.map(ourPointer), qemuPointers(cases));
  });

  it('leaves pointers alone where the key is disabled', () => {
    pointerAuthContext.enabled = 0;
    assert.equal(functions.pointerAuthAdd.run(0x1234n, 5n, 0), 0x1234n);
    assert.equal(functions.pointerAuthCheck.run(0x00ff_0000_0000_1234n, 5n, 0), 0x00ff_0000_0000_1234n);
    assert.equal(functions.pointerAuthFaults.run(), 0);
  });

  for (const [level, feature] of [
    [3, 'FEAT_PAuth2'],
    [4, 'FEAT_FPAC'],
  ] as const) {
    it(`undoes with ${feature} what it added, and notices damage`, () => {
      Object.assign(pointerAuthContext, { enabled: 15, level, bottom0: 48, bottom1: 48, dataTbi: 0, instructionTbi: 0 });
      const pointer = 0xffff_8000_0012_3456n;
      const signed = functions.pointerAuthAdd.run(pointer, 77n, 1);
      assert.notEqual(BigInt.asUintN(64, signed), pointer);
      assert.equal(BigInt.asUintN(64, functions.pointerAuthCheck.run(signed, 77n, 1)), pointer);
      assert.equal(functions.pointerAuthFaults.run(), 0);
      assert.notEqual(BigInt.asUintN(64, functions.pointerAuthCheck.run(signed, 78n, 1)), pointer);
      assert.equal(functions.pointerAuthFaults.run(), level === 4 ? 1 : 0);
    });
  }
});
