import type { StringToken } from './lexer.js';

export type Operator =
  | 'eq'
  | 'ne'
  | 'lt'
  | 'le'
  | 'gt'
  | 'ge'
  | 'bitwise_and'
  | 'contains'
  | 'wildcard'
  | 'strict wildcard'
  | 'matches'
  | 'in';

export type Connective = 'and' | 'xor' | 'or';
export type Quantifier = 'any' | 'all';

/** An expression as it was written; every position is an offset into its text. */
export type ExpressionNode =
  | {
      readonly kind: 'logical';
      readonly connective: Connective;
      readonly operands: readonly ExpressionNode[];
      readonly position: number;
    }
  /** A group is a condition, where the same without parentheses may be a value. */
  | { readonly kind: 'not' | 'group'; readonly operand: ExpressionNode; readonly position: number }
  | Quantified
  | ComparisonNode
  | FieldNode
  | Call
  | Indexed
  | LiteralNode;

export interface FieldNode {
  readonly kind: 'field';
  readonly name: string;
  readonly position: number;
}

export interface LiteralNode {
  readonly kind: 'literal';
  readonly literal: Literal;
  readonly position: number;
}

/** `any(...)`, `all(...)`. */
export interface Quantified {
  readonly kind: 'quantified';
  readonly quantifier: Quantifier;
  readonly argument: ExpressionNode;
  readonly position: number;
}

export interface ComparisonNode {
  readonly kind: 'comparison';
  readonly left: ExpressionNode;
  readonly operator: Operator;
  /** Several, or none, only after `in`. */
  readonly right: readonly Element[];
  /** Of the left side. */
  readonly position: number;
  readonly operatorPosition: number;
}

export interface Call {
  readonly kind: 'call';
  readonly name: string;
  readonly parameters: readonly ExpressionNode[];
  readonly position: number;
}

export interface Indexed {
  readonly kind: 'indexed';
  readonly of: FieldNode | Call;
  readonly indexes: readonly Index[];
  /** Of what the first index is in. */
  readonly position: number;
}

export type Index = (
  | { readonly kind: 'each' }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'name'; readonly token: StringToken }
) & { readonly position: number };

/** What a word is depends on what it is compared with: `10:20` are two bytes or no address. */
export type Literal =
  | { readonly kind: 'string'; readonly token: StringToken }
  | { readonly kind: 'word'; readonly text: string };

/** What may stand right of an operator, and in a set. */
export type Element = Literal & { readonly position: number };
