import type { Checked, Needs } from './check.js';
import type { Facts } from './facts.js';
import type { Apply } from './functions.js';
import { MAX_MADE_BYTES } from './limits.js';
import type { Connective } from './syntax.js';
import type { Scalar, Value } from './types.js';

/**
 * Whether a condition holds; null when this kind of request does not have a field that decides it. Null is neither true nor
 * false: `not` leaves it, and `and` and `or` need it only where the other sides do not decide alone.
 */
export type Verdict = (facts: Facts) => boolean | null;

/** Undefined is a missing value: a comparison with it is false, and a function of it is missing too. */
type Read = (facts: Facts) => Value | undefined;

/** One answer for each value of an array; undefined when the array is missing. */
type Answers = readonly boolean[] | undefined;

/** A checked condition as a function that never throws. */
export function verdictOf(node: Checked): Verdict {
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
    default: {
      const read = readerOf(node);
      return where(node.needs, (facts) => read(facts) === true);
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

/** Only called for requests that have all the fields of the node: `where` has seen to that. */
function readerOf(node: Checked): Read {
  switch (node.kind) {
    case 'literal': {
      const { value } = node;
      return () => value;
    }
    case 'field': {
      const { field } = node;
      return (facts) => field.read(facts);
    }
    case 'item':
      return itemReader(readerOf(node.of), node.key);
    case 'call':
      return callReader(node);
    case 'comparison':
      return comparisonReader(node);
    case 'logical':
    case 'not': {
      if (node.unpacked) return answersOf(node);
      const verdict = verdictOf(node);
      return (facts) => verdict(facts) ?? undefined;
    }
  }
}

function itemReader(read: Read, key: string | number | null): Read {
  if (key === null) return read;
  if (typeof key === 'number') return (facts) => (read(facts) as readonly Scalar[] | undefined)?.[key];
  return (facts) => (read(facts) as ReadonlyMap<string, readonly string[]> | undefined)?.get(key);
}

function comparisonReader({ left, test }: Extract<Checked, { kind: 'comparison' }>): Read {
  const read = readerOf(left);
  if (!left.unpacked)
    return (facts) => {
      const value = read(facts);
      return value !== undefined && test(value as Scalar);
    };
  return (facts) =>
    (read(facts) as readonly (Scalar | undefined)[] | undefined)?.map(
      (value) => value !== undefined && test(value),
    );
}

function callReader({ apply, parameters, each }: Extract<Checked, { kind: 'call' }>): Read {
  const readers = parameters.map(readerOf);
  return (facts) => {
    const args: Value[] = [];
    for (const read of readers) {
      const value = read(facts);
      if (value === undefined) return undefined;
      args.push(value);
    }
    return each ? applyToEach(apply, args) : apply(args);
  };
}

/** What all the results have together is bounded too: each of many values could be joined with a long one. */
function applyToEach(apply: Apply, [values, ...rest]: readonly Value[]): Value | undefined {
  const results: (Scalar | undefined)[] = [];
  let bytes = 0;
  for (const value of values as readonly (Scalar | undefined)[]) {
    const result = value === undefined ? undefined : apply([value, ...rest]);
    if (typeof result === 'string') bytes += result.length;
    if (bytes > MAX_MADE_BYTES) return undefined;
    results.push(result);
  }
  return results;
}

/** Conditions on unpacked values: one answer for each value, all from one array and so of one length. */
function answersOf(node: Checked): (facts: Facts) => Answers {
  if (node.kind === 'not') {
    const inner = answersOf(node.operand);
    return (facts) => inner(facts)?.map((holds) => !holds);
  }
  if (node.kind !== 'logical') return readerOf(node) as (facts: Facts) => Answers;
  const operands = node.operands.map(answersOf);
  const combined = JOINED[node.connective];
  return (facts) => {
    const all = operands.map((operand) => operand(facts));
    return all.reduce((left, right) => left && right && left.map((holds, i) => combined(holds, right[i]!)));
  };
}

const JOINED: Readonly<Record<Connective, (a: boolean, b: boolean) => boolean>> = {
  and: (a, b) => a && b,
  or: (a, b) => a || b,
  xor: (a, b) => a !== b,
};
