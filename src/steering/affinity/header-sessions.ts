import type { Pin } from '../sessions.js';
import { LONGEST_HEADER_TTL } from './session-ttl.js';

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
export const MAX_HEADER_SESSIONS = 100_000;
const LONGEST_MS = LONGEST_HEADER_TTL * 1000;

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
