import type { Poison } from '../../memory/poison.ts';
import { poisonMemory } from '../../vmm/poison.ts';
import type { VirtMachine } from '../../vmm/virt-machine.ts';
import { hex } from '../expression/format.ts';
import type { Evaluate, PoisonedMemory, PoisonIntervention } from '../intervention.ts';

const MOST_BYTES = 2 ** 30;

/** What a debugger poisoned, with the words for it; the memory itself knows lines alone. */
export class PoisonBook {
  private readonly orders = new WeakMap<Poison, string>();

  constructor(private readonly machine: VirtMachine) {}

  /** @returns What it came to. @throws Error for an address that is no memory. */
  add(vcpu: number, { kind: _, space, address, bytes, ...how }: PoisonIntervention, evaluate: Evaluate): string {
    if (!Number.isInteger(bytes) || bytes < 1 || bytes > MOST_BYTES)
      throw new Error(`1 to ${MOST_BYTES} bytes can be poisoned, not ${bytes}`);
    const start = evaluate(address);
    const poison = poisonMemory(this.machine, { range: { space, start, bytes }, vcpu, ...how });
    const text = [`${space}:${hex(start)}+${bytes}`, ...words(poison)].join(' ');
    this.orders.set(poison, text);
    return `poison #${poison.id}: ${text}`;
  }

  /** @throws Error where there is no such poison. */
  clear(id: number | undefined): string {
    const { poison } = this.machine.silicon.memory;
    const had = poison.list();
    if (id === undefined) poison.clear();
    else if (!poison.remove(id))
      throw new Error(`there is no poison #${id}${had.length > 0 ? `: ${had.map((p) => `#${p.id}`).join(', ')}` : ''}`);
    return id === undefined
      ? `${had.length} poisoned ${had.length === 1 ? 'range is' : 'ranges are'} good again`
      : `poison #${id} is good again`;
  }

  list(): readonly PoisonedMemory[] {
    return this.machine.silicon.memory.poison.list().map((poison) => ({
      id: poison.id,
      text: this.orders.get(poison) ?? words(poison).join(' '),
      consumed: poison.consumed,
    }));
  }
}

/** How it is bad, in the words of the command. */
function words({ consumers, once, severity, parity, addressKnown }: Poison): string[] {
  return [
    ...(consumers.length < 3 ? consumers : []),
    ...(once ? ['once'] : []),
    severity,
    ...(parity ? ['parity'] : []),
    ...(addressKnown ? [] : ['noaddress']),
  ];
}
