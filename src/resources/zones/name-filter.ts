import { literal } from '../like.js';
import { OPERATORS } from './schema.js';

type Operator = (typeof OPERATORS)[number];

interface StringFilter {
  equals?: string;
  not?: string;
  startsWith?: string;
  endsWith?: string;
  contains?: string;
  mode?: 'insensitive';
}

/** `contains:example` and the like, as the zone list takes them; without an operator the whole name is meant. */
export function nameFilter(text: string): StringFilter {
  const colon = text.indexOf(':');
  const operator = OPERATORS.find((name) => name === text.slice(0, colon));
  return operator ? FILTERS[operator](text.slice(colon + 1)) : { equals: text };
}

const mode = 'insensitive';

const FILTERS = {
  equal: (value) => ({ equals: value }),
  not_equal: (value) => ({ not: value }),
  starts_with: (value) => ({ startsWith: literal(value), mode }),
  ends_with: (value) => ({ endsWith: literal(value), mode }),
  contains: (value) => ({ contains: literal(value), mode }),
  starts_with_case_sensitive: (value) => ({ startsWith: literal(value) }),
  ends_with_case_sensitive: (value) => ({ endsWith: literal(value) }),
  contains_case_sensitive: (value) => ({ contains: literal(value) }),
} satisfies Record<Operator, (value: string) => StringFilter>;
