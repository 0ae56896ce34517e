import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Distributor } from '../../emulator/kvm/vgic/distributor.ts';
import { listRegister, type VirtualInterface } from '../../emulator/kvm/vgic/list-registers.ts';
import { Redistributor } from '../../emulator/kvm/vgic/redistributor.ts';
import { sendSgi } from '../../emulator/kvm/vgic/sgi.ts';
import { Vgic, VgicCpu } from '../../emulator/kvm/vgic/vgic.ts';

/** List registers as plain words. */
class Lists implements VirtualInterface {
  readonly listRegisters = 4;
  readonly low = [0, 0, 0, 0];
  readonly high = [0, 0, 0, 0];
  control = 0;
  mask = 0xf8;
  readListLow = (i: number): number => this.low[i]!;
  readListHigh = (i: number): number => this.high[i]!;
  writeList = (i: number, low: number, high: number): void => {
    this.low[i] = low;
    this.high[i] = high;
  };
  writeControl = (value: number): void => {
    this.control = value;
  };
  priorityMask = (): number => this.mask;
  /** The guest acknowledges what is in list register i. */
  acknowledge(i: number): void {
    this.high[i] = (this.high[i]! & ~listRegister.pending) | listRegister.active;
  }
  end(i: number): void {
    this.high[i] = this.high[i]! & ~listRegister.active;
  }
}

function gic(cpus = 1) {
  const vgic = new Vgic(224);
  const lists = Array.from({ length: cpus }, () => new Lists());
  const all = lists.map((l, i) => new VgicCpu(i, i, l));
  for (const cpu of all) vgic.addCpu(cpu);
  vgic.setEnabled(true);
  return { vgic, lists, cpus: all, distributor: new Distributor(vgic), redistributors: all.map((c) => new Redistributor(vgic, c)) };
}

const ISENABLER = 0x100;
const SGI_FRAME = 0x10000;

describe('distributor registers', () => {
  test('CTLR: affinity routing and DS read as one, only EnableGrp1 is writable', () => {
    const { distributor, vgic } = gic();
    distributor.write(0, 4, 0);
    assert.equal(distributor.read(0, 4), 0x50);
    distributor.write(0, 4, 0xffffffff);
    assert.equal(distributor.read(0, 4), 0x52);
    assert.equal(vgic.enabled, true);
  });
  test('TYPER: 256 INTIDs, 10 bits; IIDR and PIDR2 are KVM’s', () => {
    const { distributor } = gic();
    assert.equal(distributor.read(4, 4), (9 << 19) | 7);
    assert.equal(distributor.read(8, 4), 0x4b00343b);
    assert.equal(distributor.read(0xffe8, 4), 0x3b);
  });
  test('private interrupts have no state here', () => {
    const { distributor } = gic();
    distributor.write(ISENABLER, 4, 0xffffffff);
    assert.equal(distributor.read(ISENABLER, 4), 0);
  });
  test('enable, priority (five bits), configuration, group of an SPI', () => {
    const { distributor } = gic();
    distributor.write(ISENABLER + 4, 4, 2);
    assert.equal(distributor.read(0x180 + 4, 4), 2);
    distributor.write(0x400 + 33, 1, 0xa7);
    assert.equal(distributor.read(0x400 + 33, 1), 0xa0);
    assert.equal(distributor.read(0x400 + 32, 4), 0xa000);
    distributor.write(0xc00 + 8, 4, 2 << 2);
    assert.equal(distributor.read(0xc00 + 8, 4), 8);
    assert.equal(distributor.read(0x80 + 4, 4) >>> 0, 0xffffffff);
    distributor.write(0x180 + 4, 4, 2);
    assert.equal(distributor.read(ISENABLER + 4, 4), 0);
  });
  test('byte access is for priorities only', () => {
    const { distributor } = gic();
    distributor.write(ISENABLER + 4, 1, 2);
    assert.equal(distributor.read(ISENABLER + 4, 4), 0);
    assert.equal(distributor.read(4, 1), 0);
  });
});

describe('redistributor registers', () => {
  test('TYPER: processor number, LAST on the last one, affinity in the high word', () => {
    const { redistributors } = gic(2);
    assert.deepEqual([redistributors[0]!.read(8, 4), redistributors[0]!.read(12, 4)], [0, 0]);
    assert.deepEqual([redistributors[1]!.read(8, 4), redistributors[1]!.read(12, 4)], [0x110, 1]);
  });
  test('WAKER never sleeps', () => assert.equal(gic().redistributors[0]!.read(0x14, 4), 0));
  test('SGIs are enabled and edge-triggered, PPIs keep their configuration', () => {
    const { redistributors } = gic();
    const [r] = redistributors;
    assert.equal(r!.read(SGI_FRAME + ISENABLER, 4), 0xffff);
    assert.equal(r!.read(SGI_FRAME + 0xc00, 4) >>> 0, 0xaaaaaaaa);
    r!.write(SGI_FRAME + 0xc04, 4, 0xffffffff);
    assert.equal(r!.read(SGI_FRAME + 0xc04, 4), 0);
  });
});

