import { checkCondition } from './check.js';
import { verdictOf } from './evaluate.js';
import { ExpressionError } from './expression-error.js';
import type { Facts } from './facts.js';
import { tokensOf } from './lexer.js';
import { MAX_LENGTH } from './limits.js';
import { parse } from './parser.js';
import { patternBudget } from './pattern-budget.js';
import { beginRequest } from './pattern-work.js';

export interface Expression {
  /**
   * Whether it holds for a request; never throws. False when it hangs on a field that this kind of request does not have,
   * such as `dns.qry.type` of a proxied one.
   */
  matches(facts: Facts): boolean;
}

const ALWAYS: Expression = { matches: () => true };

/**
 * An expression of Cloudflare's Rules language, as far as rules of load balancers have it (docs/expressions.md). A blank one
 * always holds. Throws an ExpressionError for one that is wrong in any way. It takes time in proportion to the text. Whoever
 * compiles several that belong together hands them the same budget for their patterns.
 */
export function compileExpression(text: string, budget = patternBudget()): Expression {
  if (text.length > MAX_LENGTH)
    throw new ExpressionError(
      `an expression has at most ${MAX_LENGTH} characters, this one ${text.length}`,
      MAX_LENGTH,
    );
  if (/^[ \t\r\n]*$/.test(text)) return ALWAYS;
  const verdict = verdictOf(checkCondition(parse(tokensOf(text)), budget));
  return {
    matches(facts) {
      beginRequest(facts);
      return verdict(facts) === true;
    },
  };
}
