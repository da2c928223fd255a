import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { ApiError } from './errors.js';

export interface Credential {
  /** Stable, 32 hex digits, tells nothing about the secret. */
  readonly id: string;
  readonly email: string | null;
}

/** `any` takes every well-formed credential; `strict` only the tokens with these SHA-256 digests. */
export type AuthPolicy =
  | { readonly mode: 'any' }
  | { readonly mode: 'strict'; readonly digests: readonly Buffer[] };

const BEARER = /^Bearer ([A-Za-z0-9._~+/=-]{1,512})$/i;
const API_KEY = /^[A-Za-z0-9._-]{1,512}$/;
const EMAIL = /^[^\s@]{1,64}@[^\s@]{1,255}$/;

/** Reads `Authorization: Bearer`, `X-Auth-Email` + `X-Auth-Key` or `X-Auth-User-Service-Key`; throws ApiError. */
export function authenticate(headers: IncomingHttpHeaders, policy: AuthPolicy): Credential {
  const { secret, email } = readCredential(headers);
  const digest = sha256(secret);
  if (policy.mode === 'strict' && !policy.digests.some((known) => timingSafeEqual(known, digest))) {
    throw new ApiError('not_authenticated');
  }
  return { id: digest.toString('hex').slice(0, 32), email };
}

function readCredential(headers: IncomingHttpHeaders): { secret: string; email: string | null } {
  if (headers.authorization !== undefined) {
    const secret = BEARER.exec(headers.authorization)?.[1];
    if (secret === undefined) throw new ApiError('malformed_authorization');
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

export const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();