describe('interrupt life cycle', () => {
  const enabled = (intid: number) => {
    const g = gic();
    if (intid < 32) g.redistributors[0]!.write(SGI_FRAME + ISENABLER, 4, 1 << intid);
    else g.distributor.write(ISENABLER + 4 * (intid >> 5), 4, 1 << (intid & 31));
    return { ...g, cpu: g.cpus[0]!, lists: g.lists[0]! };
  };

  test('level: pending with EOI maintenance; active is not pending again; a line still high comes back after the end', () => {
    const { vgic, cpu, lists } = enabled(33);
    vgic.irq(undefined, 33)!.config = 'level';
    vgic.inject(undefined, 33, true);
    vgic.flush(cpu);
    assert.equal(lists.low[0], 33);
    assert.equal(lists.high[0], listRegister.pending | listRegister.group1 | listRegister.eoi);
    lists.acknowledge(0);
    vgic.fold(cpu);
    vgic.flush(cpu);
    assert.equal(lists.high[0]! & (listRegister.pending | listRegister.active), listRegister.active | 0);
    lists.end(0);
    vgic.fold(cpu);
    vgic.flush(cpu);
    assert.equal(lists.high[0]! & listRegister.pending, listRegister.pending);
    vgic.inject(undefined, 33, false);
    vgic.flush(cpu);
    assert.equal(lists.high[0], 0);
  });

  test('edge: an SGI that arrives while active is active and pending', () => {
    const { vgic, cpu, lists } = enabled(0);
    sendSgi(vgic, cpu, 1n, true);
    vgic.flush(cpu);
    lists.acknowledge(0);
    vgic.fold(cpu);
    sendSgi(vgic, cpu, 1n, true);
    vgic.flush(cpu);
    assert.equal(lists.high[0]! & (listRegister.pending | listRegister.active), listRegister.pending | listRegister.active);
  });

  test('flushing and folding again changes nothing', () => {
    const { vgic, cpu, lists } = enabled(27);
    sendSgi(vgic, cpu, 1n | (3n << 24n), true);
    vgic.inject(cpu, 27, true);
    vgic.flush(cpu);
    const before = [...lists.low, ...lists.high];
    for (let i = 0; i < 3; i++) {
      vgic.fold(cpu);
      vgic.flush(cpu);
    }
    assert.deepEqual([...lists.low, ...lists.high], before);
  });

  test('disabled interrupts and a disabled distributor stay out', () => {
    const { vgic, cpu, lists } = gicWithPending();
    assert.equal(lists.high[0], 0);
    assert.equal(vgic.hasPending(cpu), false);
  });

  function gicWithPending() {
    const { vgic, cpus, lists } = gic();
    vgic.inject(undefined, 40, true);
    vgic.flush(cpus[0]!);
    return { vgic, cpu: cpus[0]!, lists: lists[0]! };
  }

  test('more interrupts than list registers: the most urgent go in, and underflow asks for maintenance', () => {
    const g = gic();
    const cpu = g.cpus[0]!;
    g.distributor.write(ISENABLER + 4, 4, 0xff);
    for (let i = 0; i < 6; i++) {
      g.distributor.write(0x400 + 32 + i, 1, 0xf0 - i * 8);
      g.vgic.inject(undefined, 32 + i, true);
    }
    g.vgic.flush(cpu);
    assert.deepEqual(g.lists[0]!.low, [37, 36, 35, 34]);
    assert.equal(g.lists[0]!.control, 3);
  });

  test('hasPending follows the priority mask', () => {
    const { vgic, cpu, lists, redistributors } = enabled(27);
    redistributors[0]!.write(SGI_FRAME + 0x400 + 27, 1, 0xa0);
    vgic.inject(cpu, 27, true);
    lists.mask = 0xa0;
    assert.equal(vgic.hasPending(cpu), false);
    lists.mask = 0xa8;
    assert.equal(vgic.hasPending(cpu), true);
  });

  test('IROUTER moves an SPI; an affinity nobody has keeps it', () => {
    const g = gic(2);
    g.vgic.irq(undefined, 33)!.config = 'level';
    g.distributor.write(ISENABLER + 4, 4, 2);
    g.distributor.write(0x6000 + 33 * 8, 4, 1);
    g.vgic.inject(undefined, 33, true);
    g.vgic.flush(g.cpus[0]!);
    g.vgic.flush(g.cpus[1]!);
    assert.deepEqual([g.lists[0]!.low[0], g.lists[1]!.low[0]], [0, 33]);
    g.distributor.write(0x6000 + 33 * 8, 4, 7);
    g.vgic.flush(g.cpus[1]!);
    assert.equal(g.lists[1]!.high[0], 0);
    g.distributor.write(0x6000 + 33 * 8, 4, 0);
    g.vgic.flush(g.cpus[0]!);
    assert.equal(g.lists[0]!.low[0], 33);
  });
});

describe('software-generated interrupts', () => {
  const pending = (g: ReturnType<typeof gic>): number[] => g.cpus.map((c) => c.privateIrqs.findIndex((i) => i.pendingLatch));

  test('target list of a cluster', () => {
    const g = gic(4);
    sendSgi(g.vgic, g.cpus[0]!, (2n << 24n) | 0b1010n, true);
    assert.deepEqual(pending(g), [-1, 2, -1, 2]);
  });
  test('IRM: all but the sender', () => {
    const g = gic(4);
    sendSgi(g.vgic, g.cpus[1]!, (1n << 40n) | (5n << 24n), true);
    assert.deepEqual(pending(g), [5, -1, 5, 5]);
  });
  test('another cluster or Aff3: nobody', () => {
    const g = gic(4);
    sendSgi(g.vgic, g.cpus[0]!, (1n << 16n) | 15n, true);
    sendSgi(g.vgic, g.cpus[0]!, (1n << 48n) | 15n, true);
    assert.deepEqual(pending(g), [-1, -1, -1, -1]);
  });
  test('a Group 0 request does not raise a Group 1 SGI', () => {
    const g = gic();
    sendSgi(g.vgic, g.cpus[0]!, 1n, false);
    assert.deepEqual(pending(g), [-1]);
  });
});
