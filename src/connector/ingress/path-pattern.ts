import type { RE2JS } from 're2js';
import { re2 } from '../../net/re2.js';
import { ConfigurationError, shown } from './configuration-error.js';

/** A regular expression of Go's syntax. Any part of the path may match; the time is linear in it. */
export interface PathPattern {
  readonly source: string;
  matches(path: string): boolean;
}

/** What a match costs for each character: `[ab]{1000}` is a thousand instructions. */
const MAX_INSTRUCTIONS = 2_000;

/** Throws a ConfigurationError when there is no such expression, or it costs too much. */
export function parsePathPattern(source: string, at: string): PathPattern {
  const compiled = compile(source, at);
  if (compiled.programSize() > MAX_INSTRUCTIONS)
    throw new ConfigurationError(
      at,
      `${shown(source)} needs ${compiled.programSize()} steps for each character, of at most ${MAX_INSTRUCTIONS}`,
    );
  return { source, matches: (path) => compiled.test(path) };
}

function compile(source: string, at: string): RE2JS {
  try {
    return re2().compile(source);
  } catch (error) {
    throw new ConfigurationError(
      at,
      `${shown(source)} is no regular expression: ${(error as Error).message}`,
    );
  }
}
