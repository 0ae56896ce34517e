import { decodeExit } from '../../kvm/exits/index.ts';
import { isSErrorPending } from '../../kvm/inject.ts';
import type { Vcpu } from '../../kvm/vcpu.ts';
import { slots } from '../../translate/layout.ts';
import { type AnswerKind, answersTo, type ExitAnswer } from '../../vmm/exits/answer.ts';
import { injectAbort, injectSError } from '../../vmm/exits/perform.ts';
import type { UserSpace } from '../../vmm/user-space.ts';
import { hex } from '../expression/format.ts';
import type { Evaluate, Intervention } from '../intervention.ts';
import { dirtyLog } from './dirty-log.ts';
import type { PoisonBook } from './poison.ts';

/** Does it; what it came to, one line. @throws Error that says why it cannot be done, and what to do about that. */
export function intervene(userSpace: UserSpace, book: PoisonBook, vcpu: Vcpu, intervention: Intervention, evaluate: Evaluate): string {
  switch (intervention.kind) {
    case 'answer':
      return answerExit(userSpace, vcpu, intervention.answer, intervention.anyway ?? false);
    case 'dirty-log':
      return dirtyLog(vcpu.vm, intervention.slot, intervention.action);
    case 'complete': {
      const { value } = intervention;
      return answerExit(userSpace, vcpu, { kind: 'complete', ...(value === undefined ? {} : { value: evaluate(value) }) }, false);
    }
    case 'poison':
      return book.add(vcpu.index, intervention, evaluate);
    case 'clear-poison':
      return book.clear(intervention.id);
  }
}

function answerExit(userSpace: UserSpace, vcpu: Vcpu, answer: ExitAnswer, anyway: boolean): string {
  const objection = userSpace.objection(vcpu);
  const fits = objection === undefined && answersAt(vcpu).includes(answer.kind);
  const pc = vcpu.state.get(slots.pc);
  if (answer.kind === 'inject-serror' && !fits) injectSError(vcpu, answer.iss);
  else if (objection === undefined) {
    if (!fits && !(anyway && isAbort(answer))) throw new Error(noAnswer(vcpu, answer.kind));
    userSpace.answer(vcpu, answer, answer.kind);
  } else if (anyway && isAbort(answer)) injectAbort(vcpu, answer.kind === 'inject-iabt');
  else throw new Error(objection);
  return account(vcpu, answer, pc);
}

const isAbort = ({ kind }: ExitAnswer): boolean => kind === 'inject-dabt' || kind === 'inject-iabt';

/** Answers to the exit in `kvm_run`. */
const answersAt = ({ run }: Vcpu): readonly AnswerKind[] => answersTo(decodeExit(run).name);

function noAnswer(vcpu: Vcpu, kind: AnswerKind): string {
  const { name } = decodeExit(vcpu.run);
  const known = answersAt(vcpu);
  return known.length > 0
    ? `${kind} is no answer to ${name}: ${known.join(', ')} are`
    : `${name} is handled by the VMM alone: continue or step`;
}

/** What became of it, read where it can be read. `pc` is from before. */
function account(vcpu: Vcpu, answer: ExitAnswer, pc: bigint): string {
  switch (answer.kind) {
    case 'inject':
    case 'inject-dabt':
    case 'inject-iabt':
      return `external abort injected: ${taken(vcpu, pc)}`;
    case 'inject-serror':
      return isSErrorPending(vcpu)
        ? `SError pending until PSTATE.A lets it be taken: HCR_EL2.VSE = 1, VSESR_EL2 = ${hex(vcpu.state.named('VSESR_EL2'))}`
        : `SError injected: ${taken(vcpu, pc)}`;
    case 'complete':
      return answer.value === undefined ? 'the store goes to no device' : `the load gets ${hex(answer.value)}`;
    case 'emulate':
      return 'the devices answered';
    case 'resume':
      return 'KVM_RUN goes on with kvm_run as it is';
    case 'terminate':
      return 'the machine ends when it goes on';
  }
}

/** The exception the guest has taken, as its handler finds it, or that it takes when it runs. */
function taken({ state, exception }: Vcpu, pc: bigint): string {
  const now = state.get(slots.pc);
  if (!exception.isPending && now === pc) return 'nothing, its tables do not lead to the address any more: the guest tries again';
  const syndrome = ['ESR_EL1', 'FAR_EL1'].map((name) => `${name} = ${hex(state.named(name))}`);
  if (exception.isPending) return [...syndrome, 'the guest enters its vector when it runs'].join(', ');
  const entry = ['ELR_EL1', 'SPSR_EL1'].map((name) => `${name} = ${hex(state.named(name))}`);
  return [...syndrome, ...entry, `PC = ${hex(now)}`].join(', ');
}
