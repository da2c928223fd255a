import { createHash } from 'node:crypto';
import type { LiveAffinityAttributes } from '../../live/snapshot.js';
import type { SessionSource } from '../visit.js';

const COOKIES = 'cookie';
const NAMED_COOKIES = /^cookie:(.*)$/i;

/**
 * The name of the session that the configured headers of a request stand for; null when they stand for none. Other
 * headers present, or other values, are another session. It is a hash: what headers say is not kept.
 */
export function headerSessionKey(
  loadBalancerId: string,
  { headers, requireAllHeaders }: Pick<LiveAffinityAttributes, 'headers' | 'requireAllHeaders'>,
  sessionSource: SessionSource,
): string | null {
  const hash = createHash('sha256').update(part(loadBalancerId));
  let present = 0;
  let missing = 0;
  for (const [name, value] of headers.flatMap((header) => valuesOf(header, sessionSource))) {
    if (value === undefined) missing += 1;
    else {
      present += 1;
      hash.update(part(name)).update(part(value));
    }
  }
  if (present === 0 || (requireAllHeaders && missing > 0)) return null;
  return hash.digest('base64');
}

/** With its length, so that no two lists of texts make the same bytes. */
const part = (text: string) => `${text.length}:${text}`;

/** Each cookie of `cookie:a,b` counts by itself. */
function valuesOf(header: string, sessionSource: SessionSource): [name: string, value: string | undefined][] {
  const named = NAMED_COOKIES.exec(header)?.[1];
  if (named !== undefined) {
    return named.split(',').map((name) => [`cookie:${name.trim()}`, sessionSource.cookie(name.trim())]);
  }
  const name = header.toLowerCase();
  return [[name, name === COOKIES ? sessionSource.cookies() : sessionSource.header(name)]];
}
