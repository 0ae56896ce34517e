import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkExtension } from '../../../emulator/kvm/capabilities.ts';
import { setVcpuEvents } from '../../../emulator/kvm/vcpu-events.ts';
import { RESET_UNKNOWN } from '../../../emulator/kvm/vcpu-reset.ts';
import { BadMemory, DATA, deepDescriptor, type GuestOptions, repeating, VECTORS } from './bad-memory.ts';

const profiles = ['merged', 'proposed'] as const;
const LOAD = repeating('ldr x2, [x1, #8]');
const SPAN = 1n << 23n;
const DSSBS = 1n << 44n;
const A = 1 << 8;
const [NMEA, EASE] = [1n << 4n, 1n << 5n];

/** A guest at the exit of its bad load. */
const atExit = async (options: GuestOptions = {}): Promise<BadMemory> => {
  const world = await BadMemory.run(LOAD, options);
  world.poison(DATA);
  return world.exit();
};

/** Injects a data abort (or an instruction abort) and looks at the guest at its vector. */
function abort(world: BadMemory, instruction = false): BadMemory {
  setVcpuEvents(world.vcpu, instruction ? { extIabtPending: true } : { extDabtPending: true });
  world.vcpu.run.immediateExit = true;
  world.enter(1);
  world.vcpu.run.immediateExit = false;
  return world;
}

/** PSTATE modes: SPSR.M and the vector they use. */
const modes = [
  ['EL1h', 0x5, 0x200n],
  ['EL1t', 0x4, 0x000n],
  ['EL0t', 0x0, 0x400n],
] as const;

for (const profile of profiles)
  describe(`sea §5 ${profile}: SEA, AArch64 guest`, () => {
    for (const [mode, m, offset] of modes) {
      test(`sea §5 ${profile}: from ${mode}: EC, IL = 1, FSC 0x10, vector offset 0x${offset.toString(16)} + 0x000`, async () => {
        const world = await atExit({ profile });
        world.pstate = (world.pstate & ~0xf) | m;
        const { pc, pstate } = world;
        abort(world);
        assert.equal(world.system('ESR_EL1'), m === 0 ? 0x9200_0010n : 0x9600_0010n);
        assert.equal(world.pc, VECTORS + offset);
        assert.equal(world.system('ELR_EL1'), pc, 'the faulting instruction');
        assert.equal(world.system('SPSR_EL1'), BigInt(pstate));
        assert.equal(world.pstate & 0x3df, 0x3c5);
      });
      if (profile === 'proposed')
        test(`sea §5 proposed: instruction abort from ${mode}`, async () => {
          const world = await atExit({ profile });
          world.pstate = (world.pstate & ~0xf) | m;
          assert.equal(abort(world, true).system('ESR_EL1'), m === 0 ? 0x8200_0010n : 0x8600_0010n);
        });
    }

    test(`sea §5 ${profile}: EA, FnV, CM, WnR, SET and ISV are 0 whatever the abort said`, async () => {
      const world = await BadMemory.run(repeating('dc civac, x1'), { profile });
      world.poison(DATA, 64, { severity: 'UC', addressKnown: false });
      world.exit();
      assert.equal(abort(world).system('ESR_EL1'), 0x9600_0010n);
    });

    test(`sea §5 ${profile}: FAR_EL1 is FAR_EL2; HPFAR_EL2 is not written`, async () => {
      const world = await atExit({ profile });
      world.setSystem('HPFAR_EL2', 0x1230n);
      abort(world);
      assert.deepEqual([world.system('FAR_EL1'), world.system('HPFAR_EL2')], [DATA + 8n, 0x1230n]);
    });

    for (const [what, sctlr, before, expected] of [
      ['SCTLR_EL1.SPAN = 0 sets PAN', 0n, 0, 1 << 22],
      ['SCTLR_EL1.SPAN = 1 keeps PAN 0', SPAN, 0, 0],
      ['SCTLR_EL1.SPAN = 1 keeps PAN 1', SPAN, 1 << 22, 1 << 22],
      ['SSBS is SCTLR_EL1.DSSBS', SPAN | DSSBS, 0, 1 << 12],
      ['UAO, SS, IL and BTYPE are 0', SPAN, (1 << 23) | (1 << 21) | (1 << 20) | (3 << 10), 0],
      ['NZCV and DIT are kept', SPAN, (0xf << 28) | (1 << 24), (0xf << 28) | (1 << 24)],
    ] as const)
      test(`sea §5 ${profile}: PSTATE after entry: ${what}; D, A, I and F are 1, EL1h`, async () => {
        const world = await atExit({ profile });
        world.setSystem('SCTLR_EL1', (world.system('SCTLR_EL1') & ~(SPAN | DSSBS)) | sctlr);
        world.pstate = (before | 0x3c5) >>> 0;
        abort(world);
        assert.equal(world.pstate >>> 0, (expected | 0x3c5) >>> 0);
      });
  });

