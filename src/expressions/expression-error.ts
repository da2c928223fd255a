/** What is wrong with an expression, and where. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError';

  /** `position` is an offset into the text, from 0 to its length; the message counts from 1. */
  constructor(
    readonly reason: string,
    readonly position: number,
  ) {
    super(`${reason}, at character ${position + 1}`);
  }
}
