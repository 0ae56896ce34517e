import { R } from '../cpu/registers.ts';
import type { CpuState } from '../cpu/state.ts';
import { LIST_REGISTERS } from '../isa/registers/virtual-interface.ts';
import type { VirtualInterface } from './vgic/list-registers.ts';

/** The ICH_* registers of a vCPU as the vGIC writes them before entry and reads them after exit. */
export class InterfaceRegisters implements VirtualInterface {
  readonly listRegisters = LIST_REGISTERS;

  constructor(private readonly state: CpuState) {}

  readListLow(index: number): number {
    return this.state.systemLow(R.ICH_LR0_EL2 + index);
  }

  readListHigh(index: number): number {
    return this.state.systemHigh(R.ICH_LR0_EL2 + index);
  }

  writeList(index: number, low: number, high: number): void {
    this.state.setSystemWords(R.ICH_LR0_EL2 + index, low, high);
  }

  writeControl(value: number): void {
    this.state.setSystemWords(R.ICH_HCR_EL2, value, 0);
  }

  priorityMask(): number {
    return this.state.systemLow(R.ICH_VMCR_EL2) >>> 24;
  }
}
