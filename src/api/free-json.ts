/** No document that a person writes nests deeper, and everything that walks one may recurse. */
const MAX_DEPTH = 32;
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * What is wrong with a part of a body that is stored as it comes, or null: PostgreSQL keeps neither NUL nor half a
 * character in any string or key, and nothing nests deeper than 32 levels.
 */
export function freeJsonComplaint(value: unknown, depth = 0): string | null {
  if (typeof value === 'string') return textComplaint(value);
  if (typeof value !== 'object' || value === null) return null;
  if (depth === MAX_DEPTH) return `must not nest deeper than ${MAX_DEPTH} levels`;
  for (const [key, member] of Object.entries(value)) {
    const complaint = textComplaint(key) ?? freeJsonComplaint(member, depth + 1);
    if (complaint) return complaint;
  }
  return null;
}

/** The same without the members of objects that are null or undefined, at every level: a client that sends null means "not set". */
export function withoutNulls<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(withoutNulls) as T;
  const members = Object.entries(value).filter(([, member]) => member !== null && member !== undefined);
  return Object.fromEntries(members.map(([key, member]) => [key, withoutNulls(member)])) as T;
}

function textComplaint(text: string): string | null {
  if (text.includes('\0')) return 'must not contain NUL characters';
  return LONE_SURROGATE.test(text) ? 'must be valid Unicode text' : null;
}