describe('sea §5: IL', () => {
  for (const [profile, esr] of [
    ['merged', 0x9600_0010n],
    ['proposed', 0x9400_0010n],
  ] as const)
    test(`sea §5 ${profile}: injected before the first exception to KVM: ESR_EL1 0x${esr.toString(16)}, FAR_EL1 0`, async () => {
      const world = await BadMemory.run(LOAD, { profile });
      setVcpuEvents(world.vcpu, { extDabtPending: true });
      assert.deepEqual([world.system('ESR_EL1'), world.system('FAR_EL1')], [esr, 0n]);
    });
});

describe('sea §5: S1PTW', () => {
  test('sea §5 merged: stage 1 is off by then: FSC 0x14', async () => {
    const world = await throughMmio(3, 'merged');
    world.setSystem('SCTLR_EL1', world.system('SCTLR_EL1') & ~1n);
    setVcpuEvents(world.vcpu, { extDabtPending: true });
    assert.equal(world.system('ESR_EL1'), 0x9600_0014n);
  });
  /** The guest's walk for DEEP_VA reads its table of `level` where there is no memory. */
  const throughMmio = async (level: 2 | 3, profile: 'merged' | 'proposed', instruction = false): Promise<BadMemory> => {
    const world = await BadMemory.run(instruction ? 'br x9' : repeating('ldr x2, [x9]'), { profile });
    const above = level === 2 ? deepDescriptor[1] : deepDescriptor[2];
    world.write(above, 0x9_0000_0003n);
    world.enter(200);
    return world;
  };
  for (const level of [2, 3] as const) {
    test(`sea §5 merged: the original abort had S1PTW, level ${level}: FSC 0x${(0x14 + level).toString(16)}`, async () => {
      const world = await throughMmio(level, 'merged');
      assert.equal(world.system('ESR_EL1'), 0x9600_0014n + BigInt(level));
      const fetch = await throughMmio(level, 'merged', true);
      assert.equal(fetch.system('ESR_EL1'), 0x8600_0014n + BigInt(level));
    });
    test(`sea §5 proposed: S1PTW, level ${level}: FSC 0x10`, async () => {
      assert.equal((await throughMmio(level, 'proposed')).system('ESR_EL1'), 0x9600_0010n);
      assert.equal((await throughMmio(level, 'proposed', true)).system('ESR_EL1'), 0x8600_0010n);
    });
  }
  test('sea §5 merged: the walk cannot find the level: nothing is injected, the guest restarts', async () => {
    const world = await throughMmio(3, 'merged');
    world.setSystem('FAR_EL2', DATA);
    const before = [world.pc, world.system('ELR_EL1')];
    setVcpuEvents(world.vcpu, { extDabtPending: true });
    assert.deepEqual([world.pc, world.system('ELR_EL1')], before);
  });
});

