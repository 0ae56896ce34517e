import { armLdst64b, armNisv } from '../kvm/exits/arm-nisv.ts';
import { debug } from '../kvm/exits/debug.ts';
import { decodeExit } from '../kvm/exits/index.ts';
import { mmio, mmioAt } from '../kvm/exits/mmio.ts';
import { systemEvent, systemEventAt, systemEventExit } from '../kvm/exits/system-event.ts';
import type { Vcpu } from '../kvm/vcpu.ts';
import { setVcpuEvents } from '../kvm/vcpu-events.ts';
import type { Bus } from './bus.ts';

/** What user space does after it handled an exit. */
export type Handled =
  | { readonly kind: 'continue' }
  | { readonly kind: 'power-off' }
  | { readonly kind: 'reset' }
  | { readonly kind: 'fatal'; readonly message: string };

const goOn: Handled = { kind: 'continue' };

/** Acts on an exit of KVM_RUN as a VMM does: emulates devices, ends the machine. */
export function handleExit(vcpu: Vcpu, bus: Bus): Handled {
  const { run } = vcpu;
  switch (run.exitReason) {
    case mmio.number:
      return handleMmio(vcpu, bus);
    case systemEventExit.number:
      return handleSystemEvent(run.getNumber(systemEventAt.type, 4));
    case armNisv.number:
    case armLdst64b.number:
      // There is no device that takes such an access: the guest gets an external abort, as from a bus.
      setVcpuEvents(vcpu, { extDabtPending: true });
      return goOn;
    case debug.number:
      return goOn;
    default: {
      const { name, summary } = decodeExit(run);
      return { kind: 'fatal', message: `user space has no answer to ${name}: ${summary}` };
    }
  }
}

function handleMmio(vcpu: Vcpu, bus: Bus): Handled {
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
  if (!answered) setVcpuEvents(vcpu, { extDabtPending: true });
  return goOn;
}

function handleSystemEvent(type: number): Handled {
  switch (type) {
    case systemEvent.SHUTDOWN:
      return { kind: 'power-off' };
    case systemEvent.RESET:
      return { kind: 'reset' };
    default:
      return { kind: 'fatal', message: `the guest caused system event ${type}, which this machine does not handle` };
  }
}
