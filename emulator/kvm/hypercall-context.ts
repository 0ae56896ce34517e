import { SYSTEM_EVENT_BYTES, systemEvent, systemEventAt, systemEventExit } from './exits/system-event.ts';
import type { HypercallContext } from './hypercalls/context.ts';
import { mpState } from './mp-state.ts';
import type { Vcpu } from './vcpu.ts';
import type { Vm } from './vm.ts';

/** A hypercall being performed for a vCPU. */
export class VcpuHypercall implements HypercallContext {
  /** The call ends KVM_RUN. */
  leaves = false;

  constructor(private readonly vcpu: Vcpu) {}

  get vm(): Vm {
    return this.vcpu.vm;
  }

  get index(): number {
    return this.vcpu.index;
  }

  x(n: number): bigint {
    return this.vcpu.state.get(n);
  }

  setX(n: number, value: bigint): void {
    this.vcpu.state.set(n, BigInt.asUintN(64, value));
  }

  stop(): void {
    this.vcpu.mpState = mpState.STOPPED;
  }

  wait(): void {
    this.vcpu.wait();
  }

  systemEvent(type: number, flags: bigint): void {
    if (type !== systemEvent.SUSPEND) for (const other of this.vm.vcpus) other.mpState = mpState.STOPPED;
    const { run } = this.vcpu;
    run.begin(systemEventExit.number, SYSTEM_EVENT_BYTES);
    run.setNumber(systemEventAt.type, 4, type);
    if (type !== systemEvent.SUSPEND) {
      run.setNumber(systemEventAt.count, 4, 1);
      run.set(systemEventAt.data, 8, flags);
    }
    this.leaves = true;
  }
}
