import { type Regime, SAVED_BYTES, type SystemCase } from './guest.ts';
import { runHere, runOnQemuSystem, type SystemResult } from './machines.ts';

/** Vector names of the Arm ARM's table. */
const vectors = ['Synchronous', 'IRQ', 'FIQ', 'SError'].flatMap((kind) => [kind]);
const from = ['EL1t', 'EL1h', 'EL0', 'EL0 AArch32'];
const vectorName = (n: number): string => `${vectors[n & 3]} from ${from[n >> 2]}`;

const savedNames = ['vector', 'ESR', 'FAR', 'ELR', 'SPSR', 'SP_EL0', 'SP_EL1', 'PAR', 'FPSR'];
const nameOf = (index: number): string =>
  index < 31 ? `x${index}` : index < SAVED_BYTES / 8 ? savedNames[index - 31] : `data + ${(index - SAVED_BYTES / 8) * 8}`;

const hex = (n: bigint | number): string => `0x${n.toString(16)}`;
const ended = (r: SystemResult): string => `${vectorName(r.vector)}, ESR ${hex(r.esr)}`;

/** Runs the cases on both machines; the numbers of those that differ. */
export async function differing(cases: readonly SystemCase[], regime: Regime, cpu: string): Promise<number[]> {
  const theirs = runOnQemuSystem(cases, regime, cpu);
  const ours = await runHere(cases, regime, cpu);
  return cases.flatMap((_, n) =>
    ours[n].hash === theirs[n].hash && ours[n].esr === theirs[n].esr && ours[n].vector === theirs[n].vector ? [] : [n],
  );
}

/** The differences in words. Runs all cases up to the last of them again: a case may depend on those before it. */
export async function describeDifferences(
  cases: readonly SystemCase[],
  numbers: readonly number[],
  regime: Regime,
  cpu: string,
): Promise<string[]> {
  if (numbers.length === 0) return [];
  const until = cases.slice(0, Math.max(...numbers) + 1);
  const theirs = runOnQemuSystem(until, regime, cpu, true);
  const ours = await runHere(until, regime, cpu, true);
  return numbers.map((n) => {
    const [a, b, c] = [ours[n], theirs[n], cases[n]];
    const lines = [`${c.about} [SPSR ${hex(c.spsr)}, case ${n}]`, `  ours: ${ended(a)}`, `  QEMU: ${ended(b)}`];
    for (let k = 0; k < a.state!.length / 8; k++) {
      const [mine, other] = [a.state!.readBigUInt64LE(8 * k), b.state!.readBigUInt64LE(8 * k)];
      if (mine !== other && k !== 31 && k !== 32) lines.push(`  ${nameOf(k)}: ours ${hex(mine)}, QEMU ${hex(other)}`);
    }
    return lines.join('\n');
  });
}
