import { KvmError } from './errno.ts';
import { kvmRun as at } from './exits/layout.ts';
import { interrupted, unknown } from './exits/plain.ts';
import type { Vcpu } from './vcpu.ts';
import { requireInitialized } from './vcpu-init.ts';

/**
 * KVM_RUN as ioctl(2) has it (`kvm_arch_vcpu_ioctl_run`): returns with an exit in `kvm_run`. The other vCPUs of the VM stand still meanwhile: each has a thread of its own, which
 * makes its own call.
 * @param patience Instructions until a signal comes.
 * @throws KvmError ENOEXEC before KVM_ARM_VCPU_INIT; EINTR for `immediate_exit`, a signal, or a vCPU that nothing wakes; what the handling of an exit failed with; for the
 * first run what `prepareFirstRun` throws.
 */
export function kvmRun(vcpu: Vcpu, patience: number): void {
  requireInitialized(vcpu, 'KVM_RUN');
  prepareFirstRun(vcpu);
  const { run, vm } = vcpu;
  vcpu.finishExit();
  if (run.immediateExit) throw new KvmError('EINTR', 'KVM_RUN with immediate_exit');
  run.setNumber(at.exitReason, 4, unknown.number);
  run.setNumber(at.flags, 2, 0);
  try {
    enter(vcpu, patience);
  } finally {
    if (!vm.irqchip) run.set(at.deviceIrqLevel, 8, BigInt(vcpu.timers.levels));
  }
}

/**
 * What is checked when a vCPU runs for the first time (`kvm_arch_vcpu_run_pid_change`).
 * @throws KvmError as `Vm.mapVgic`; EINVAL where two timers share an interrupt.
 */
function prepareFirstRun(vcpu: Vcpu): void {
  if (vcpu.hasRun) return;
  const { vm } = vcpu;
  try {
    vm.mapVgic();
  } catch (error) {
    vm.dead = true;
    throw error;
  }
  const { virtual, physical } = vm.timerIrqs;
  if (vm.irqchip && virtual === physical) throw new KvmError('EINVAL', `two timers have the interrupt ${virtual}`);
  vcpu.hasRun = true;
  vm.hasRun = true;
}

function enter(vcpu: Vcpu, patience: number): void {
  const { clock } = vcpu.vm;
  const limit = clock.instructions + patience;
  while (clock.instructions < limit) {
    const outcome = vcpu.enter(limit - clock.instructions);
    switch (outcome.kind) {
      case 'waiting': {
        const next = vcpu.nextEvent();
        if (next === Number.POSITIVE_INFINITY) {
          // The signal ends the WFI, too; one that is stepped over is done.
          vcpu.stopWaiting();
          if (vcpu.guestDebug.singleStep) break;
          interrupt(vcpu);
        }
        clock.idle += Math.max(0, next - clock.now);
        break;
      }
      case 'stopped':
      case 'interrupted':
        interrupt(vcpu);
        break;
      case 'exit':
      case 'fatal':
        return;
      case 'error':
        throw new KvmError(outcome.errno, outcome.message);
      default:
        // The vCPU gives way, or a debugger looked: on it goes.
        break;
    }
  }
  interrupt(vcpu);
}

/** A signal ends KVM_RUN. */
function interrupt(vcpu: Vcpu): never {
  vcpu.signalled();
  vcpu.run.setNumber(at.exitReason, 4, interrupted.number);
  throw new KvmError('EINTR', 'KVM_RUN');
}
