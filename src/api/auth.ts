import { hash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { isBearerToken } from '../domain/http-fields.js';
import { type AccessDirectory, type AccessToken, isFrom, isUsable } from './access.js';
import { ApiError } from './errors.js';
import { isMadeValue } from './token-value.js';

export interface Credential {
  /** Of the user, or of the token when it is an account's: stable, 32 hex digits, tells nothing about the secret. */
  readonly id: string;
  readonly email: string | null;
  /** The token that was made through the API, whose permissions count; null for a credential that may do everything. */
  readonly token: AccessToken | null;
}

/**
 * `any` takes every well-formed credential but the values of tokens that were made through the API and are gone; `strict` only those
 * with these SHA-256 digests, and tokens made through the API.
 */
export type AuthPolicy =
  | { readonly mode: 'any' }
  | { readonly mode: 'strict'; readonly digests: readonly Buffer[] };

export interface Circumstances {
  readonly tokens: Pick<AccessDirectory, 'find'>;
  readonly now: Date;
  /** Of the client. */
  readonly address: string;
  /** Takes a token that is disabled, expired or not valid yet: to be told so. */
  readonly evenUnusable: boolean;
}

/**
 * The same headers with the password of `Authorization: Basic`, under whatever user name, as a bearer token: browsers ask for a password and
 * for nothing else.
 */
export function passwordAsToken(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const encoded = /^Basic ([A-Za-z0-9+/]{1,1024}={0,2})$/i.exec(headers.authorization ?? '')?.[1];
  if (encoded === undefined) return headers;
  const pair = Buffer.from(encoded, 'base64').toString('utf8');
  return { ...headers, authorization: `Bearer ${pair.slice(pair.indexOf(':') + 1)}` };
}

const BEARER = /^Bearer (\S+)$/i;
const API_KEY = /^[A-Za-z0-9._-]{1,512}$/;
const EMAIL = /^[^\s@]{1,64}@[^\s@]{1,255}$/;

/**
 * Reads `Authorization: Bearer`, `X-Auth-Email` + `X-Auth-Key` or `X-Auth-User-Service-Key`; throws ApiError. A token
 * that was made through the API counts with its limits in both modes.
 */
export function authenticate(
  headers: IncomingHttpHeaders,
  policy: AuthPolicy,
  circumstances: Circumstances,
): Credential {
  const { tokens, now, address, evenUnusable } = circumstances;
  const { secret, email } = readCredential(headers);
  const digest = sha256(secret);
  const token = tokens.find(digest);
  if (token && isDigest(token.digest, digest)) {
    if ((!evenUnusable && !isUsable(token, now)) || !isFrom(token, address))
      throw new ApiError('not_authenticated');
    return { id: token.owner.scope === 'user' ? token.owner.id : token.id, email, token };
  }
  if (policy.mode === 'any') {
    // Of a token that was revoked: as a credential that nobody has made it would come to have no limits.
    if (isMadeValue(secret)) throw new ApiError('not_authenticated');
    return { id: userIdOf(digest), email, token: null };
  }
  if (!policy.digests.some((known) => isDigest(known, digest))) throw new ApiError('not_authenticated');
  return { id: OPERATOR_ID, email, token: null };
}

const isDigest = (known: Buffer, digest: string) => timingSafeEqual(known, Buffer.from(digest, 'hex'));

/** The user that a credential with this digest, in hex, is where each is a user of its own. */
export const userIdOf = (digest: string): string => digest.slice(0, 32);

function readCredential(headers: IncomingHttpHeaders): { secret: string; email: string | null } {
  if (headers.authorization !== undefined) {
    const secret = BEARER.exec(headers.authorization)?.[1];
    if (secret === undefined || !isBearerToken(secret)) throw new ApiError('malformed_authorization');
    return { secret, email: null };
  }
  const key = single(headers['x-auth-key']);
  const email = single(headers['x-auth-email']);
  const service = single(headers['x-auth-user-service-key']);
  if (service !== undefined && API_KEY.test(service)) return { secret: service, email: null };
  if (key === undefined || email === undefined) throw new ApiError('missing_credentials');
  if (!API_KEY.test(key) || !EMAIL.test(email)) throw new ApiError('malformed_api_key');
  return { secret: key, email };
}

const single = (value: string | string[] | undefined) => (Array.isArray(value) ? undefined : value);

/** In hex: a Buffer for each request would cost more than the hash. */
export const sha256 = (text: string): string => hash('sha256', text, 'hex');

/** The one user that all of `--api-token` are with `--auth strict`, whichever they are. No credential has a space. */
export const OPERATOR_ID = userIdOf(sha256('the operator'));
