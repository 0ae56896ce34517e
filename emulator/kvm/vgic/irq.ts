/** Interrupt trigger types (ICFGR). */
export type IrqConfig = 'level' | 'edge';

export const SGI_COUNT = 16;
export const PRIVATE_IRQ_COUNT = 32;
export const SPURIOUS_INTID = 1023;

/** Only PPIs are level-triggered until the guest says so. */
const configAtReset = (intid: number): IrqConfig => (intid >= SGI_COUNT && intid < PRIVATE_IRQ_COUNT ? 'level' : 'edge');

/**
 * One interrupt as KVM keeps it (`struct vgic_irq`). While a list register holds it, the list register's pending and active bits are ahead of what is here:
 * they are folded back when the vCPU exits.
 */
export class VgicIrq<Cpu> {
  config: IrqConfig;
  enabled: boolean;
  /** Level of the input line; level-triggered only. */
  lineLevel = false;
  /** Pending by an edge, by ISPENDR or by an SGI. */
  pendingLatch = false;
  active = false;
  /** Only the top five bits are implemented. */
  priority = 0;
  /** Group 1 after reset: everything a single-security-state guest uses. */
  group = 1;
  /** Whose list of active and pending interrupts holds it. */
  listedOn: Cpu | undefined;
  /** Where it goes when it becomes pending; undefined: routed to no existing vCPU. */
  target: Cpu | undefined;
  /** IROUTER: affinity, Aff0 to Aff2 in bits 23:0. */
  route = 0;

  constructor(
    readonly intid: number,
    target: Cpu | undefined,
  ) {
    this.target = target;
    this.config = configAtReset(intid);
    // KVM: SGIs are always enabled after reset, everything else is disabled.
    this.enabled = intid < SGI_COUNT;
  }

  get pending(): boolean {
    return this.pendingLatch || (this.config === 'level' && this.lineLevel);
  }

  reset(): void {
    this.config = configAtReset(this.intid);
    this.enabled = this.intid < SGI_COUNT;
    this.lineLevel = this.pendingLatch = this.active = false;
    this.priority = 0;
    this.group = 1;
    this.listedOn = undefined;
    this.route = 0;
  }
}

/** Implemented bits of a priority: 5, as many as the list registers compare. */
export const PRIORITY_MASK = 0xf8;
