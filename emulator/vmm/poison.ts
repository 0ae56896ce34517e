import { PROBE, READ } from '../memory/access.ts';
import type { Consumer, Poison, Severity } from '../memory/poison.ts';
import type { AddressRange } from './address-range.ts';
import type { VirtMachine } from './virt-machine.ts';

/** What somebody wants to be bad memory. */
export interface PoisonOrder {
  /** A virtual range is translated when it is poisoned, by the tables in force on `vcpu`; it is the memory that is bad from then on. */
  readonly range: AddressRange;
  /** 0 where it is left out. */
  readonly vcpu?: number;
  readonly consumers?: readonly Consumer[];
  readonly once?: boolean;
  readonly severity?: Severity;
  readonly parity?: boolean;
  readonly addressKnown?: boolean;
}

const PAGE = 4096n;

/**
 * Makes memory bad. It goes by lines of 64 bytes: those that hold any of the bytes.
 * @throws Error for an address that is no memory; nothing is changed then.
 */
export function poisonMemory(machine: VirtMachine, { range, vcpu = 0, ...how }: PoisonOrder): Poison {
  const ranges: { host: number; bytes: number }[] = [];
  for (let at = range.start; at < range.start + BigInt(range.bytes); ) {
    const end = (at / PAGE + 1n) * PAGE;
    const bytes = Math.min(Number(end - at), Number(range.start + BigInt(range.bytes) - at));
    const host = hostOf(machine, range.space, at, vcpu);
    if (host < 0) throw new Error(`${range.space}:0x${at.toString(16)} is no memory: it cannot be poisoned`);
    ranges.push({ host, bytes });
    at = end;
  }
  return machine.silicon.memory.poison.add({ ranges, ...how });
}

function hostOf(machine: VirtMachine, space: AddressRange['space'], address: bigint, vcpu: number): number {
  const { memory, mmu } = machine.silicon;
  if (space === 'pa') return memory.hostOf(Number(address));
  if (space === 'ipa') return machine.hostAddress(Number(address));
  const state = machine.vcpus[vcpu]?.state;
  if (!state) throw new Error(`there is no vCPU ${vcpu}`);
  const { translation } = mmu;
  const [low, high] = [Number(BigInt.asIntN(32, address)), Number(BigInt.asIntN(32, address >> 32n))];
  if (!translation.first(mmu.spaceOf(state), low, high, READ | PROBE))
    throw new Error(`va:0x${address.toString(16)} does not translate (${translation.fault.describe()}): it cannot be poisoned`);
  return machine.hostAddress(translation.ipa);
}
