import type { VirtMachine } from '../virt-machine.ts';
import { machineState } from './machine-state.ts';

/** A 64-bit hash of words: fast, the same everywhere, not meant to resist anybody. */
class WordHash {
  private first = 0x9e3779b1;
  private second = 0x85ebca77;

  add(words: Int32Array): void {
    let { first, second } = this;
    for (let n = 0; n < words.length; n++) {
      const word = words[n]!;
      first = Math.imul(first ^ word, 0x2c1b3c6d);
      first ^= first >>> 15;
      second = Math.imul((second << 13) | (second >>> 19), 0x297a2d39) ^ word;
    }
    this.first = first;
    this.second = second;
  }

  text(): string {
    return [this.first, this.second].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
  }
}

/** A digest of all of a machine's state between runs: registers, devices, KVM, memory. */
export function stateDigest(machine: VirtMachine): string {
  const hash = new WordHash();
  const { registers, values } = machineState(machine);
  hash.add(new Int32Array(registers.buffer));
  hash.add(Int32Array.from(new TextEncoder().encode(values.join())));
  const { words, dramStart, dramEnd } = machine.silicon.memory;
  hash.add(words.subarray(dramStart / 4, dramEnd / 4));
  return hash.text();
}
