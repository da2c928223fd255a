/** Escapes of escapes, however deep, with one level left. */
const NESTED = /%(?:25)+([0-9a-f]{2})/gi;

/**
 * A path or the value of a filter with doubly encoded escapes (`%252F`) undone until one level is left, in one pass however deep they
 * are. Some SDKs send them: Cloudflare's description has encoded values as examples (`172.16.0.0%2F16`), which are encoded once more.
 */
export const undoNested = (text: string): string =>
  text.includes('%25') ? text.replace(NESTED, '%$1') : text;

/** A filter whose values have no `%` of their own, such as a time or a network, without its second encoding. */
export function decodedFilter(value: string): string {
  try {
    return decodeURIComponent(undoNested(value));
  } catch {
    return value;
  }
}

/** What a filter by text may mean: the text as it is, and what it is the encoding of. A name may have a `%` of its own. */
export function spellings(value: string): string[] {
  const decoded = decodedFilter(value);
  return decoded === value || decoded.includes('\0') ? [value] : [value, decoded];
}
