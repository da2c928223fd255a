/** A target as it is matched with rules, and as the service gets it. */
export interface EdgeRequestTarget {
  /** Without the query, percent escapes decoded. */
  readonly path: string;
  /** Path and query. */
  readonly sent: string;
}

/** What may stand in a path as it is, percent escapes included. */
const VALID_PATH = /^[A-Za-z0-9\-_.~$&+,/:;=@!'()*[\]%]*$/;
/** What is escaped in a path that is written anew: more than what is not valid. */
const ESCAPED = /[^A-Za-z0-9\-_.~$&+,/:;=@]/g;

/**
 * Reads a target as Go's `net/url` does, and so cloudflared: a path with nothing but valid characters stays as it came, its
 * escapes included (`/a%2Fb`, `//`, `/../`); any other is decoded and escaped anew as a whole, so that `/a%2Fb|c` becomes
 * `/a/b%7Cc`. A query stays as it came. Null for an escape that is none, a path that does not start with `/`, and a blank in
 * a query.
 */
export function readEdgeTarget(target: string): EdgeRequestTarget | null {
  if (target === '*') return { path: '*', sent: '*' };
  const mark = target.indexOf('?');
  const raw = mark < 0 ? target : target.slice(0, mark);
  const query = mark < 0 ? '' : target.slice(mark);
  if (!raw.startsWith('/') || !/^[\x21-\xff]*$/.test(query)) return null;
  if (/%(?![0-9A-Fa-f]{2})/.test(raw)) return null;
  const bytes = raw.replace(/%(..)/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  const path = Buffer.from(bytes, 'latin1').toString('utf8');
  return { path, sent: `${VALID_PATH.test(raw) ? raw : bytes.replace(ESCAPED, escaped)}${query}` };
}

const escaped = (character: string) =>
  `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
