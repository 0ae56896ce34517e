import { decodeExit } from '../../kvm/exits/index.ts';
import { mmio, mmioAt } from '../../kvm/exits/mmio.ts';
import type { Vcpu } from '../../kvm/vcpu.ts';
import { setVcpuEvents } from '../../kvm/vcpu-events.ts';
import type { Bus } from '../bus.ts';
import type { ExitAnswer } from './answer.ts';
import { injectInstructionAbortByHand } from './instruction-abort.ts';
import { seaRecord } from './sea-record.ts';

/** What user space does after it handled an exit. */
export type Handled =
  | { readonly kind: 'continue' }
  | { readonly kind: 'power-off' }
  | { readonly kind: 'reset' }
  | { readonly kind: 'fatal'; readonly message: string };

export const goOn: Handled = { kind: 'continue' };

/**
 * Does one thing about the exit in `kvm_run`.
 * @throws KvmError where KVM refuses it, Error where it means nothing at this exit.
 */
export function perform(vcpu: Vcpu, bus: Bus, answer: ExitAnswer): Handled {
  switch (answer.kind) {
    case 'emulate':
      emulate(vcpu, bus);
      break;
    case 'inject':
      injectAbort(vcpu, seaRecord(vcpu.run)?.fetch ?? false);
      break;
    case 'inject-dabt':
      injectAbort(vcpu, false);
      break;
    case 'inject-iabt':
      injectAbort(vcpu, true);
      break;
    case 'inject-serror':
      injectSError(vcpu, answer.iss);
      standStill(vcpu);
      break;
    case 'complete':
      complete(vcpu, answer.value);
      break;
    case 'resume':
      standStill(vcpu);
      break;
    case 'terminate': {
      const { name, summary } = decodeExit(vcpu.run);
      return { kind: 'fatal', message: `user space ended the machine at ${name}: ${summary}` };
    }
  }
  return goOn;
}

/** @throws KvmError EINVAL for a syndrome that the host cannot give. */
export function injectSError(vcpu: Vcpu, iss: bigint | undefined): void {
  setVcpuEvents(vcpu, { serrorPending: true, ...(iss === undefined ? {} : { serrorHasEsr: true, serrorEsr: iss }) });
}

export function injectAbort(vcpu: Vcpu, instruction: boolean): void {
  if (!instruction) setVcpuEvents(vcpu, { extDabtPending: true });
  else if (vcpu.vm.kernel.vcpuEvents.extIabtPending) setVcpuEvents(vcpu, { extIabtPending: true });
  else injectInstructionAbortByHand(vcpu);
}

/** The guest comes back to the same instruction: time goes on all the same, so that its turn ends. KVM has seen to that where the exit is KVM_EXIT_ARM_SEA. */
function standStill(vcpu: Vcpu): void {
  if (!vcpu.pendingMmio && !seaRecord(vcpu.run)) vcpu.chargeStanding();
}

/** KVM finishes the access at the next KVM_RUN with what is in `kvm_run` then. */
function complete({ run, pendingMmio }: Vcpu, value: bigint | undefined): void {
  if (!pendingMmio || run.exitReason !== mmio.number) throw new Error('there is no access to complete at this exit');
  if (pendingMmio.write) {
    if (value !== undefined) throw new Error('a store takes no value: complete it without one, and it goes nowhere');
    return;
  }
  if (value === undefined) throw new Error(`the load needs a value of ${pendingMmio.length} bytes`);
  if (value >> BigInt(pendingMmio.length * 8) !== 0n)
    throw new Error(`0x${value.toString(16)} does not fit into the ${pendingMmio.length} bytes of the load`);
  run.set(mmioAt.data, 8, value);
}

function emulate(vcpu: Vcpu, bus: Bus): void {
  const { run } = vcpu;
  const address = run.getAddress(mmioAt.physAddr);
  const length = run.getNumber(mmioAt.length, 4);
  let answered = true;
  // Registers have 32 bits: an access of 8 bytes is two.
  for (let at = 0; at < length && answered; at += 4) {
    const data = mmioAt.data + at;
    if (run.getNumber(mmioAt.isWrite, 1)) answered = bus.write(address + at, run.getNumber(data, 4));
    else {
      const value = bus.read(address + at, Math.min(length, 4));
      if (value === undefined) answered = false;
      else run.setNumber(data, 4, value);
    }
  }
  // Nothing at that address: the guest takes a synchronous external abort, as it does on the board.
  if (!answered) injectAbort(vcpu, false);
}
