import { createHmac, timingSafeEqual } from 'node:crypto';
import type { LiveAffinityAttributes, LivePool } from '../../state/snapshot.js';
import type { Pin } from '../contract.js';

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
export function createCookieValues(
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

export const SESSION_COOKIE = '__cflb';

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
