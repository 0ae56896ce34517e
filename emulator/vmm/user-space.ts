import { debug } from '../kvm/exits/debug.ts';
import { decodeExit, exitDefinition } from '../kvm/exits/index.ts';
import { systemEvent, systemEventAt, systemEventExit } from '../kvm/exits/system-event.ts';
import type { Vcpu } from '../kvm/vcpu.ts';
import type { Bus } from './bus.ts';
import { answerable, type ExitAnswer } from './exits/answer.ts';
import { goOn, type Handled, perform } from './exits/perform.ts';
import { type ExitPolicies, ownAnswer } from './exits/policy.ts';

/** An exit that user space has still to handle. `message`: KVM_RUN failed, there is no way to handle it. */
export interface UnhandledExit {
  readonly vcpu: Vcpu;
  readonly message?: string;
}

/** User space's end of KVM_RUN: what is done about exits, by the policies of the launch or by hand. */
export class UserSpace {
  /** The debugger looks at it first. */
  private waiting: UnhandledExit | undefined;
  /** What was done by hand about the exit that each vCPU's `kvm_run` still holds. */
  private readonly answered = new Map<Vcpu, string>();
  /** Chooses the answer to an exit before the policies do. */
  choose: ((vcpu: Vcpu) => ExitAnswer | undefined) | undefined;

  constructor(
    private readonly bus: Bus,
    private readonly policies: ExitPolicies,
  ) {}

  reset(): void {
    this.waiting = undefined;
    this.answered.clear();
  }

  /** `kvm_run` holds another exit than before. */
  arrived({ vcpu }: UnhandledExit): void {
    this.answered.delete(vcpu);
  }

  /** The exit stays unhandled until the next run. */
  hold(exit: UnhandledExit): void {
    this.waiting = exit;
  }

  /** The exit that was held; it is the caller's to handle now. */
  release(): UnhandledExit | undefined {
    const { waiting } = this;
    this.waiting = undefined;
    return waiting;
  }

  /** What was done by hand about the exit in `kvm_run`. */
  answerOf(vcpu: Vcpu): string | undefined {
    return this.answered.get(vcpu);
  }

  /** Acts on an exit of KVM_RUN as a VMM does: emulates devices, injects, ends the machine. */
  handle({ vcpu, message }: UnhandledExit): Handled {
    return message === undefined ? this.byItself(vcpu) : { kind: 'fatal', message };
  }

  /**
   * Answers the exit that the vCPU stands at, so that the next run does not. What ends the machine does so at the next run.
   * @throws KvmError where KVM refuses it.
   */
  answer(vcpu: Vcpu, answer: ExitAnswer, account: string): void {
    const handled = perform(vcpu, this.bus, answer);
    this.answered.set(vcpu, account);
    this.waiting = handled.kind === 'fatal' ? { vcpu, message: handled.message } : undefined;
  }

  /** Why the vCPU stands at no exit that could be answered; undefined: it does. */
  objection(vcpu: Vcpu): string | undefined {
    const done = this.answered.get(vcpu);
    if (done !== undefined) return `the exit has been answered already (${done}): continue or step`;
    if (this.waiting?.vcpu !== vcpu)
      return `vCPU ${vcpu.index} is not stopped at an exit: switch on a filter such as KVM_EXIT_MMIO and continue`;
    return this.waiting.message;
  }

  private byItself(vcpu: Vcpu): Handled {
    const { run } = vcpu;
    const definition = exitDefinition(run);
    const exit = definition && answerable(definition.name);
    if (exit) return perform(vcpu, this.bus, this.choose?.(vcpu) ?? ownAnswer(exit, this.policies));
    switch (run.exitReason) {
      case systemEventExit.number:
        return handleSystemEvent(run.getNumber(systemEventAt.type, 4));
      case debug.number:
        return goOn;
      default: {
        const { name, summary } = decodeExit(run);
        return { kind: 'fatal', message: `user space has no answer to ${name}: ${summary}` };
      }
    }
  }
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
