import type { CodeWriter, Label } from '../wasm/code.ts';
import type { Flow } from './flow.ts';
import { type Edge, type RegionBlock, reached } from './graph.ts';

/** What the structure leaves to its user: the code inside blocks. What is known when a path splits (`State`) holds on both sides. */
export interface BlockEmitter<State = unknown> {
  /** A place where paths meet begins: block number `n`. Emitted inside its loop, if it begins one. */
  meet(n: number): void;
  /** Everything but the transfer at the end; a condition is left on the stack (i32) where the block has two edges. */
  body(block: RegionBlock, n: number): void;
  /** The path goes on where others meet it. */
  join(): void;
  /** Out of the region, to an instruction numbered from the start of the page. */
  dispatch(index: number): void;
  state(): State;
  restore(state: State): void;
}

/**
 * Emits a reducible graph as WebAssembly's blocks, loops and ifs (Ramsey, "Beyond Relooper", ICFP 2022): each node of the dominator tree holds what it
 * dominates; blocks where paths meet are placed behind a `block` that the paths break out of.
 */
export class Structure {
  private readonly labels = new Map<number, Label>();
  private chosenLocal: number | undefined;

  constructor(
    private readonly code: CodeWriter,
    private readonly flow: Flow,
    private readonly emitter: BlockEmitter,
  ) {}

  emit(): void {
    this.tree(0);
  }

  /** Local, i32: `entry` of the block that control is on its way to, through a dispatch. */
  get chosen(): number {
    this.chosenLocal ??= this.code.local('i32');
    return this.chosenLocal;
  }

  private tree(n: number): void {
    const merges = this.flow.dominated[n]!.filter((d) => this.flow.isMerge[d]);
    if (!this.flow.isLoop[n]) {
      if (this.flow.isMerge[n]) this.emitter.meet(n);
      this.within(n, merges);
      return;
    }
    if (n > 0 && !this.flow.isMerge[n]) this.emitter.join();
    this.labels.set(n, this.code.loop());
    this.emitter.meet(n);
    this.within(n, merges);
    this.code.end();
  }

  /** The block itself, inside one `block` for each merge it dominates: the last of them outermost. */
  private within(n: number, merges: readonly number[]): void {
    const outer = merges.at(-1);
    if (outer === undefined) {
      this.node(n);
      return;
    }
    this.labels.set(outer, this.code.block());
    this.within(n, merges.slice(0, -1));
    this.code.end();
    this.tree(outer);
  }

  private node(n: number): void {
    const block = this.flow.order[n]!;
    if (block.dispatches) {
      this.choose(block);
      return;
    }
    this.emitter.body(block, n);
    const [met, unmet] = block.edges;
    if (met && unmet) {
      const state = this.emitter.state();
      this.code.if();
      this.transfer(n, met);
      this.code.else();
      this.emitter.restore(state);
      this.transfer(n, unmet);
      this.code.end();
      this.code.unreachable();
    } else if (met) this.transfer(n, met);
  }

  /** Where a dispatch sends control is behind a label, or around it: no number comes here that is none of its own. */
  private choose({ edges }: RegionBlock): void {
    const targets: Label[] = [];
    for (const edge of edges) if ('block' in edge) targets[edge.block.entry!] = this.labels.get(this.flow.number.get(reached(edge)!)!)!;
    const last = targets.pop()!;
    this.code.get(this.chosen);
    this.code.brTable(
      Array.from(targets, (label) => label ?? last),
      last,
    );
  }

  private transfer(from: number, edge: Edge): void {
    if (!('block' in edge)) {
      this.emitter.dispatch(edge.dispatch);
      return;
    }
    if (edge.through) {
      this.code.i32(edge.block.entry!);
      this.code.set(this.chosen);
    }
    const to = this.flow.number.get(reached(edge)!)!;
    if (to <= from || this.flow.isMerge[to]) {
      this.emitter.join();
      this.code.br(this.labels.get(to)!);
    } else this.tree(to);
  }
}
