import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assemble } from '../../../emulator/isa/assembler/assembler.ts';
import { structs } from '../../../emulator/kvm/ioctl/structs.ts';
import { ARENA, outcome, startProgram } from './program.ts';

const GUEST = 0x4000_0000;
const at = (n: number) => BigInt(ARENA + n);

test('a program runs a guest through numbers and bytes alone', async () => {
  const { kvm, memory } = await startProgram();
  kvm.patience = 1000;
  const system = kvm.open();
  assert.equal(kvm.ioctl(system, 0xae00), 12);
  const vm = kvm.ioctl(system, 0xae01);
  const { image } = assemble('mov x1, #0x09000000\nmov w0, #42\nstr w0, [x1, #4]\n', { file: 'guest.S', address: BigInt(GUEST) });
  memory.write(at(0x20_0000), image);
  const region = { guestPhysAddr: BigInt(GUEST), memorySize: 0x10_0000n, userspaceAddr: at(0x20_0000) };
  memory.write(at(0), structs.memoryRegion.write(region));
  assert.equal(kvm.ioctl(vm, 0x4020ae46, at(0)), 0);
  const vcpu = kvm.ioctl(vm, 0xae41);
  assert.equal(outcome(kvm.ioctl(vcpu, 0xae80)), 'ENOEXEC');
  memory.write(at(0), structs.vcpuInit.write({ target: 5, features: [4] }));
  assert.equal(kvm.ioctl(vcpu, 0x4020aeae, at(0)), 0);
  memory.write(at(8), structs.u64.write({ value: BigInt(GUEST) }));
  memory.write(at(16), structs.oneReg.write({ id: 0x6030000000100040n, addr: at(8) }));
  assert.equal(kvm.ioctl(vcpu, 0x4010aeac, at(16)), 0);
  assert.equal(outcome(kvm.ioctl(vcpu, 0xae80)), 0);
  const run = new DataView(kvm.run(vcpu).buffer);
  assert.deepEqual([run.getUint32(8, true), run.getBigUint64(32, true), run.getUint32(40, true)], [6, 0x9000004n, 42]);
  kvm.ioctl(vcpu, 0xae80);
  for (const fd of [vcpu, vm, system]) assert.equal(kvm.close(fd), 0);
  assert.equal(outcome(kvm.ioctl(vm, 0xae03)), 'EBADF');
});