describe('sea §5: FEAT_DoubleFault2', () => {
  const host = { doubleFault2: true };
  test('sea §5 merged: SCTLR2_EL1.EASE = 1: the SError slot, + 0x180', async () => {
    const world = await atExit({ host });
    world.setSystem('SCTLR2_EL1', EASE);
    assert.equal(abort(world).pc, VECTORS + 0x380n);
    assert.equal(world.system('ESR_EL1'), 0x9600_0010n);
  });
  test('sea §5 proposed: there is no EASE', async () => {
    const world = await atExit({ host, profile: 'proposed' });
    world.setSystem('SCTLR2_EL1', EASE);
    assert.equal(abort(world).pc, VECTORS + 0x200n);
  });
  test('EASE of an abort that EL1 takes itself', async () => {
    const world = await BadMemory.run(repeating('ldr x2, [x1]'), { host });
    world.setSystem('HCR_EL2', world.system('HCR_EL2') & ~(1n << 37n));
    world.setSystem('SCTLR2_EL1', EASE);
    world.poison(DATA);
    world.enter(100);
    assert.deepEqual([world.pc, world.system('ESR_EL1')], [VECTORS + 0x380n, 0x9600_0010n]);
  });
  test('sea §5 merged: SCTLR2_EL1.NMEA = 1: an SError is not masked by PSTATE.A', async () => {
    const world = await atExit({ host });
    world.setSystem('SCTLR2_EL1', NMEA);
    setVcpuEvents(world.vcpu, { serrorPending: true, serrorHasEsr: true, serrorEsr: 0x11n });
    assert.deepEqual([world.pc, world.system('ESR_EL1')], [VECTORS + 0x380n, 0xbe00_0011n]);
  });
  test('a pending SError is delivered when the guest sets NMEA', async () => {
    const world = await BadMemory.run('mov x3, #0x10\n nop\n msr S3_0_C1_C0_3, x3\n mov x4, #1\n b .', { host, cpu: 'max' });
    setVcpuEvents(world.vcpu, { serrorPending: true, serrorHasEsr: true, serrorEsr: 0x11n });
    world.enter(100);
    assert.deepEqual([world.pc, world.system('ESR_EL1'), world.x(4)], [VECTORS + 0x380n, 0xbe00_0011n, 0n]);
  });
});

