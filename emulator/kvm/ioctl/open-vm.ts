import { KvmError } from '../errno.ts';
import type { Vcpu } from '../vcpu.ts';
import { Vm } from '../vm.ts';
import type { VmidAllocator } from '../vmid.ts';
import type { FileTable } from './file-table.ts';
import type { KvmHost } from './host.ts';
import type { UserMemory } from './user-memory.ts';

/** The process that makes the calls. */
export interface Process {
  readonly host: KvmHost;
  readonly memory: UserMemory;
  readonly files: FileTable;
  readonly vmids: VmidAllocator;
  /** Instructions that KVM_RUN executes before a signal interrupts it. */
  patience: number;
}

/** A VM of the process, while a file of it is open. */
export class OpenVm {
  readonly vm: Vm;
  private references = 0;

  constructor(
    readonly process: Process,
    ipaBits: number,
  ) {
    const { host, vmids } = process;
    this.vm = new Vm({
      ...{ clock: host.clock, host: host.memory, features: host.features, kernel: host.kernel, epoch: host.epoch, seed: host.seed },
      ...{ ipaBits, vmids, mappings: host.mappings, userBase: host.userBase },
      ...(host.apei ? { apei: host.apei } : {}),
      ...(host.pfnmapPolicy ? { pfnmapPolicy: host.pfnmapPolicy } : {}),
      invalidate: () => host.invalidate(),
      release: (address, bytes) => host.release(address, bytes),
    });
  }

  /** A file of the VM was opened. */
  acquire(): void {
    this.references++;
  }

  /** A file of the VM was closed; the last one ends the VM. */
  release(): void {
    if (--this.references > 0) return;
    this.vm.destroy();
    for (const { processor } of this.vm.vcpus) this.process.host.returnProcessor(processor);
  }

  /** @throws KvmError as `Vm.createVcpu`; ENOMEM when the host has no processor left. */
  createVcpu(id: number): Vcpu {
    const { host } = this.process;
    const processor = host.takeProcessor();
    if (!processor) throw new KvmError('ENOMEM', `KVM_CREATE_VCPU of vCPU ${id}`);
    try {
      return this.vm.createVcpu(processor, id);
    } catch (error) {
      host.returnProcessor(processor);
      throw error;
    }
  }
}
