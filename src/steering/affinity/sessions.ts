import { AFFINITY_TTL } from '../../domain/affinity-ttl.js';
import type { LivePool, LiveSettings } from '../../state/snapshot.js';
import type { Sessions } from '../contract.js';
import { createCookieValues, SESSION_COOKIE, setCookie } from './cookie-sessions.js';
import { createHeaderSessions, type HeaderSessions, headerSessionKey } from './header-sessions.js';

interface SessionsOptions {
  readonly pools: ReadonlyMap<string, LivePool>;
  /** 32 secret bytes that stay the same, so that cookies outlive a restart. */
  readonly key: Uint8Array;
  readonly alwaysUseHttps: boolean;
  readonly headerSessions?: HeaderSessions;
}

/** Sessions of requests, and the same for who only asks: nothing that `look` finds counts as used, and it pins nothing. */
export interface TrafficSessions extends Sessions {
  readonly look: Sessions;
  /** Forgets those by headers. A cookie holds its session itself. */
  clear(): void;
}

/** Clocks of machines that share a key differ by so much at most, in seconds. */
const CLOCK_SKEW = 60;

/**
 * Session affinity: by a cookie that holds the pin itself (`cookie` and `ip_cookie`), or by the values of headers, in a
 * table of this process (`header`).
 */
export function createSessions({ pools, key, alwaysUseHttps, ...rest }: SessionsOptions): TrafficSessions {
  const values = createCookieValues(key, pools);
  const table = rest.headerSessions ?? createHeaderSessions();

  function finder(ofTable: 'look' | 'use'): Sessions['find'] {
    return (loadBalancer, settings, { sessionSource, now }) => {
      if (settings.affinity === 'none' || sessionSource === null) return null;
      const ttl = sessionTtl(settings);
      if (settings.affinity === 'header') {
        const session = headerSessionKey(loadBalancer.id, settings.affinityAttributes, sessionSource);
        return session === null ? null : table[ofTable](session, ttl, now);
      }
      const cookie = sessionSource.cookie(SESSION_COOKIE);
      const opened = cookie === undefined ? null : values.open(loadBalancer.id, cookie);
      const age = opened ? now / 1000 - opened.issuedAt : Number.NaN;
      return opened && age < ttl && age > -CLOCK_SKEW ? opened.pin : null;
    };
  }

  return {
    find: finder('use'),
    pin(loadBalancer, settings, { sessionSource, now }, pin) {
      if (settings.affinity === 'none' || sessionSource === null) return null;
      if (settings.affinity === 'header') {
        const session = headerSessionKey(loadBalancer.id, settings.affinityAttributes, sessionSource);
        if (session !== null) table.keep(session, pin, now);
        return null;
      }
      const issuedAt = Math.floor(now / 1000);
      const value = values.seal(loadBalancer.id, pin, issuedAt);
      const expires = (issuedAt + sessionTtl(settings)) * 1000;
      return setCookie(value, settings.affinityAttributes, expires, alwaysUseHttps);
    },
    look: { find: finder('look'), pin: () => null },
    clear: table.clear,
  };
}

/**
 * Seconds that a session lasts: of a cookie from its beginning, of headers from the last request. A rule may change the
 * kind alone: a time that is out of the range of the new kind means its default.
 */
function sessionTtl({ affinity, affinityTtl }: Pick<LiveSettings, 'affinity' | 'affinityTtl'>): number {
  const { initial, minimum, maximum } = AFFINITY_TTL[affinity === 'none' ? 'cookie' : affinity];
  if (affinityTtl === null || affinityTtl < minimum || affinityTtl > maximum) return initial;
  return affinityTtl;
}
