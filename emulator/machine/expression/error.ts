/** An expression that cannot be understood. `column` counts from 1. */
export class ExpressionError extends Error {
  constructor(
    message: string,
    readonly column: number,
  ) {
    super(`column ${column}: ${message}`);
    this.name = 'ExpressionError';
  }
}

/** An expression that is well-formed and has no value now: unreadable memory, a field that this syndrome does not have, division by zero. */
export class EvaluationError extends Error {
  override readonly name = 'EvaluationError';
}
