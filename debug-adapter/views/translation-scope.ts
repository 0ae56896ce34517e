import { hex } from '../../emulator/machine/expression/format.ts';
import type { TableMap, TableMapQuery, TranslationQuery } from '../../emulator/machine/memory-views.ts';
import { faultAddress } from './fault-address.ts';
import { lineNode } from './lines.ts';
import type { VariableNode } from './node.ts';
import type { Subject } from './registers.ts';
import { runRange, runText, tableRegisters } from './table-map.ts';
import { memslotLine, translationHead, translationTree } from './translation.ts';

/** Runs of a map in one list; the rest is behind its last row. */
const RUNS = 200;

/** Addresses a person asks about first, translated, and the translation tables as maps. */
export async function translationNodes(subject: Subject): Promise<VariableNode[]> {
  const { guest, vcpu } = subject;
  const registers = await guest.machine.readRegisters(vcpu, ['pc', 'sp']);
  const value = (name: string): bigint => registers.find((r) => r.name === name)?.value ?? 0n;
  const cause = guest.stop?.vcpu === vcpu ? guest.stop.cause : undefined;
  const fault = cause && (await faultAddress(cause, vcpu, guest.machine));
  const nodes = [
    translationNode('PC', { space: 'va', address: value('pc'), kind: 'fetch' }, subject),
    translationNode('SP', { space: 'va', address: value('sp'), kind: 'read' }, subject),
    ...(fault ? [translationNode(fault.register, fault.query, subject)] : []),
  ];
  return [...(await Promise.all(nodes)), ...Object.values(tableRegisters).map((tables) => tableNode(tables, subject))];
}

async function translationNode(name: string, query: TranslationQuery, { guest, vcpu }: Subject): Promise<VariableNode> {
  const translation = await guest.machine.translate(vcpu, query);
  return { ...lineNode({ ...translationTree(translation), name }), value: translationHead(translation) };
}

/** Tables are gone through when the row is opened. */
function tableNode(tables: TableMapQuery['tables'], subject: Subject): VariableNode {
  return { name: `${tables} tables`, value: 'mapped ranges', children: () => runNodes({ tables, limit: RUNS }, subject) };
}

async function runNodes(query: TableMapQuery, subject: Subject): Promise<VariableNode[]> {
  const map = await subject.guest.machine.tableMap(subject.vcpu, query);
  const { regime, runs, next } = map;
  return [
    ...(query.from === undefined ? [{ name: `stage ${regime.stage}`, value: regime.text }] : []),
    ...runs.map((run): VariableNode => ({ name: runRange(run, map), value: runText(run, map) })),
    ...(next === undefined ? [] : [moreNode(map, next, query, subject)]),
  ];
}

const moreNode = (map: TableMap, next: bigint, query: TableMapQuery, subject: Subject): VariableNode => ({
  name: `from ${map.regime.stage === 1 ? 'va' : 'ipa'}:${hex(next)}`,
  value: 'more',
  children: () => runNodes({ ...query, from: next }, subject),
});

/** The memory slots of the VM. */
export async function memslotNodes({ guest }: Subject): Promise<VariableNode[]> {
  return (await guest.machine.memslots()).map((slot) => lineNode(memslotLine(slot)));
}
