import { EvaluationError } from '../expression/error.ts';
import { compile, type EvaluationContext, type Evaluator } from '../expression/evaluate.ts';
import { formatValue } from '../expression/format.ts';
import { hitConditionHolds } from '../expression/hit-condition.ts';
import { compileWords, type RegisterWords, result, type WordEvaluator } from '../expression/words.ts';
import type { StopConditions, ValueFormat } from '../machine.ts';

/** Says something to the person. */
export type Say = (category: 'log' | 'warning', text: string) => void;

type CompiledLogPart = string | { readonly value: Evaluator; readonly format: ValueFormat };

/** Condition, hit count and log message of one breakpoint or filter, compiled. */
export class StopDecision {
  hits = 0;
  private readonly condition: Evaluator | undefined;
  /** The same, where it can be had without 64-bit integers. */
  private readonly words: WordEvaluator | undefined;
  private readonly log: readonly CompiledLogPart[] | undefined;
  private complained = false;

  constructor(
    private readonly conditions: StopConditions,
    registers?: RegisterWords,
  ) {
    this.words = registers && conditions.condition && compileWords(conditions.condition, registers);
    this.condition = conditions.condition && compile(conditions.condition);
    this.log = conditions.log?.map((part) => (typeof part === 'string' ? part : { value: compile(part.expression), format: part.format }));
  }

  /** The condition does not hold, found out without a context; false: `stops` decides. */
  surelyNot(vcpu: number): boolean {
    return this.words !== undefined && (this.words(vcpu) | result.high) === 0;
  }

  /** Decides about one hit. A log message is written here. Counts the hits whose condition holds, as other debuggers do. */
  stops(context: EvaluationContext, say: Say): boolean {
    if (!this.holds(context, say)) return false;
    this.hits++;
    if (this.conditions.hits && !hitConditionHolds(this.conditions.hits, this.hits)) return false;
    if (!this.log) return true;
    say('log', this.log.map((part) => (typeof part === 'string' ? part : text(part, context))).join(''));
    return false;
  }

  /** A condition without a value (this syndrome has no such field, memory is not there) does not hold; unreadable memory is said once. */
  private holds(context: EvaluationContext, say: Say): boolean {
    if (!this.condition) return true;
    try {
      return this.condition(context) !== 0n;
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error;
      if (!this.complained) say('warning', `condition taken as false: ${error.message} (said once)`);
      this.complained = true;
      return false;
    }
  }
}

function text(part: Exclude<CompiledLogPart, string>, context: EvaluationContext): string {
  try {
    return formatValue(part.value(context), part.format);
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    return `<${error.message}>`;
  }
}
