import { canonicalName, isHopByHop } from './header-names.js';

/** Named or answered here; what is left of them goes to no service. */
const NOT_PASSED_ON = new Set([
  'host',
  'expect',
  'content-length',
  'http2-settings',
  'cf-cloudflared-proxy-connection-upgrade',
]);

/** The visitor's headers in the form of HTTP/1.1, repeated ones as lists; without Host and without what tells the body's length. */
export function requestHeaders(rawHeaders: readonly string[]): Record<string, string[]> {
  // Without a prototype: a field may well be called `constructor`.
  const headers: Record<string, string[]> = Object.create(null);
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!.toLowerCase();
    if (name.startsWith(':') || isHopByHop(name) || NOT_PASSED_ON.has(name)) continue;
    const canonical = canonicalName(name);
    const values = headers[canonical];
    if (values) values.push(rawHeaders[i + 1]!);
    else headers[canonical] = [rawHeaders[i + 1]!];
  }
  // HTTP/2 may send each cookie by itself; HTTP/1.1 has one field.
  if (headers.Cookie) headers.Cookie = [headers.Cookie.join('; ')];
  return headers;
}

/** How long the body of a request is: not there, so many bytes, or only its end tells. */
export type BodyLength = number | 'none' | 'unknown';

/** `endStream`: the headers were all. Null when there are lengths that cannot be. */
export function bodyLength(given: readonly string[], endStream: boolean): BodyLength | null {
  const lengths = new Set(given);
  if (lengths.size > 1) return null;
  const [length] = lengths;
  if (length === undefined) return endStream ? 'none' : 'unknown';
  if (!/^\d{1,15}$/.test(length) || (endStream && Number(length) > 0)) return null;
  return Number(length);
}

/** Those whose requests rarely have a body: without a length they get one only when bytes come. */
const USUALLY_WITHOUT = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'PROPFIND', 'SEARCH']);
export const usuallyHasNoBody = (method: string): boolean => USUALLY_WITHOUT.has(method);

const WITH_A_LENGTH_OF_ZERO = new Set(['POST', 'PUT', 'PATCH']);

/** The header that tells the service where the body ends; that there is none is told where a body is usual, as Go does it. */
export function framing(method: string, length: BodyLength): Record<string, string> {
  if (length === 'unknown') return { 'Transfer-Encoding': 'chunked' };
  if (length === 'none' || length === 0)
    return WITH_A_LENGTH_OF_ZERO.has(method) ? { 'Content-Length': '0' } : {};
  return { 'Content-Length': String(length) };
}
