import { integerOf, literalElement, literalOf, tokenText } from './literals.js';
import {
  type Call,
  type Connective,
  type Element,
  ExpressionError,
  type ExpressionNode,
  type FieldNode,
  type Index,
  type Indexed,
  MAX_DEPTH,
  type Operator,
  type Token,
} from './types.js';

const CONNECTIVES: Readonly<Record<string, Connective>> = {
  and: 'and',
  '&&': 'and',
  xor: 'xor',
  '^^': 'xor',
  or: 'or',
  '||': 'or',
};
/** From the one that binds least. */
const BINDING: readonly Connective[] = ['or', 'xor', 'and'];

const OPERATORS: Readonly<Record<string, Operator>> = {
  eq: 'eq',
  '==': 'eq',
  ne: 'ne',
  '!=': 'ne',
  lt: 'lt',
  '<': 'lt',
  le: 'le',
  '<=': 'le',
  gt: 'gt',
  '>': 'gt',
  ge: 'ge',
  '>=': 'ge',
  bitwise_and: 'bitwise_and',
  '&': 'bitwise_and',
  contains: 'contains',
  wildcard: 'wildcard',
  strict: 'strict wildcard',
  matches: 'matches',
  '~': 'matches',
  in: 'in',
};
const NAME = /^[A-Za-z_]\w*(?:\.\w+)*$/;
const QUANTIFIERS: ReadonlySet<string> = new Set(['any', 'all']);
const MAX_INDEX = 2 ** 32 - 1;
const RESERVED = new Set(['not', ...Object.keys(CONNECTIVES), ...Object.keys(OPERATORS)]);

/**
 * The expression that the tokens of `tokensOf` spell. Each token is looked at a bounded number of times, and what nests more
 * than MAX_DEPTH deep is refused, so that neither time nor stack grows out of hand. Throws an ExpressionError.
 */
