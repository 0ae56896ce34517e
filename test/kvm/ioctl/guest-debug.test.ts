import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { assemble } from '../../../emulator/isa/assembler/assembler.ts';
import { structs } from '../../../emulator/kvm/ioctl/structs.ts';
import { at, GUEST, Session } from './session.ts';

const PC = 0x6030_0000_0010_0040n;
const BVR0 = 0x6030_0000_0013_8004n;
const ENABLE_AND_HW = 1 | (1 << 17);
/** E, PMC = EL1, BAS = all. */
const BREAKPOINT = 1n | (1n << 1n) | (0xfn << 5n);
/** E, PAC = EL1, LSC = store, BAS = all. */
const WATCHPOINT = 1n | (1n << 1n) | (2n << 3n) | (0xffn << 5n);
/** KVM_EXIT_DEBUG with HSR_HIGH_VALID. */
const DEBUG = 4;

async function debugged(source: string): Promise<{ session: Session; vcpu: number; exit: () => DataView }> {
  const session = await Session.start();
  const vm = session.vm();
  session.ram(vm);
  const vcpu = session.vcpu(vm);
  session.init(vcpu);
  session.program.memory.write(at.guest, assemble(source, { file: 'guest.S', address: BigInt(GUEST) }).image);
  session.setReg(vcpu, PC, BigInt(GUEST));
  return { session, vcpu, exit: () => new DataView(session.program.kvm.run(vcpu).buffer) };
}

describe('exits §6: hardware breakpoints and watchpoints of user space', () => {
  test('exits §6: HW: breakpoint EC 0x30, before the instruction, as often as it is run', async () => {
    const { session, vcpu, exit } = await debugged('nop\nnop\nmov x1, #1\nb .');
    const registers = { dbgBcr: [0n, BREAKPOINT], dbgBvr: [0n, BigInt(GUEST + 8)] };
    assert.equal(session.call(vcpu, 'KVM_SET_GUEST_DEBUG', structs.guestDebug, { control: ENABLE_AND_HW, ...registers }), 0);
    for (let n = 0; n < 2; n++) {
      assert.equal(session.plain(vcpu, 'KVM_RUN'), 0);
      assert.deepEqual([exit().getUint32(8, true), exit().getUint16(14, true), exit().getUint32(32, true) >>> 26], [DEBUG, 1, 0x30]);
      assert.equal(session.getReg(vcpu, PC), BigInt(GUEST + 8));
    }
  });

  test('exits §6: HW: watchpoint EC 0x34 with far', async () => {
    const { session, vcpu, exit } = await debugged(`mov x0, #${GUEST}\nadd x0, x0, #0x800\nldr x1, [x0]\nstr x1, [x0]\nb .`);
    const registers = { dbgWcr: [WATCHPOINT], dbgWvr: [BigInt(GUEST + 0x800)] };
    assert.equal(session.call(vcpu, 'KVM_SET_GUEST_DEBUG', structs.guestDebug, { control: ENABLE_AND_HW, ...registers }), 0);
    assert.equal(session.plain(vcpu, 'KVM_RUN'), 0);
    assert.deepEqual([exit().getUint32(8, true), exit().getUint32(32, true) >>> 26], [DEBUG, 0x34]);
    assert.equal(exit().getBigUint64(40, true), BigInt(GUEST + 0x800));
    assert.equal(session.getReg(vcpu, PC), BigInt(GUEST + 12));
  });

  test('exits §6: the guest keeps its own registers; ENABLE clear -> all off', async () => {
    const { session, vcpu } = await debugged('mrs x1, dbgbvr0_el1\nb .');
    session.setReg(vcpu, BVR0, 0x1234n);
    const registers = { dbgBcr: [BREAKPOINT], dbgBvr: [BigInt(GUEST + 4)] };
    session.call(vcpu, 'KVM_SET_GUEST_DEBUG', structs.guestDebug, { control: ENABLE_AND_HW, ...registers });
    assert.equal(session.plain(vcpu, 'KVM_RUN'), 0);
    assert.equal(session.getReg(vcpu, 0x6030_0000_0010_0002n), 0x1234n, 'what the guest reads');
    assert.equal(session.getReg(vcpu, BVR0), 0x1234n);
    assert.equal(session.call(vcpu, 'KVM_SET_GUEST_DEBUG', structs.guestDebug, { control: 1 << 17, ...registers }), 0);
    assert.equal(session.plain(vcpu, 'KVM_RUN'), 'EINTR');
  });
});
