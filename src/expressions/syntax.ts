import type { Cidr } from '../net/cidr.js';
import type { Ip } from '../net/ip.js';
import type { StringToken } from './lexer.js';

export type Operator =
  | 'eq'
  | 'ne'
  | 'lt'
  | 'le'
  | 'gt'
  | 'ge'
  | 'contains'
  | 'wildcard'
  | 'strict wildcard'
  | 'matches'
  | 'in';

export type Connective = 'and' | 'xor' | 'or';

/** An expression as it was written; every position is an offset into its text. */
export type Node =
  | {
      readonly kind: 'logical';
      readonly connective: Connective;
      readonly operands: readonly Node[];
      readonly position: number;
    }
  | { readonly kind: 'not'; readonly operand: Node; readonly position: number }
  | Comparison
  | { readonly kind: 'field'; readonly name: string; readonly position: number }
  | Call
  | Item
  | { readonly kind: 'literal'; readonly literal: Literal; readonly position: number };

export interface Comparison {
  readonly kind: 'comparison';
  readonly left: Node;
  readonly operator: Operator;
  /** Several only after `in`. */
  readonly right: readonly Element[];
  /** Of the left side. */
  readonly position: number;
  readonly operatorPosition: number;
  readonly rightPosition: number;
}

export interface Call {
  readonly kind: 'call';
  readonly name: string;
  readonly parameters: readonly Node[];
  readonly position: number;
}

export interface Item {
  readonly kind: 'item';
  readonly of: Node;
  readonly key: { readonly kind: 'each' } | { readonly kind: 'number'; readonly value: number } | StringToken;
  /** Of what the index is in. */
  readonly position: number;
  readonly bracketPosition: number;
}

export type Literal =
  | { readonly kind: 'string'; readonly token: StringToken }
  | { readonly kind: 'integer'; readonly value: number; readonly text: string }
  | { readonly kind: 'ip'; readonly value: Ip; readonly text: string }
  | { readonly kind: 'boolean'; readonly value: boolean; readonly text: string };

/** What may stand in a set. */
export type Element = (
  | Literal
  | { readonly kind: 'integers'; readonly low: number; readonly high: number; readonly text: string }
  | { readonly kind: 'ips'; readonly low: Ip; readonly high: Ip; readonly text: string }
  | { readonly kind: 'network'; readonly cidr: Cidr; readonly text: string }
) & { readonly position: number };
