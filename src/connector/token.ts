/** What a tunnel token proves: the tunnel, its account and its secret. */
export interface TunnelCredentials {
  readonly accountTag: string;
  /** UUID. */
  readonly tunnelId: string;
  readonly secret: Buffer;
}

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Reads a token as the API gives it: base64 of `{"a": account, "t": tunnel, "s": base64 secret}`. Throws what is wrong. */
export function decodeToken(token: string): TunnelCredentials {
  const { a, t, s } = decodeJson(token.trim());
  if (typeof a !== 'string' || a === '') throw invalid('"a" must be the account id');
  if (typeof t !== 'string' || !UUID.test(t)) throw invalid('"t" must be the UUID of the tunnel');
  if (typeof s !== 'string' || !BASE64.test(s))
    throw invalid('"s" must be the secret of the tunnel in base64');
  return { accountTag: a, tunnelId: t.toLowerCase(), secret: Buffer.from(s, 'base64') };
}

function decodeJson(token: string): Record<string, unknown> {
  if (token === '') throw invalid('it is empty');
  if (!BASE64.test(token)) throw invalid('it is not base64; copy it whole, without quotes or line breaks');
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(token, 'base64').toString('utf8'));
  } catch {
    throw invalid('its base64 does not hold JSON; is it cut off?');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid('it does not hold an object');
  return value as Record<string, unknown>;
}

/** Never quotes the token: it is a secret. */
function invalid(reason: string): Error {
  return new Error(`invalid tunnel token: ${reason}`);
}
