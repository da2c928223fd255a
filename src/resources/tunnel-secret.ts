import { createHash, randomBytes } from 'node:crypto';

const MINIMUM = 32;
/** Cloudflare names no upper bound; nobody needs more, and it is sent around as a command-line argument. */
const MAXIMUM = 1024;

export const SECRET_RULE = `must be ${MINIMUM} to ${MAXIMUM} bytes encoded as base64`;

export const newSecret = (): Uint8Array<ArrayBuffer> => Uint8Array.from(randomBytes(MINIMUM));

/** The bytes of a secret in standard, padded base64; null when it is not that, too short or too long. */
export function decodeSecret(text: string): Uint8Array<ArrayBuffer> | null {
  const bytes = Uint8Array.from(Buffer.from(text, 'base64'));
  const exact = encodeSecret(bytes) === text;
  return exact && bytes.length >= MINIMUM && bytes.length <= MAXIMUM ? bytes : null;
}

export const encodeSecret = (secret: Uint8Array): string => Buffer.from(secret).toString('base64');

/** What the data plane gets to check a secret with: SHA-256, hex. */
export const secretDigest = (secret: Uint8Array): string => createHash('sha256').update(secret).digest('hex');

/** What a connector is started with: base64 of JSON with the account, the tunnel and the secret. */
export function connectorToken(tunnel: { id: string; accountId: string }, secret: Uint8Array): string {
  const content = { a: tunnel.accountId, t: tunnel.id, s: encodeSecret(secret) };
  return Buffer.from(JSON.stringify(content)).toString('base64');
}
