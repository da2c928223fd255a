import { createHash, randomBytes } from 'node:crypto';

/** Of the text, not of what it decodes to: the acceptance tests of Terraform's provider send 24 bytes as 32 letters. */
const MIN_TEXT = 32;
/** Cloudflare names no upper bound; nobody needs more, and it is sent around as a command-line argument. */
const MAX_BYTES = 1024;
const NEW_BYTES = 32;

export const SECRET_RULE = `must be base64 text of ${MIN_TEXT} characters or more, which stands for ${MAX_BYTES} bytes at most`;

export const newSecret = (): Uint8Array<ArrayBuffer> => Uint8Array.from(randomBytes(NEW_BYTES));

/** The bytes of a secret in standard, padded base64; null when it is not that, too short or too long. */
export function decodeSecret(text: string): Uint8Array<ArrayBuffer> | null {
  const bytes = Uint8Array.from(Buffer.from(text, 'base64'));
  const exact = encodeSecret(bytes) === text;
  return exact && text.length >= MIN_TEXT && bytes.length <= MAX_BYTES ? bytes : null;
}

export const encodeSecret = (secret: Uint8Array): string => Buffer.from(secret).toString('base64');

/** What the data plane gets to check a secret with: SHA-256, hex. */
export const secretDigest = (secret: Uint8Array): string => createHash('sha256').update(secret).digest('hex');

/** What a connector is started with: base64 of JSON with the account, the tunnel and the secret. */
export function connectorToken(tunnel: { id: string; accountId: string }, secret: Uint8Array): string {
  const content = { a: tunnel.accountId, t: tunnel.id, s: encodeSecret(secret) };
  return Buffer.from(JSON.stringify(content)).toString('base64');
}
