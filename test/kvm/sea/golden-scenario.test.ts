/** The kernel's own test of SEAs for user space, told again: a bad page, a load, an exit, an injected abort. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setVcpuEvents } from '../../../emulator/kvm/vcpu-events.ts';
import { BadMemory, DEEP_PAGE, DEEP_VA, type GuestOptions, repeating, VECTORS } from './bad-memory.ts';

const profiles = ['merged', 'proposed'] as const;
/** VTTBR apart: hosts that differ in what has nothing to do with it. */
const hosts = [{}, { fwb: true }, { fwb: false }, { dic: true, idc: true }, { ipaBits: 40 }] as const;

/** Steps 1 and 2: capability, a mapped page whose memory is bad, and the guest's load. */
async function atExit(options: GuestOptions, how: Parameters<BadMemory['poison']>[2] = {}): Promise<BadMemory> {
  const world = await BadMemory.run(repeating('ldr x2, [x9, #0x40]'), options);
  world.enter(200);
  world.poison(DEEP_PAGE, 4096, { severity: 'UER', ...how });
  return world.exit();
}

for (const profile of profiles)
  for (const host of hosts)
    describe(`sea §7 ${profile}, host ${JSON.stringify(host)}`, () => {
      test(`sea §7 ${profile} step 2: EC 0x24, FSC & 0x3c = 0x10, ISS2, ISV to AR and VNCR 0; gva and gpa`, async () => {
        const world = await atExit({ profile, host });
        const { esr, gva, gpa, flags } = world.record;
        assert.deepEqual([esr >> 26n, esr & 0x3cn, esr >> 32n, esr & 0x1ff_e000n], [0x24n, 0x10n, 0n, 0n]);
        assert.equal((esr >> 10n) & 1n, 0n);
        assert.deepEqual([gva, gpa], [DEEP_VA + 0x40n, DEEP_PAGE]);
        assert.equal(flags, profile === 'merged' ? 1n : 3n);
        assert.equal((esr >> 11n) & 3n, 0n, 'SET: UER');
      });

      test(`sea §7 ${profile} steps 3 and 4: ext_dabt_pending: VBAR + 0x200, EC 0x25, FSC 0x10, FAR`, async () => {
        const world = await atExit({ profile, host });
        const load = world.pc;
        setVcpuEvents(world.vcpu, { extDabtPending: true });
        world.enter(1);
        assert.deepEqual(
          [world.pc, world.system('ESR_EL1'), world.system('FAR_EL1'), world.system('ELR_EL1')],
          [VECTORS + 0x200n, 0x9600_0010n, DEEP_VA + 0x40n, load],
        );
      });
    });

for (const profile of profiles)
  test(`sea §7 ${profile}, where the test and the kernel differ: the host's FnV = 1 does not reach the guest's ESR`, async () => {
    const world = await atExit({ profile }, { addressKnown: false });
    assert.equal((world.record.esr >> 10n) & 1n, 1n);
    setVcpuEvents(world.vcpu, { extDabtPending: true });
    world.enter(1);
    assert.equal(world.system('ESR_EL1'), 0x9600_0010n);
  });
