import { bits, findField } from '../../isa/registers/field-lookup.ts';
import { EvaluationError } from '../expression/error.ts';
import type { EvaluationContext } from '../expression/evaluate.ts';
import type { ExitRecord, GuestException } from '../machine.ts';
import { fieldsOf } from '../names.ts';
import type { Target } from '../target.ts';

/** What happened at a stop, for the names that speak of it. */
export type Happening = { readonly exit: ExitRecord } | { readonly exception: GuestException } | undefined;

/** Registers whose short names mean "of what happened": of EL2 at an exit to KVM, of EL1 otherwise. */
const banked = ['esr', 'far', 'elr', 'spsr'] as const;

/** Values for expressions on one vCPU. */
export function contextOf(target: Target, vcpu: number, happening: Happening): EvaluationContext {
  const register = (name: string): bigint => {
    if (name === 'vcpu') return BigInt(vcpu);
    const value = target.readRegister(vcpu, name);
    if (value === undefined) throw new EvaluationError(`${name} has no value: this vCPU lacks it, or reading it would change it`);
    return value;
  };
  return {
    register,
    field(name, value, fieldName) {
      const field = findField(fieldsOf(name), value, fieldName);
      return field && bits(value, field.high, field.low);
    },
    event(name) {
      if (happening && 'exit' in happening) {
        const field = happening.exit.fields.find((f) => f.name === name || f.name === `${name}[0]`);
        if (field) return field.value;
        if (name === 'exit_reason') return BigInt(happening.exit.reason);
        if (name === 'fault_ipa') return faultIpa(register('HPFAR_EL2'), register('FAR_EL2'));
        if (isBanked(name)) return register(`${name.toUpperCase()}_EL2`);
      } else if (happening && 'exception' in happening) {
        if (isBanked(name)) return happening.exception[name];
      } else if (isBanked(name)) return register(`${name.toUpperCase()}_EL1`);
      else if (name === 'fault_ipa') return faultIpa(register('HPFAR_EL2'), register('FAR_EL2'));
      return undefined;
    },
    read(space, address, bytes) {
      const { bytes: data, holes } = target.readMemory(vcpu, space, address, bytes);
      if (holes.length > 0)
        throw new EvaluationError(`cannot read ${bytes} bytes at ${space}:0x${address.toString(16)}: ${holes[0]!.reason}`);
      let value = 0n;
      for (let i = bytes - 1; i >= 0; i--) value = (value << 8n) | BigInt(data[i]!);
      return value;
    },
  };
}

const isBanked = (name: string): name is (typeof banked)[number] => (banked as readonly string[]).includes(name);

/** IPA of the last stage-2 fault: HPFAR_EL2.FIPA holds IPA[47:12] in bits 39:4 (more with larger addresses), FAR_EL2 the offset in the page. */
function faultIpa(hpfar: bigint, far: bigint): bigint {
  return ((hpfar & 0x0000_ffff_ffff_fff0n) << 8n) | (far & 0xfffn);
}
