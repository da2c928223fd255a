import { ExpressionError } from './expression-error.js';
import type { Token } from './lexer.js';
import { MAX_DEPTH } from './limits.js';
import { elementOfSet, found, literalOf } from './literals.js';
import type { Comparison, Connective, Element, Item, Node, Operator } from './syntax.js';

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
  contains: 'contains',
  wildcard: 'wildcard',
  strict: 'strict wildcard',
  matches: 'matches',
  '~': 'matches',
  in: 'in',
};
const NAME = /^[A-Za-z_]\w*(?:\.\w+)*$/;
const RESERVED = new Set(['not', ...Object.keys(CONNECTIVES), ...Object.keys(OPERATORS)]);

/**
 * The expression that the tokens of `tokensOf` spell. Each token is looked at a bounded number of times, and what nests more
 * than MAX_DEPTH deep is refused, so that neither time nor stack grows out of hand. Throws an ExpressionError.
 */
export function parse(tokens: readonly Token[]): Node {
  let next = 0;
  let depth = 0;

  function take(): Token {
    const token = tokens[next]!;
    if (token.kind !== 'end') next++;
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

  function logical(level: number): Node {
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

  function negation(): Node {
    if (spelled() !== 'not' && spelled() !== '!') return comparison();
    const { position } = take();
    return deeper(position, () => ({ kind: 'not', operand: negation(), position }));
  }

  function group(): Node {
    const { position } = take();
    const inner = deeper(position, () => logical(0));
    expect(')', `for the ( at character ${position + 1}`);
    return inner;
  }

  function comparison(): Node {
    if (spelled() === '(') return group();
    const left = operand();
    const { position } = left;
    const operator = own(OPERATORS, spelled());
    if (operator === undefined) return left;
    const { position: operatorPosition } = take();
    if (operator === 'strict wildcard' && take().text !== 'wildcard')
      throw new ExpressionError('strict stands only before wildcard', operatorPosition);
    const { position: rightPosition } = peek();
    const right = operator === 'in' ? set() : [value()];
    const known: Comparison = {
      kind: 'comparison',
      left,
      operator,
      right,
      position,
      operatorPosition,
      rightPosition,
    };
    return known;
  }

  function value(): Element {
    const token = take();
    if (token.text === '{') throw new ExpressionError('a set in braces stands only after in', token.position);
    const element = elementOfSet(token);
    if ('low' in element || 'cidr' in element)
      throw new ExpressionError(
        `${element.text} is more than one value: write in {${element.text}}`,
        token.position,
      );
    return element;
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
      elements.push(elementOfSet(take()));
    }
    take();
    if (elements.length === 0)
      throw new ExpressionError('the set must have at least one value', open.position);
    return elements;
  }

  function operand(): Node {
    const token = take();
    const literal = literalOf(token);
    if (literal) return { kind: 'literal', literal, position: token.position };
    if (token.kind !== 'word' || !NAME.test(token.text) || RESERVED.has(token.text.toLowerCase()))
      throw unexpected(token, 'a field, a function, not or (');
    if (spelled() === '(') return indexed(call(token));
    return indexed({ kind: 'field', name: token.text, position: token.position });
  }

  function call({ text: name, position }: Token): Node {
    take();
    const parameters: Node[] = [];
    deeper(position, () => {
      while (spelled() !== ')') {
        if (parameters.length > 0) expect(',', `or ) in the call of ${name}`);
        parameters.push(logical(0));
      }
    });
    take();
    return { kind: 'call', name, parameters, position };
  }

  function indexed(node: Node): Node {
    if (spelled() !== '[') return node;
    const { position: bracketPosition } = take();
    return deeper(bracketPosition, () => {
      const item: Item = { kind: 'item', of: node, key: key(), position: node.position, bracketPosition };
      expect(']', 'after an index');
      return indexed(item);
    });
  }

  function key(): Item['key'] {
    const token = take();
    if (token.kind === 'string') return token;
    if (token.kind === 'symbol' && token.text === '*') return { kind: 'each' };
    const literal = literalOf(token);
    if (literal?.kind === 'integer' && literal.value >= 0) return { kind: 'number', value: literal.value };
    throw unexpected(token, 'a name in double quotes, a number from 0 or * as an index');
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
    `unexpected ${found(token)}: ${advice(token) ?? `expected ${expected}`}`,
    token.position,
  );
}

/** For what is written often and never right. */
function advice({ kind, text }: Token): string | null {
  if (kind !== 'word') return null;
  const lower = text.toLowerCase();
  if (lower !== text && RESERVED.has(lower)) return `operators are written in lower case, ${lower}`;
  if (/^(?:starts|ends)_with$/.test(text)) return `it is a function, not an operator: ${text}(field, "text")`;
  return null;
}
