import { inAscii, isAscii } from '../../hostname.js';
import { literal } from '../../like.js';
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
  const { operator, value } = read(text);
  return FILTERS[operator](value);
}

/** The same for names of zones, which are stored as DNS has them: of other scripts whole labels are found. */
export function zoneNameFilter(text: string): StringFilter {
  const { operator, value } = read(text);
  return FILTERS[operator](isAscii(value) ? value : inAscii(value) || value);
}

function read(text: string): { operator: Operator; value: string } {
  const colon = text.indexOf(':');
  const operator = OPERATORS.find((name) => name === text.slice(0, colon));
  return operator ? { operator, value: text.slice(colon + 1) } : { operator: 'equal', value: text };
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
