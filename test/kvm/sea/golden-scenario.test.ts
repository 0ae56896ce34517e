/** The kernel's own test of SEAs for user space (sea.md §7), told again: a bad page, a load, an exit, an injected abort. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeExit } from '../../../emulator/kvm/exits/index.ts';
import { setVcpuEvents } from '../../../emulator/kvm/vcpu-events.ts';
import { slots } from '../../../emulator/translate/layout.ts';
import { parseAddressRange } from '../../../emulator/vmm/address-range.ts';
import { poisonMemory } from '../../../emulator/vmm/poison.ts';
import { guest } from '../../vmm/guest.ts';

const VECTORS = 0x4010_0000n;
const PAGE = 0x4020_0000n;

for (const kernelProfile of ['merged', 'proposed'] as const)
  test(`sea §7 ${kernelProfile}: load of a bad page -> KVM_EXIT_ARM_SEA -> ext_dabt_pending -> abort at VBAR + 0x200`, async () => {
    const machine = await guest(
      `movz x0, #0x4010, lsl #16\n msr vbar_el1, x0\n isb\n movz x1, #0x4020, lsl #16\nload: ldr x2, [x1, #8]\n nop`,
      { host: { ras: true }, kernelProfile },
    );
    const [vcpu] = machine.vcpus;
    poisonMemory(machine, { range: parseAddressRange('ipa:0x40200000+0x1000', 'test') });
    assert.equal(vcpu!.enter(1000).kind, 'exit');
    const { name, fields } = decodeExit(vcpu!.run);
    assert.equal(name, 'KVM_EXIT_ARM_SEA');
    const field = (n: string): bigint => fields.find((f) => f.name === n)!.value;
    assert.equal(field('esr') >> 26n, 0x24n);
    assert.equal(field('esr') & 0x3cn, 0x10n);
    assert.equal(field('gva'), PAGE + 8n);
    assert.equal(field('gpa'), PAGE);
    const load = vcpu!.state.get(slots.pc);
    setVcpuEvents(vcpu!, { extDabtPending: true });
    vcpu!.run.immediateExit = true;
    vcpu!.enter(1);
    assert.equal(vcpu!.state.get(slots.pc), VECTORS + 0x200n);
    assert.equal(vcpu!.state.named('ESR_EL1'), 0x9600_0010n);
    assert.equal(vcpu!.state.named('FAR_EL1'), PAGE + 8n);
    assert.equal(vcpu!.state.named('ELR_EL1'), load);
  });
