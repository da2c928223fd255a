import type { LiveAffinityAttributes } from '../../live/snapshot.js';

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
