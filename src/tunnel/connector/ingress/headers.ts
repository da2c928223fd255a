import { CONNECTION_FIELDS } from '../../h2/headers.js';

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

const META_ORIGIN = '{"src":"origin"}';

/** Only between connectors and edges, so that nothing behind a connector may send them. */
const CONTROL_PREFIXES = ['cf-int-', 'cf-cloudflared-', 'cf-proxy-'];
/** Go's HTTP client, through which cloudflared reads answers, takes these two for itself. */
const OF_THE_TRANSFER = new Set(['transfer-encoding', 'trailer']);

type HeaderPair = readonly [name: string, value: string];

/** Pairs out of Node's flat list. */
function* pairsOf(rawHeaders: readonly string[]): Generator<HeaderPair> {
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) yield [rawHeaders[i]!, rawHeaders[i + 1]!];
}

/**
 * The answer's headers for the edge: all of the origin's in one (`name:value` pairs joined by `;`, both in base64, repeated
 * names as repeated pairs), and the length once more in the open, where HTTP/2 wants it. `rawHeaders` is Node's flat list; its values are Latin-1.
 */
export function responseHeaders(
  status: number,
  rawHeaders: readonly string[],
): Record<string, string | number> {
  const serialized: string[] = [];
  let length: string | undefined;
  let isChunked = false;
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!.toLowerCase();
    const value = rawHeaders[i + 1]!;
    if (name === 'transfer-encoding') isChunked = true;
    if (isControl(name) || OF_THE_TRANSFER.has(name)) continue;
    if (name === 'content-length') length ??= value;
    serialized.push(`${codedName(name)}:${base64(value)}`);
  }
  const headers: Record<string, string | number> = {
    ':status': status,
    'cf-cloudflared-response-meta': META_ORIGIN,
    'cf-cloudflared-response-headers': serialized.join(';'),
  };
  if (length !== undefined && !isChunked) headers['content-length'] = length;
  return headers;
}

/** Without padding. */
function base64(text: string): string {
  const padded = Buffer.from(text, 'latin1').toString('base64');
  const spare = text.length % 3;
  return spare === 0 ? padded : padded.slice(0, spare - 3);
}

const codedName = remembered((name) => base64(canonicalName(name)));

const isControl = (name: string) =>
  name.startsWith('cf-') && CONTROL_PREFIXES.some((prefix) => name.startsWith(prefix));

/** Of an answer's trailers, those that HTTP/2 can carry; null when there are none. */
export function trailersForHttp2(rawTrailers: readonly string[]): Record<string, string[]> | null {
  const trailers = new Map<string, string[]>();
  for (const [given, value] of pairsOf(rawTrailers)) {
    const name = given.toLowerCase();
    if (!isHopByHop(name) && !isControl(name)) append(trailers, name, value);
  }
  return trailers.size > 0 ? Object.fromEntries(trailers) : null;
}

function append(lists: Map<string, string[]>, name: string, value: string): void {
  const list = lists.get(name);
  if (list) list.push(value);
  else lists.set(name, [value]);
}

/** `content-type` as `Content-Type`: the form that header names have in Go's HTTP/1.1, and so in cloudflared. */
export const canonicalName = remembered((name) =>
  name.toLowerCase().replace(/(^|-)[a-z]/g, (letters) => letters.toUpperCase()),
);

/** About one connection and not about the message, so that they end here. HTTP/2 has none of them. */
const isHopByHop = (name: string): boolean => CONNECTION_FIELDS.has(name);

/** What strangers may make us remember. */
const MAX_NAMES = 1_000;
const MAX_NAME_LENGTH = 64;

/** `spell`, which is asked once for each of the first names: nearly all messages have the same few. */
function remembered(spell: (name: string) => string): (name: string) => string {
  const known = new Map<string, string>();
  return (name) => {
    const before = known.get(name);
    if (before !== undefined) return before;
    const spelled = spell(name);
    if (known.size < MAX_NAMES && name.length <= MAX_NAME_LENGTH) known.set(name, spelled);
    return spelled;
  };
}
