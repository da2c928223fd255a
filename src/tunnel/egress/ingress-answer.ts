const BASE64 = /^[A-Za-z0-9+/]*$/;
/** Names that most answers have, by the way connectors write them: looking them up is cheaper than decoding them. */
const COMMON_NAMES = new Map(
  `Accept-Ranges Access-Control-Allow-Origin Age Cache-Control Connection Content-Encoding Content-Length Content-Type
  Date Etag Expires Keep-Alive Last-Modified Link Location Server Set-Cookie Strict-Transport-Security Vary Via`
    .split(/\s+/)
    .map((name) => [Buffer.from(name).toString('base64').replace(/=+$/, ''), name]),
);
const CONNECTOR_FIELD = /^cf-(?:cloudflared|int|proxy|warp-tag)-/i;

/**
 * Whether a field belongs to the protocol between edge and connector. In a request of somebody else's it could make the
 * connector take the stream for something else; in a response it means nothing to anybody behind the edge.
 */
export const isConnectorField = (name: string): boolean => CONNECTOR_FIELD.test(name);

/** The value of a field in names and values in turn; the first one when it is repeated. */
export function rawField(raw: readonly string[], name: string): string | undefined {
  for (let i = 0; i < raw.length; i += 2) if (raw[i] === name) return raw[i + 1];
  return undefined;
}

/**
 * Who speaks in an answer, by the value of its `cf-cloudflared-response-meta`: the origin, or the connector itself, which
 * has none to pass on. Throws a SyntaxError.
 */
export function whoAnswers(meta: string | undefined): 'origin' | 'connector' {
  if (meta === undefined) throw new SyntaxError('cf-cloudflared-response-meta is missing');
  if (meta === '{"src":"origin"}') return 'origin';
  let parsed: unknown;
  try {
    parsed = JSON.parse(meta);
  } catch {}
  const source = (parsed as { src?: unknown } | null | undefined)?.src;
  if (source === 'origin') return 'origin';
  if (source === 'cloudflared') return 'connector';
  throw new SyntaxError(`cf-cloudflared-response-meta is ${JSON.stringify(meta.slice(0, 100))}`);
}

/**
 * The fields of the origin, in latin1, from the one value in which a connector brings them,
 * `cf-cloudflared-response-headers`: `name:value` pairs joined by `;`, both parts in base64 without padding. Those of the
 * connector are left out. What characters they are of is up to the caller. Throws a SyntaxError.
 */
export function originFields(serialized: string): readonly (readonly [name: string, value: string])[] {
  if (serialized === '') return [];
  const fields: (readonly [string, string])[] = [];
  for (const pair of serialized.split(';')) {
    const colon = pair.indexOf(':');
    if (colon < 1) throw unreadable('a pair without a name', pair);
    const coded = pair.slice(0, colon);
    const name = COMMON_NAMES.get(coded) ?? decoded(coded);
    const value = decoded(pair.slice(colon + 1));
    if (!isConnectorField(name)) fields.push([name, value]);
  }
  return fields;
}

function decoded(text: string): string {
  // Node skips what is not base64.
  if (!BASE64.test(text) || text.length % 4 === 1)
    throw unreadable('a part that is not base64 without padding', text);
  return Buffer.from(text, 'base64').toString('latin1');
}

/** Without the text, which goes into logs: it may be a cookie. */
function unreadable(what: string, text: string): SyntaxError {
  return new SyntaxError(`cf-cloudflared-response-headers has ${what}, of ${text.length} characters`);
}
