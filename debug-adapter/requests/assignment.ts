import { findField } from '../../emulator/isa/registers/field-lookup.ts';
import type { Expression } from '../../emulator/machine/expression/ast.ts';
import { parseExpression } from '../../emulator/machine/expression/parser.ts';
import type { Machine } from '../../emulator/machine/machine.ts';
import { fieldsOf } from '../../emulator/machine/names.ts';
import { RequestError } from '../request-error.ts';
import type { SessionState } from '../session-state.ts';
import { liveGuest } from './guest.ts';
import { typedValue } from './variables.ts';

/** Sets what `target` names to the value of `text`. Throws RequestError for what cannot be assigned to. */
export async function assign(target: string, text: string, vcpu: number, session: SessionState): Promise<void> {
  const { machine, names } = liveGuest(session);
  const place = parseExpression(target, names);
  const value = await typedValue(text, vcpu, session);
  await store(place, value, vcpu, machine);
}

async function store(place: Expression, value: bigint, vcpu: number, machine: Machine): Promise<void> {
  switch (place.kind) {
    case 'register':
      return machine.writeRegister(vcpu, place.name, value);
    case 'cast':
      // w3 = … clears the upper half, as an instruction writing it does.
      return store(place.operand, BigInt.asUintN(place.bits, value), vcpu, machine);
    case 'field': {
      const [register] = await machine.readRegisters(vcpu, [place.register]);
      const field = register && findField(fieldsOf(place.register), register.value, place.field);
      if (!field) throw new RequestError(`${place.register} has no field ${place.field} now`);
      const width = field.high - field.low + 1;
      if (value >> BigInt(width) !== 0n) throw new RequestError(`${place.field} has ${width} bits: 0x${value.toString(16)} does not fit`);
      const mask = ((1n << BigInt(width)) - 1n) << BigInt(field.low);
      return machine.writeRegister(vcpu, place.register, (register.value & ~mask) | (value << BigInt(field.low)));
    }
    case 'memory': {
      const address = await machine.evaluate(vcpu, place.address);
      const bytes = new Uint8Array(place.bytes);
      for (let i = 0; i < place.bytes; i++) bytes[i] = Number((value >> BigInt(i * 8)) & 0xffn);
      const written = await machine.writeMemory(vcpu, place.space, address, bytes);
      if (written < bytes.length) throw new RequestError(`${place.space}:0x${address.toString(16)} is not memory`);
      return;
    }
    default:
      throw new RequestError('only a register, a field of one, or memory can be set');
  }
}
