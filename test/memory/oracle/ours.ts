import type { MmuFeatures } from '../../../emulator/memory/features.ts';
import { Mmu } from '../../../emulator/memory/mmu.ts';
import { PhysicalMemory } from '../../../emulator/memory/physical-memory.ts';
import { slots } from '../../../emulator/translate/layout.ts';
import { Registers } from '../situation.ts';
import { type OracleCase, operations, oracleCase, registerNames, WINDOW_BYTES } from './cases.ts';

/** What a query gives that is an exception and no PAR_EL1. */
export const EXCEPTION = 0xffff_ffff_ffff_ffffn;
const EL2H = 9;

/** PAR_EL1 of every query of a case, by this emulator. */
export class OurAnswers {
  readonly physical = new PhysicalMemory({ dramBytes: WINDOW_BYTES, vcpus: 1, codeBytes: 0, contexts: 2 });
  readonly registers = new Registers();
  readonly mmu: Mmu;
  private readonly host: number;

  constructor(private readonly features: MmuFeatures) {
    this.mmu = new Mmu(
      this.physical,
      features,
      { fault() {} },
      { recordsOf: () => 0, holdsCode: () => false, written() {}, hasBreakpoint: () => false },
    );
    this.host = this.physical.allocate(WINDOW_BYTES, 2 * 1024 * 1024);
  }

  /** Puts the registers and tables of a case into place; what it asks. */
  load(seed: number): OracleCase['queries'] {
    const { registers, writes, queries } = oracleCase(seed, this.features, this.physical.physical(this.host));
    this.physical.bytes.fill(0, this.host, this.host + WINDOW_BYTES);
    const view = new DataView(this.physical.memory.buffer);
    for (const [address, value] of writes) view.setBigUint64(this.physical.hostOf(address), value, true);
    registers.forEach((value, n) => {
      this.registers.set(registerNames[n]!, value);
    });
    this.registers.setWords(slots.pstate, EL2H, 0);
    this.mmu.invalidateAll();
    return queries;
  }

  answers(seed: number): bigint[] {
    return this.load(seed).map(({ va, operation }) => this.mmu.translateAddress(this.registers, operations[operation]!, va) ?? EXCEPTION);
  }
}