export function parse(tokens: readonly Token[]): ExpressionNode {
  let next = 0;
  let depth = 0;
  /** Where the last token ended. */
  let end = 0;

  function take(): Token {
    const token = tokens[next]!;
    if (token.kind !== 'end') next++;
    end = token.position + token.text.length;
    return token;
  }

  const peek = () => tokens[next]!;

  /** A string never counts as the operator that it spells. */
  const spelled = () => (peek().kind === 'word' || peek().kind === 'symbol' ? peek().text : '');

  function expect(symbol: string, where: string): void {
    const token = take();
    if (token.kind !== 'symbol' || token.text !== symbol) throw unexpected(token, `${symbol} ${where}`);
  }

  function deeper<T>(position: number, inner: () => T): T {
    if (++depth > MAX_DEPTH)
      throw new ExpressionError(`the expression nests more than ${MAX_DEPTH} levels deep`, position);
    const result = inner();
    depth--;
    return result;
  }

  function logical(level: number): ExpressionNode {
    const connective = BINDING[level];
    if (connective === undefined) return negation();
    const operands = [logical(level + 1)];
    const { position } = peek();
    while (own(CONNECTIVES, spelled()) === connective) {
      take();
      operands.push(logical(level + 1));
    }
    return operands.length === 1 ? operands[0]! : { kind: 'logical', connective, operands, position };
  }

  function negation(): ExpressionNode {
    if (spelled() !== 'not' && spelled() !== '!') return simple();
    const { position } = take();
    return deeper(position, () => ({ kind: 'not', operand: negation(), position }));
  }

  function simple(): ExpressionNode {
    if (spelled() === '(') return group();
    return isQuantifier() ? quantified() : comparison(operand());
  }

  function group(): ExpressionNode {
    const { position } = take();
    const operand = deeper(position, () => logical(0));
    expect(')', `for the ( at character ${position + 1}`);
    return { kind: 'group', operand, position };
  }

  /** Says, where `or` and the like come after an argument, why they do not belong there. */
  const combining = () =>
    own(CONNECTIVES, spelled()) ? ', in which conditions combine only in parentheses' : '';

  const isQuantifier = () => QUANTIFIERS.has(spelled()) && tokens[next + 1]?.text === '(';

  function quantified(): ExpressionNode {
    const { text, position } = take();
    take();
    const quantifier = text as 'any' | 'all';
    const inner = deeper(position, argument);
    expect(')', `after the argument of ${text}${combining()}`);
    return { kind: 'quantified', quantifier, argument: inner, position };
  }

  /** The left side with what it is compared with, if anything. */
  function comparison(left: ExpressionNode): ExpressionNode {
    const { position } = left;
    const operator = own(OPERATORS, spelled());
    if (operator === undefined) return left;
    const { position: operatorPosition } = take();
    if (operator === 'strict wildcard' && (take().text !== 'wildcard' || end !== operatorPosition + 15))
      throw new ExpressionError('strict stands only before wildcard, one space apart', operatorPosition);
    const right = operator === 'in' ? set() : [value()];
    return { kind: 'comparison', left, operator, right, position, operatorPosition };
  }

  function value(): Element {
    const token = take();
    if (token.text === '{') throw new ExpressionError('a set in braces stands only after in', token.position);
    return literalElement(token);
  }

  function set(): Element[] {
    const open = take();
    if (open.kind === 'list')
      throw new ExpressionError(
        `${open.text}: lists are not available to load balancers; write the values as in {...}`,
        open.position,
      );
    if (open.text !== '{' || open.kind !== 'symbol')
      throw unexpected(open, 'the values after in, in braces like {"a" "b"}');
    const elements: Element[] = [];
    while (spelled() !== '}') {
      if (peek().kind === 'end')
        throw new ExpressionError('the set is not closed: a } is missing', open.position);
      elements.push(literalElement(take()));
    }
    take();
    return elements;
  }

  function operand(): ExpressionNode {
    const token = take();
    const { position } = token;
    const literal = literalOf(token);
    if (literal) return { kind: 'literal', literal, position };
    if (token.kind !== 'word' || !NAME.test(token.text) || RESERVED.has(token.text.toLowerCase()))
      throw unexpected(token, 'a field, a function, not or (');
    return indexed(spelled() === '(' ? call(token) : { kind: 'field', name: token.text, position });
  }

  function call({ text: name, position }: Token): Call {
    take();
    const parameters: ExpressionNode[] = [];
    deeper(position, () => {
      while (spelled() !== ')') {
        if (parameters.length > 0) expect(',', `or ) in the call of ${name}${combining()}`);
        parameters.push(argument());
      }
    });
    take();
    return { kind: 'call', name, parameters, position };
  }

  /** A value, one comparison, or a condition that begins with `(`, `not`, `any(` or `all(`. */
  function argument(): ExpressionNode {
    if (['(', 'not', '!'].includes(spelled()) || isQuantifier()) return logical(0);
    const left = operand();
    return left.kind === 'literal' ? left : comparison(left);
  }

  function indexed(of: FieldNode | Call): FieldNode | Call | Indexed {
    const indexes: Index[] = [];
    // White space may be inside the brackets, but not before them.
    while (spelled() === '[' && peek().position === end) {
      const { position } = take();
      indexes.push({ ...index(), position });
      expect(']', 'after an index');
    }
    return indexes.length === 0 ? of : { kind: 'indexed', of, indexes, position: of.position };
  }

  function index() {
    const token = take();
    if (token.kind === 'string' && !token.raw) return { kind: 'name', token } as const;
    if (token.kind === 'symbol' && token.text === '*') return { kind: 'each' } as const;
    const isNumber = token.kind === 'word' && /^\d/.test(token.text);
    const number = isNumber ? Number(integerOf({ ...token, kind: 'word' })) : -1;
    if (number >= 0 && number <= MAX_INDEX) return { kind: 'number', value: number } as const;
    throw unexpected(token, 'a name in double quotes, a number from 0 or *');
  }

  const whole = logical(0);
  if (peek().kind !== 'end') throw unexpected(peek(), 'and, or, xor or the end after a complete expression');
  return whole;
}

/** Names come from outside: `constructor` is none of them. */
const own = <T>(table: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined;

function unexpected(token: Token, expected: string): ExpressionError {
  return new ExpressionError(
    `unexpected ${tokenText(token)}: ${advice(token) ?? `expected ${expected}`}`,
    token.position,
  );
}

/** For what is written often and never right. */
function advice({ kind, text }: Token): string | null {
  if (kind === 'symbol' && text === '&') return 'use && or and';
  if (kind !== 'word') return null;
  const lower = text.toLowerCase();
  if (lower !== text && RESERVED.has(lower)) return `operators are written in lower case, ${lower}`;
  if (/^(?:starts|ends)_with$/.test(text)) return `it is a function, not an operator: ${text}(field, "text")`;
  return null;
}
