import { hex } from '../../emulator/machine/expression/format.ts';
import type { VariableNode } from './node.ts';
import { accessTo, registerNodes, type Subject } from './registers.ts';

/** V0–V31 with their lanes, FPCR and FPSR. */
export async function simdNodes(subject: Subject): Promise<VariableNode[]> {
  const { guest, vcpu } = subject;
  const names = Array.from({ length: 32 }, (_, n) => `v${n}`);
  const vectors = await guest.machine.readRegisters(vcpu, names);
  const nodes = vectors.map(
    ({ name, value }): VariableNode => ({
      name,
      value: hex(value, 128),
      type: '128 bits',
      set: (to) => accessTo(name, subject).write(to),
      children: async () => lanes(value),
    }),
  );
  return [...nodes, ...(await registerNodes(['fpcr', 'fpsr'], subject))];
}

/** A vector as its lanes, lane 0 first, in every arrangement. */
function lanes(value: bigint): VariableNode[] {
  const arrangement = (bits: number): bigint[] =>
    Array.from({ length: 128 / bits }, (_, i) => BigInt.asUintN(bits, value >> BigInt(i * bits)));
  const bytes = new DataView(new ArrayBuffer(16));
  bytes.setBigUint64(0, BigInt.asUintN(64, value), true);
  bytes.setBigUint64(8, value >> 64n, true);
  const integers = (
    [
      ['d', 64],
      ['s', 32],
      ['h', 16],
      ['b', 8],
    ] as const
  ).map(
    ([letter, bits]): VariableNode =>
      list(
        letter,
        bits,
        arrangement(bits).map((lane) => hex(lane, bits)),
      ),
  );
  const doubles = list(
    'double',
    64,
    [0, 8].map((at) => String(bytes.getFloat64(at, true))),
  );
  const floats = list(
    'float',
    32,
    [0, 4, 8, 12].map((at) => String(bytes.getFloat32(at, true))),
  );
  return [...integers, doubles, floats];
}

function list(name: string, bits: number, values: readonly string[]): VariableNode {
  return {
    name,
    value: `[${values.join(', ')}]`,
    type: `${values.length} × ${bits} bits`,
    children: async () => values.map((value, index) => ({ name: `[${index}]`, value })),
  };
}
