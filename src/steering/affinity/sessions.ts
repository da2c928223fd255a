import { createHmac, timingSafeEqual } from 'node:crypto';
import { AFFINITY_TTL } from '../../domain/affinity-ttl.js';
import type { LiveAffinityAttributes, LivePool, LiveSettings } from '../../state/snapshot.js';
import type { Pin, Sessions } from '../contract.js';
import { createHeaderSessions, type HeaderSessions, headerSessionKey } from './header-sessions.js';

/** Seals pins into cookie values that only holders of the same key can make, and opens them again. */
interface CookieValues {
  /** `issuedAt` is unix seconds. The value has characters of cookie values alone and tells no address. */
  seal(loadBalancerId: string, pin: Pin, issuedAt: number): string;
  /**
   * What a value of `seal` says; null when it was made by somebody else, for another load balancer, or changed. The origin
   * key is '' when the pool has no such origin any more.
   */
  open(loadBalancerId: string, value: string): { readonly pin: Pin; readonly issuedAt: number } | null;
}

/** Longer ones were not made here. */
const MAX_LENGTH = 256;
/** Issue time, pool, tag of the origin, and the proof that covers them. */
const SHAPE = /^([0-9a-z]{1,11})\.([0-9A-Za-z_-]{1,64})\.([0-9A-Za-z_-]{22})\.([0-9A-Za-z_-]{43})$/;
const TAG_BYTES = 16;

/** `key`: 32 secret bytes, the same for all who read each other's cookies. */
function createCookieValues(
  key: Uint8Array,
  pools: ReadonlyMap<string, Pick<LivePool, 'origins'>>,
): CookieValues {
  /** A pool object is replaced when it changes, and its entry goes with it. */
  const keysByTag = new WeakMap<Pick<LivePool, 'origins'>, ReadonlyMap<string, string>>();

  const mac = (text: string): Buffer => createHmac('sha256', key).update(text).digest();

  const proofOf = (loadBalancerId: string, content: string): string =>
    mac(`session\n${loadBalancerId}\n${content}`).toString('base64url');

  /** In place of the origin's key, which has its address. */
  const tagOf = (originKey: string): string =>
    mac(`origin\n${originKey}`).subarray(0, TAG_BYTES).toString('base64url');

  function originKeyOf(poolId: string, tag: string): string {
    const pool = pools.get(poolId);
    if (!pool) return '';
    let keys = keysByTag.get(pool);
    if (!keys) {
      keys = new Map(pool.origins.map((origin) => [tagOf(origin.key), origin.key]));
      keysByTag.set(pool, keys);
    }
    return keys.get(tag) ?? '';
  }

  return {
    seal(loadBalancerId, { poolId, originKey }, issuedAt) {
      const content = `${issuedAt.toString(36)}.${poolId}.${tagOf(originKey)}`;
      return `${content}.${proofOf(loadBalancerId, content)}`;
    },
    open(loadBalancerId, value) {
      const match = value.length <= MAX_LENGTH ? SHAPE.exec(value) : null;
      if (!match) return null;
      const [, issuedAt, poolId, tag, proof] = match as unknown as [string, string, string, string, string];
      const expected = proofOf(loadBalancerId, `${issuedAt}.${poolId}.${tag}`);
      // As text: several texts stand for the same bytes, and one of them alone was made here.
      if (!timingSafeEqual(Buffer.from(expected), Buffer.from(proof))) return null;
      return {
        pin: { poolId, originKey: originKeyOf(poolId, tag) },
        issuedAt: Number.parseInt(issuedAt, 36),
      };
    },
  };
}

const SESSION_COOKIE = '__cflb';

/**
 * The value of the Set-Cookie field for a session that ends at `expires` (unix milliseconds). `Auto` goes by Always Use
 * HTTPS, a setting that is a zone's with Cloudflare and this server's here.
 */
export function setCookie(
  value: string,
  { secure, samesite }: Pick<LiveAffinityAttributes, 'secure' | 'samesite'>,
  expires: number,
  alwaysUseHttps: boolean,
): string {
  const isSecure = secure === 'Auto' ? alwaysUseHttps : secure === 'Always';
  const site = samesite === 'Auto' ? (alwaysUseHttps ? 'None' : 'Lax') : samesite;
  return (
    `${SESSION_COOKIE}=${value}; Path=/; Expires=${new Date(expires).toUTCString()}; HttpOnly` +
    `${isSecure ? '; Secure' : ''}; SameSite=${site}`
  );
}

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
