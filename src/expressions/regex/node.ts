/** Sorted, apart from one another, both ends included: bytes, or code points. */
export type Ranges = readonly (readonly [low: number, high: number])[];

/** A place between two bytes. */
export type Assertion =
  | 'start'
  | 'end'
  | 'line start'
  | 'line end'
  | 'CRLF line start'
  | 'CRLF line end'
  | `${'' | 'Unicode '}${'word boundary' | 'no word boundary' | 'word start' | 'word end' | 'no word before' | 'no word after'}`;

/** What a pattern asks of bytes: flags, classes and UTF-8 are already worked out. */
export type PatternNode =
  /** These bytes, one character for each; '' matches everywhere. */
  | { readonly kind: 'literal'; readonly bytes: string }
  /** One byte of a set, which may be empty: then nothing matches. */
  | { readonly kind: 'byte'; readonly ranges: Ranges }
  | { readonly kind: 'assertion'; readonly assertion: Assertion }
  | {
      readonly kind: 'repetition';
      readonly of: PatternNode;
      readonly least: number;
      /** Null is without end. */
      readonly most: number | null;
      readonly greedy: boolean;
    }
  | { readonly kind: 'capture'; readonly of: PatternNode }
  | { readonly kind: 'sequence' | 'alternatives'; readonly parts: readonly PatternNode[] };

export const NOTHING: PatternNode = { kind: 'literal', bytes: '' };

/** What is wrong with a pattern, and where. */
export class PatternError extends Error {
  /** `offset` is in the pattern's text, from 0 to its length. */
  constructor(
    message: string,
    readonly offset: number,
  ) {
    super(message);
  }
}