describe('sea §5: SError', () => {
  for (const [mode, m, offset] of modes)
    test(`sea §5 merged: not masked, ${mode}: emulated at once, vector + 0x180, ESR = ISS + EC 0x2f + IL`, async () => {
      const world = await atExit();
      world.pstate = (world.pstate & ~0xf & ~A) | m;
      const { pc, pstate } = world;
      setVcpuEvents(world.vcpu, { serrorPending: true, serrorHasEsr: true, serrorEsr: 0x1ff_ffffn });
      assert.deepEqual(
        [world.pc, world.system('ESR_EL1'), world.system('ELR_EL1'), world.system('SPSR_EL1')],
        [VECTORS + offset + 0x180n, 0xbfff_ffffn, pc, BigInt(pstate)],
      );
      assert.equal((world.system('HCR_EL2') >> 8n) & 1n, 0n);
    });
  test('sea §5 merged: masked: VSESR_EL2 = ISS, HCR_EL2.VSE = 1', async () => {
    const world = await atExit();
    const { pc } = world;
    setVcpuEvents(world.vcpu, { serrorPending: true, serrorHasEsr: true, serrorEsr: 0x1ff_ffffn });
    assert.deepEqual([world.system('VSESR_EL2'), (world.system('HCR_EL2') >> 8n) & 1n, world.pc], [0x1ff_ffffn, 1n, pc]);
  });
  test('sea §5 proposed: left to the processor, masked or not', async () => {
    const world = await atExit({ profile: 'proposed' });
    world.pstate &= ~A;
    const { pc } = world;
    setVcpuEvents(world.vcpu, { serrorPending: true, serrorHasEsr: true, serrorEsr: 0x11n });
    assert.deepEqual([world.pc, (world.system('HCR_EL2') >> 8n) & 1n], [pc, 1n]);
    world.enter(1);
    assert.deepEqual([world.pc, world.system('ESR_EL1'), world.system('ELR_EL1')], [VECTORS + 0x380n, 0xbe00_0011n, pc]);
  });

  for (const profile of profiles) {
    for (const [what, esr, expected] of [
      ['no syndrome: IDS alone', undefined, 0xbf00_0000n],
      ['AET UC, DFSC 0x11', 0x11n, 0xbe00_0011n],
      ['AET UER, EA, DFSC 0x11', 0xe11n, 0xbe00_0e11n],
      ['a syndrome of 0', 0n, 0xbe00_0000n],
      ['IDS and an implementation defined syndrome', 0x1ab_cdefn, 0xbfab_cdefn],
    ] as const)
      test(`sea §5 ${profile}: pending across a masked window, delivered at the unmasking, ${what}; VSE clears itself`, async () => {
        const world = await BadMemory.run('adr x10, at\n mov x3, #1\n mov x4, #2\n msr daifclr, #4\nat: mov x5, #3\n b .', { profile });
        setVcpuEvents(world.vcpu, { serrorPending: true, ...(esr === undefined ? {} : { serrorHasEsr: true, serrorEsr: esr }) });
        world.enter(200);
        assert.deepEqual([world.x(3), world.x(4), world.x(5)], [1n, 2n, 0n]);
        assert.deepEqual([world.pc, world.system('ESR_EL1')], [VECTORS + 0x380n, expected]);
        assert.equal(world.system('ELR_EL1'), world.x(10));
        assert.equal((world.system('HCR_EL2') >> 8n) & 1n, 0n);
      });

    test(`sea §5 ${profile}: without FEAT_RAS the processor’s ESR has no syndrome of KVM`, async () => {
      const world = await BadMemory.run('msr daifclr, #4\n b .', { profile, host: { ras: false } });
      setVcpuEvents(world.vcpu, { serrorPending: true });
      world.enter(100);
      assert.equal(world.system('ESR_EL1'), 0xbe00_0000n);
    });

    for (const [iss, disr] of [
      [0xc11n, 0x8000_0c11n],
      [0x1ab_cdefn, 0x81ab_cdefn],
      [0n, 0x8000_0000n],
    ] as const)
      test(`sea §5 ${profile}: ESB with a masked SError 0x${iss.toString(16)} records it in VDISR_EL2: DISR_EL1 0x${disr.toString(16)}`, async () => {
        const world = await BadMemory.run(
          'mrs x3, isr_el1\n esb\n mrs x4, disr_el1\n mrs x5, isr_el1\n msr disr_el1, xzr\n mrs x6, disr_el1\n msr daifclr, #4\n mov x7, #1\n b .',
          { profile },
        );
        setVcpuEvents(world.vcpu, { serrorPending: true, serrorHasEsr: true, serrorEsr: iss });
        world.enter(200);
        assert.deepEqual([world.x(3) >> 8n, world.x(4), world.x(5), world.x(6), world.x(7)], [1n, disr, 0n, 0n, 1n]);
        assert.equal(world.system('ESR_EL1'), RESET_UNKNOWN);
      });

    test(`sea §5 ${profile}: ESB with nothing pending leaves DISR_EL1 alone`, async () => {
      const world = await BadMemory.run('mov x3, #5\n msr disr_el1, x3\n esb\n mrs x4, disr_el1\n b .', { profile });
      world.enter(200);
      assert.equal(world.x(4) & 5n, 5n);
    });

    test(`sea §5 ${profile}: ESB with an SError that is not masked: it is taken, nothing is deferred`, async () => {
      const world = await BadMemory.run('msr daifclr, #4\n nop\n b .', { profile });
      world.enter(60);
      setVcpuEvents(world.vcpu, { serrorPending: true, serrorHasEsr: true, serrorEsr: 0x11n });
      world.enter(10);
      assert.deepEqual([world.system('ESR_EL1'), world.system('VDISR_EL2')], [0xbe00_0011n, 0n]);
    });

    test(`sea §5 ${profile}: an SError wakes WFI`, async () => {
      const world = await BadMemory.run('wfi\n mov x3, #1\n b .', { profile });
      assert.equal(world.enter(200).kind, 'waiting');
      setVcpuEvents(world.vcpu, { serrorPending: true });
      world.enter(10);
      assert.equal(world.x(3), 1n);
    });
  }
});

describe('sea §5: what this machine does not offer', () => {
  test('sea §5 AArch32 guest: KVM_CAP_ARM_EL1_32BIT is 0, so no guest has a 32-bit EL1', async () => {
    const { machine } = await BadMemory.run('nop');
    assert.equal(checkExtension(machine.vm, 93), 0);
  });
  test('sea §5 nested: KVM_CAP_ARM_EL2 is 0, so no guest has an EL2 to take SEAs or SErrors to', async () => {
    const { machine } = await BadMemory.run('nop');
    assert.deepEqual([checkExtension(machine.vm, 240), checkExtension(machine.vm, 241)], [0, 0]);
  });
});
