import type { RegisterField } from '../../isa/builder.ts';
import type { Fields } from '../../isa/instruction.ts';
import { conditionTruthTable } from '../ir/conditions.ts';
import { type Block, innerBlocks, type Node, type OperandSource, type Operation } from '../ir/node.ts';
import { RECORD_BYTES, SYSTEM_OFFSET, slots } from '../layout.ts';

/** Byte offsets inside the vCPU block, as records hold them: of register n, by what 31 means. */
const registerOffset = {
  read: (n: number) => 8 * (n < 31 ? slots.x + n : slots.zero),
  write: (n: number) => 8 * (n < 31 ? slots.x + n : slots.discard),
  sp: (n: number) => 8 * (n < 31 ? slots.x + n : slots.sp),
} as const;
/** What a register operand holds when it is SP. */
export const SP_OPERAND = registerOffset.sp(31);

/** One operand of a predecoded record. */
export interface RecordOperand {
  readonly offset: number;
  readonly bytes: 2 | 4 | 8;
  /** The number stored, from the fields: i64 operands give bigint. */
  readonly value: (f: Fields) => number | bigint;
  /** The same where the number in one field decides it. */
  readonly register?: { readonly field: string; readonly offsetOf: (n: number) => number };
}

function field(f: Fields, of: string | ((f: Fields) => number)): number {
  const n = typeof of === 'string' ? f[of] : of(f);
  if (n === undefined) throw new Error(`there is no field ${of}`);
  return n;
}

/** A register operand: `offsetOf` gives what stands for register n. */
function register(of: RegisterField, offsetOf: (n: number) => number): Omit<RecordOperand, 'offset'> {
  const value = (f: Fields): number => offsetOf(field(f, of));
  return typeof of === 'string' ? { bytes: 2, value, register: { field: of, offsetOf } } : { bytes: 2, value };
}

const vectorOffset = (n: number): number => (n & 31) * 16;

function describe(source: OperandSource): Omit<RecordOperand, 'offset'> {
  switch (source.kind) {
    case 'register':
      return register(source.field, registerOffset[source.role]);
    case 'sp-mask':
      return register(source.field, registerOffset.sp);
    case 'vector':
      return register(source.field, vectorOffset);
    case 'system':
      return { bytes: 2, value: (f) => SYSTEM_OFFSET + source.of(f) * 8 };
    case 'condition':
      return { bytes: 2, value: (f) => conditionTruthTable(source.of(f)) };
    case 'immediate':
    case 'small':
      return { bytes: 4, value: source.of };
    case 'wide':
      return { bytes: 8, value: source.of };
    case 'system-slot':
      throw new Error('a record has no operand for what the operation says itself');
  }
}

/** Two sources with one key hold the same number. */
function keyOf(source: OperandSource): unknown {
  switch (source.kind) {
    case 'register':
      return typeof source.field === 'string' ? `${source.field} ${source.role}` : source;
    case 'sp-mask':
      return typeof source.field === 'string' ? `${source.field} sp` : source;
    case 'vector':
      return typeof source.field === 'string' ? `V ${source.field}` : source.field;
    default:
      return source;
  }
}

/** Where a handler finds its operands in the 16 bytes of a record: u16 handler first, then what the operation asks for. */
export class RecordLayout {
  readonly operands: RecordOperand[] = [];
  private readonly places = new Map<unknown, RecordOperand>();
  /** Where a PC-relative branch keeps its displacement: bytes of records (near) or of code (far). */
  branchOffset: number | undefined;
  /** The branch's displacement in bytes of code. */
  branch: ((f: Fields) => number) | undefined;

  constructor(operation: Operation, name: string) {
    const sources = new Map<unknown, OperandSource>();
    this.collect(operation.body, sources);
    const wanted = [...sources].map(([key, source]) => ({ key, ...describe(source) }));
    const taken = new Uint8Array(RECORD_BYTES);
    taken.fill(1, 0, 2);
    const place = (bytes: number, from: readonly number[]): number => {
      const at = from.find((o) => taken.subarray(o, o + bytes).every((t) => t === 0));
      if (at === undefined) throw new Error(`${name}: too many operands for a record`);
      taken.fill(1, at, at + bytes);
      return at;
    };
    if (this.branch) this.branchOffset = place(4, [8, 12]);
    for (const bytes of [8, 4, 2] as const)
      for (const w of wanted) {
        if (w.bytes !== bytes) continue;
        const offset = place(bytes, bytes === 8 ? [8] : bytes === 4 ? [8, 12] : [2, 4, 6, 14, 12, 10, 8]);
        const { key, ...described } = w;
        const operand = { offset, ...described };
        this.operands.push(operand);
        this.places.set(key, operand);
      }
  }

  /** Byte offset of an operand in the record. */
  offsetOf(source: OperandSource): number {
    return this.places.get(keyOf(source))!.offset;
  }

  private collect(block: Block, into: Map<unknown, OperandSource>): void {
    for (const node of block.nodes) this.collectNode(node, into);
  }

  private collectNode(node: Node, into: Map<unknown, OperandSource>): void {
    const { action } = node;
    if ('source' in action && action.source.kind !== 'system-slot') {
      const key = keyOf(action.source);
      if (!into.has(key)) into.set(key, action.source);
    }
    if (action.kind === 'branch') {
      if (this.branch) throw new Error('an operation has one PC-relative branch');
      this.branch = action.offset;
    }
    for (const inner of innerBlocks(node)) this.collect(inner, into);
  }
}
