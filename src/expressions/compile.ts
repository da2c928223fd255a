import {
  type Checked,
  type CheckedCondition,
  type CheckedValue,
  checkCondition,
  isCondition,
  type Key,
  type Needs,
} from './check.js';
import type { Facts } from './facts.js';
import type { Apply } from './functions.js';
import { tokensOf } from './lexer.js';
import { parse } from './parser.js';
import { beginRequest, patternBudget } from './regex/pattern.js';
import {
  type Connective,
  ExpressionError,
  MAX_LENGTH,
  MAX_MADE_BYTES,
  type Scalar,
  type Value,
} from './types.js';

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

/**
 * Whether a condition holds; null when this kind of request does not have a field that decides it. Null is neither true nor
 * false: `not` leaves it, and `and` and `or` need it only where the other sides do not decide alone.
 */
type Verdict = (facts: Facts) => boolean | null;

/** Undefined is a missing value: a comparison with it is false, and most functions of it are missing too. */
type Read = (facts: Facts) => Value | undefined;

/** One answer for each value of an array; none when the array is missing. */
type Answers = (facts: Facts) => readonly boolean[];

/** A checked condition with one answer as a function that never throws. */
function verdictOf(node: CheckedCondition): Verdict {
  switch (node.kind) {
    case 'logical':
      return COMBINED[node.connective](node.operands.map(verdictOf));
    case 'not': {
      const verdict = verdictOf(node.operand);
      return (facts) => {
        const holds = verdict(facts);
        return holds === null ? null : !holds;
      };
    }
    case 'quantified': {
      const every = node.quantifier === 'all';
      const read = readerOf(node.argument);
      return where(node.needs, (facts) => {
        // An array that a function did not make is no answer, while a comparison with a missing array has none to give.
        const answers = read(facts) as readonly boolean[] | undefined;
        return answers !== undefined && (every ? !answers.includes(false) : answers.includes(true));
      });
    }
    case 'comparison': {
      const { test } = node;
      const read = readerOf(node.left);
      return where(node.needs, (facts) => {
        const value = read(facts);
        return value !== undefined && test(value as Scalar);
      });
    }
  }
}

function where({ http, dns }: Needs, holds: (facts: Facts) => boolean): Verdict {
  if (!http && !dns) return holds;
  return (facts) => ((http && facts.http === null) || (dns && facts.dns === null) ? null : holds(facts));
}

const COMBINED: Readonly<Record<Connective, (operands: readonly Verdict[]) => Verdict>> = {
  and: (operands) => (facts) => unless(false, operands, facts),
  or: (operands) => (facts) => unless(true, operands, facts),
  xor: (operands) => (facts) => {
    let odd = false;
    for (const operand of operands) {
      const holds = operand(facts);
      if (holds === null) return null;
      if (holds) odd = !odd;
    }
    return odd;
  },
};

/** `decisive` as soon as one operand is that; otherwise the opposite, or null where one had no answer. */
function unless(decisive: boolean, operands: readonly Verdict[], facts: Facts): boolean | null {
  let answer: boolean | null = !decisive;
  for (const operand of operands) {
    const holds = operand(facts);
    if (holds === decisive) return decisive;
    if (holds === null) answer = null;
  }
  return answer;
}

/** Conditions on each value of an array. Arrays of different lengths go as far together as the shortest. */
function answersOf(node: CheckedCondition): Answers {
  switch (node.kind) {
    case 'not': {
      const inner = answersOf(node.operand);
      return (facts) => inner(facts).map((holds) => !holds);
    }
    case 'logical': {
      const operands = node.operands.map(answersOf);
      const joined = JOINED[node.connective];
      return (facts) =>
        operands
          .map((operand) => operand(facts))
          .reduce((left, right) =>
            left.slice(0, right.length).map((holds, index) => joined(holds, right[index]!)),
          );
    }
    case 'comparison': {
      const { test } = node;
      const read = readerOf(node.left);
      return (facts) => ((read(facts) ?? []) as readonly Scalar[]).map(test);
    }
    case 'quantified':
      throw new TypeError('any(...) and all(...) have one answer');
  }
}

const JOINED: Readonly<Record<Connective, (a: boolean, b: boolean) => boolean>> = {
  and: (a, b) => a && b,
  or: (a, b) => a || b,
  xor: (a, b) => a !== b,
};

/** Only called for requests that have all the fields of the node: `where` has seen to that. */
function readerOf(node: Checked): Read {
  if (isCondition(node)) {
    if (node.type === 'array<boolean>') return answersOf(node);
    const verdict = verdictOf(node);
    return (facts) => verdict(facts) ?? undefined;
  }
  switch (node.kind) {
    case 'literal': {
      const { value } = node;
      return () => value;
    }
    case 'field': {
      const { field } = node;
      return (facts) => field.read(facts);
    }
    case 'indexed':
      return indexedReader(readerOf(node.of), node.keys);
    case 'call':
      return callReader(node);
  }
}

/** With `[*]` the array of all that it takes. */
function indexedReader(read: Read, keys: readonly Key[]): Read {
  const first = keys.indexOf(null);
  const inner = first < 0 ? keys : keys.slice(0, first);
  const single: Read = (facts) => {
    let value = read(facts);
    for (const key of inner) value = value === undefined ? undefined : taken(value, key);
    return value;
  };
  if (first < 0) return single;
  const outer = keys.slice(first + 1);
  return (facts) => {
    const all = single(facts);
    // Without the array nothing is missing when more is taken out of each value: then there are none.
    if (all === undefined) return outer.length === 0 || read(facts) === undefined ? undefined : [];
    return outer.reduce<readonly Value[]>(
      (values, key) =>
        key === null
          ? values.flatMap(valuesIn)
          : values.map((value) => taken(value, key)).filter((value) => value !== undefined),
      valuesIn(all),
    );
  };
}

function taken(value: Value, key: string | number | null): Value | undefined {
  return typeof key === 'number'
    ? (value as readonly Value[])[key]
    : (value as ReadonlyMap<string, Value>).get(key as string);
}

/** Those of a map in the order of their names. */
function valuesIn(value: Value): readonly Value[] {
  if (Array.isArray(value)) return value;
  const entries = [...(value as ReadonlyMap<string, Value>)];
  return entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

function callReader({
  apply,
  parameters,
  forEach,
  takesMissing,
}: Extract<CheckedValue, { kind: 'call' }>): Read {
  const readers = parameters.map(readerOf);
  const applied: Apply = takesMissing
    ? apply
    : (args) => (args.includes(undefined) ? undefined : apply(args));
  return (facts) => {
    const args = readers.map((read) => read(facts));
    return forEach ? applyToEach(applied, args) : applied(args);
  };
}

/**
 * Values for which the function has no result are left out. What all the results have together is bounded too: each of many values
 * could be joined with a long one.
 */
function applyToEach(apply: Apply, [values, ...rest]: readonly (Value | undefined)[]): Value | undefined {
  if (values === undefined) return undefined;
  const results: Value[] = [];
  let size = 0;
  for (const value of values as readonly Value[]) {
    const result = apply([value, ...rest]);
    if (result === undefined) continue;
    size += typeof result === 'string' || Array.isArray(result) ? result.length : 0;
    if (size > MAX_MADE_BYTES) return undefined;
    results.push(result);
  }
  return results;
}
