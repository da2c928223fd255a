import { canonicalName, isHopByHop, remembered } from './header-names.js';

export const META_ORIGIN = '{"src":"origin"}';

/** Only between connectors and edges, so that nothing behind a connector may send them. */
const CONTROL_PREFIXES = ['cf-int-', 'cf-cloudflared-', 'cf-proxy-'];
/** Go's HTTP client, through which cloudflared reads answers, takes these two for itself. */
const OF_THE_TRANSFER = new Set(['transfer-encoding', 'trailer']);

type HeaderPair = readonly [name: string, value: string];

/** Pairs out of Node's flat list. */
export function* pairsOf(rawHeaders: readonly string[]): Generator<HeaderPair> {
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

export function append(lists: Map<string, string[]>, name: string, value: string): void {
  const list = lists.get(name);
  if (list) list.push(value);
  else lists.set(name, [value]);
}
