import { hex } from '../../emulator/machine/expression/format.ts';
import type {
  BackingView,
  DescribedField,
  ExplainedStage,
  MemslotView,
  Translation,
  WalkStep,
} from '../../emulator/machine/memory-views.ts';

/** A line of an explanation, and what stands under it. */
export interface Line {
  readonly name: string;
  readonly text: string;
  readonly lines?: readonly Line[];
  /** Memory that it is about. */
  readonly memoryReference?: string;
  /** Not worth a place where room is scarce. */
  readonly detail?: true;
}

const line = (name: string, text: string, lines: readonly Line[] = []): Line => ({ name, text, ...(lines.length > 0 ? { lines } : {}) });
const numbered = (rules: readonly string[]): Line[] => rules.map((rule, index) => line(`[${index}]`, rule));

/** `va:0x… → ipa:0x… → pa:0x…`, and what is wrong where it does not get there. */
export function translationHead({ space, address, ipa, pa, fault, resolution }: Translation): string {
  const to = (name: string, at: bigint | undefined): string => (at === undefined ? '' : ` → ${name}:${hex(at)}`);
  const path = `${space}:${hex(address)}${space === 'va' ? to('ipa', ipa) : ''}${to('pa', pa)}`;
  if (!fault) return path;
  return resolution?.maps && !fault.s1ptw ? `${path} (after a fault that KVM resolves)` : `${path} ✗ ${fault.text}`;
}

/** All there is to say about a translation, as a tree. */
export function translationTree(t: Translation): Line {
  const { access, fault, stage1, stage2, combined, rights, memslot, resolution } = t;
  const first = t.regimes.find(({ stage }) => stage === 1);
  const second = t.regimes.find(({ stage }) => stage === 2);
  const { tables, last } = walksOf(t.steps, first?.tableSpace ?? 'pa');
  const lines = [
    line(
      'access',
      `${access.kind} at EL${access.el}${access.pan && t.space === 'va' && access.kind !== 'fetch' ? ', PSTATE.PAN = 1' : ''}`,
    ),
    ...(fault
      ? [line('fault', `${fault.text} (status code 0b${fault.statusCode.toString(2).padStart(6, '0')})`, [line('rule', fault.rule)])]
      : []),
    ...(resolution === undefined ? [] : [line('KVM', resolution.text)]),
    ...(first ? [line('stage 1', first.text, [...tables, ...stageLines(stage1)])] : []),
    ...(second ? [line('stage 2', second.text, [...last, ...stageLines(stage2)])] : []),
    ...(combined
      ? [
          line('memory type', `${combined.type}, ${combined.shareability}`, [
            line('type', combined.typeRule),
            ...Object.entries(combined.cacheRules ?? {}).map(([part, rule]) => line(part, rule)),
            line('shareability', combined.shareabilityRule),
          ]),
        ]
      : []),
    ...(rights === undefined || t.space === 'ipa' ? [] : [line('rights', rights, numbered(t.rightsRules ?? []))]),
    ...(memslot ? [memslotLine(memslot)] : []),
    ...t.notes.map((note) => line('note', note)),
  ];
  return { name: `${t.space}:${hex(t.address)}`, text: translationHead(t), lines };
}

function stageLines(stage: ExplainedStage | undefined): Line[] {
  if (!stage) return [];
  return [
    line('type', `${stage.type}, ${stage.shareability}`, [line('rule', stage.typeRule)]),
    line('rights', stage.rights, numbered(stage.rightsRules)),
  ];
}

/** The descriptors of stage 1, each with the walk of stage 2 that led to it, and what stage 2 did at the end. */
function walksOf(steps: readonly WalkStep[], space: 'ipa' | 'pa'): { readonly tables: Line[]; readonly last: Line[] } {
  const tables: Line[] = [];
  let pending: WalkStep[] = [];
  for (const step of steps) {
    if (step.stage === 2) {
      pending.push(step);
      continue;
    }
    tables.push(stepLine(step, space, pending.length > 0 ? [nested(pending)] : []));
    pending = [];
  }
  return { tables, last: pending.map((step) => stepLine(step, space, [])) };
}

const nested = (steps: readonly WalkStep[]): Line => ({
  ...line(
    'stage 2',
    `of the descriptor's address, ipa:${hex(steps[0]!.input)}`,
    steps.map((step) => stepLine(step, 'pa', [])),
  ),
  detail: true,
});

/** @param space What stage 1 gives: what the addresses of its tables are, too. */
function stepLine(step: WalkStep, space: 'ipa' | 'pa', more: readonly Line[]): Line {
  const { stage, level, address, pa, descriptor, kind, output, fields } = step;
  const own = stage === 1 ? space : 'pa';
  const at = `${own}:${hex(address)}${own === 'ipa' ? ` (pa:${hex(pa)})` : ''}`;
  const to = output === undefined ? '' : ` → ${own}:${hex(output)}`;
  const lines = [...fields.filter(isTelling).map(fieldLine), ...more];
  return { ...line(`level ${level}`, `${kind} descriptor ${hex(descriptor, 64)} at ${at}${to}`, lines), memoryReference: `pa:${hex(pa)}` };
}

/** What the line of the descriptor says already, and fields that are zero and mean nothing by it, are left out. */
const isTelling = ({ name, value, meaning }: DescribedField): boolean =>
  !/^(Type|Valid|OA|Next-level table address)$/.test(name) && (value !== 0n || meaning !== undefined);

const fieldLine = ({ name, value, meaning }: DescribedField): Line =>
  line(name, meaning === undefined ? hex(value) : `${hex(value)} (${meaning})`);

/** A memory slot, with why it is what it is. */
export function memslotLine(slot: MemslotView): Line {
  const { guestPhysAddr, memorySize, userspaceAddr, flags, backings, rules, mapped } = slot;
  const range = `ipa:${hex(guestPhysAddr)}-${hex(guestPhysAddr + memorySize - 1n)}`;
  return line(
    `memory slot ${slot.slot}`,
    `${range} → user space ${hex(userspaceAddr)}${flags.length > 0 ? `, ${flags.join(' | ')}` : ''}`,
    [...backings.map(backingLine), ...(mapped === undefined ? [] : [line('in stage 2', mapped)]), ...numbered(rules)],
  );
}

const backingLine = ({ first, last, text, rules }: BackingView): Line => line(`ipa:${hex(first)}-${hex(last)}`, text, numbered(rules));
