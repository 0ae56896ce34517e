import { HYPERCALL_EXIT_BYTES, HYPERCALL_EXIT_SMC, hypercall, hypercallAt } from './exits/hypercall.ts';
import { type HypercallResult, result } from './hypercalls/context.ts';
import { smcccCall, smcccFunction } from './hypercalls/smccc.ts';
import { filterAction } from './smccc-filter.ts';
import type { HandlerResult, Vcpu } from './vcpu.ts';

const workarounds: ReadonlySet<number> = new Set(
  [smcccFunction.ARCH_WORKAROUND_1, smcccFunction.ARCH_WORKAROUND_2, smcccFunction.ARCH_WORKAROUND_3].map(Number),
);

/** HVC: the preferred return address is the next instruction already. KVM's vectors answer the workarounds before anything else looks: their work is done by then. */
export function handleHvc(vcpu: Vcpu): HandlerResult {
  if (workarounds.has(vcpu.state.low(0) >>> 0)) {
    vcpu.state.set(0, 0n);
    vcpu.state.set(1, 0n);
    return 'resume';
  }
  return dispatch(vcpu, false);
}

/** SMC is trapped before it executes: KVM steps over it first. Only immediate 0 is a call. */
export function handleSmc(vcpu: Vcpu, esr: number): HandlerResult {
  vcpu.skipInstruction();
  if (esr & 0xffff) {
    setResult(vcpu, [result.NOT_SUPPORTED]);
    return 'resume';
  }
  return dispatch(vcpu, true);
}

function dispatch(vcpu: Vcpu, smc: boolean): HandlerResult {
  const id = Number(BigInt.asUintN(32, vcpu.state.get(0)));
  switch (vcpu.vm.smcccFilter.actionFor(id)) {
    case filterAction.DENY:
      setResult(vcpu, [result.NOT_SUPPORTED]);
      return 'resume';
    case filterAction.FWD_TO_USER:
      vcpu.run.begin(hypercall.number, HYPERCALL_EXIT_BYTES);
      vcpu.run.set(hypercallAt.nr, 8, BigInt(id));
      vcpu.run.set(hypercallAt.flags, 8, smc ? HYPERCALL_EXIT_SMC : 0n);
      return 'exit';
    default:
      return perform(vcpu);
  }
}

function perform(vcpu: Vcpu): HandlerResult {
  const call = vcpu.beginHypercall();
  const values = smcccCall(call);
  if (values.length > 0) setResult(vcpu, values);
  return call.leaves ? 'exit' : 'resume';
}

/** Writes X0 to X3; missing values are zero, as in `smccc_set_retval`. */
function setResult(vcpu: Vcpu, values: HypercallResult): void {
  for (let i = 0; i < 4; i++) vcpu.state.set(i, BigInt.asUintN(64, values[i] ?? 0n));
}
