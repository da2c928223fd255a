import { createHash } from 'node:crypto';
import { AFFINITY_TTL } from '../../domain/affinity-ttl.js';
import type { LiveAffinityAttributes } from '../../state/snapshot.js';
import type { Pin, SessionSource } from '../contract.js';

/** The sessions that are known by headers, of all load balancers: each ends when it was not used for its time. */
export interface HeaderSessions {
  readonly size: number;
  /** `ttl` in seconds, `now` in unix milliseconds. Does not count as a use. */
  look(key: string, ttl: number, now: number): Pin | null;
  /** As `look`, and a use: the session's time begins again. */
  use(key: string, ttl: number, now: number): Pin | null;
  keep(key: string, pin: Pin, now: number): void;
  /** Forgets all. */
  clear(): void;
}

interface Session {
  readonly pin: Pin;
  usedAt: number;
}

/** Some twenty megabytes at most. */
const MAX_HEADER_SESSIONS = 100_000;
/** The longest time that a session is kept without a request. */
const LONGEST_MS = AFFINITY_TTL.header.maximum * 1000;

/** With more than `limit` sessions, the one that was used the longest ago is forgotten. */
export function createHeaderSessions(limit = MAX_HEADER_SESSIONS): HeaderSessions {
  /** In the order of their last use. */
  const sessions = new Map<string, Session>();

  function live(key: string, ttl: number, now: number): Session | null {
    const session = sessions.get(key);
    return session && now < session.usedAt + ttl * 1000 ? session : null;
  }

  function forgetOld(now: number): void {
    for (const [key, { usedAt }] of sessions) {
      if (sessions.size <= limit && now < usedAt + LONGEST_MS) return;
      sessions.delete(key);
    }
  }

  return {
    get size() {
      return sessions.size;
    },
    look: (key, ttl, now) => live(key, ttl, now)?.pin ?? null,
    use(key, ttl, now) {
      const session = live(key, ttl, now);
      if (!session) return null;
      sessions.delete(key);
      session.usedAt = now;
      sessions.set(key, session);
      return session.pin;
    },
    keep(key, pin, now) {
      sessions.delete(key);
      sessions.set(key, { pin, usedAt: now });
      forgetOld(now);
    },
    clear: () => sessions.clear(),
  };
}

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
