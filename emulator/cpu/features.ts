import { featureFields, offersFeature } from '../isa/registers/features.ts';

/** What a processor offers, from the values of its ID registers (those of the silicon; KVM may show its guest less). */
export class Features {
  private readonly offered: ReadonlySet<string>;
  readonly pan: boolean;
  readonly uao: boolean;
  readonly dit: boolean;
  readonly ssbs: boolean;
  readonly mte: boolean;
  readonly bti: boolean;
  readonly ras: boolean;
  readonly pauth: boolean;
  readonly idst: boolean;
  readonly doubleFault2: boolean;

  /** @param read Value of an ID register by name. */
  constructor(read: (register: string) => bigint) {
    this.offered = new Set(Object.keys(featureFields).filter((feature) => offersFeature(feature, read)));
    this.pan = this.has('FEAT_PAN');
    this.uao = this.has('FEAT_UAO');
    this.dit = this.has('FEAT_DIT');
    this.ssbs = this.has('FEAT_SSBS');
    this.mte = this.has('FEAT_MTE2');
    this.bti = this.has('FEAT_BTI');
    this.ras = this.has('FEAT_RAS');
    this.pauth = this.has('FEAT_PAuth');
    this.idst = this.has('FEAT_IDST');
    this.doubleFault2 = this.has('FEAT_DoubleFault2');
  }

  /** Names of all that are offered. */
  get names(): readonly string[] {
    return [...this.offered];
  }

  /** Whether FEAT_* is offered. Throws for a name without a row in `featureFields`: it would be silently UNDEFINED. */
  has(feature: string): boolean {
    if (!(feature in featureFields)) throw new Error(`no ID register field is known for ${feature}`);
    return this.offered.has(feature);
  }
}
