import { randomBytes } from 'node:crypto';
import type { Client, Tx } from '../../storage/database.js';
import { type AccessDirectory, statusOf } from '../../wire/access.js';
import { sha256 } from '../../wire/auth.js';
import { ApiError } from '../../wire/errors.js';
import { newHexId } from '../../wire/identifiers.js';
import { policiesProblem, storedPolicies } from './policies.js';
import type { CreateBody, ListQuery, PutBody } from './schema.js';
import * as store from './store.js';

/** Documented by Cloudflare as the quota of user API tokens. */
const MAX_OF_USER = 50;
/** All are kept in memory, and with `--auth any` everybody is a user. */
const MAX_OF_ALL = 10_000;

export interface NewValue {
  readonly token: store.ApiToken;
  /** Shown once; only its digest is stored. */
  readonly value: string;
}

export async function get(db: Client, userId: string, id: string): Promise<store.ApiToken> {
  const token = await store.find(db, userId, id);
  if (!token) throw new ApiError('token_missing');
  return token;
}

/** Expired ones only when they are asked for. */
export async function list(db: Client, userId: string, query: ListQuery): Promise<store.ApiToken[]> {
  const tokens = await store.list(db, userId, query.direction ?? 'asc');
  const now = new Date();
  return tokens.filter((token) => query.include_expired || statusNow(token, now) !== 'expired');
}

export async function create(
  tx: Tx,
  directory: AccessDirectory,
  userId: string,
  body: CreateBody,
): Promise<NewValue> {
  const { ofUser, all } = await store.counts(tx.db, userId);
  if (ofUser >= MAX_OF_USER) throw new ApiError('quota_exceeded', `a user has at most ${MAX_OF_USER} tokens`);
  if (all >= MAX_OF_ALL) throw new ApiError('quota_exceeded', `there are at most ${MAX_OF_ALL} tokens`);
  const now = new Date();
  const { value, digest } = newValue();
  const identity = { id: newHexId(), userId, status: 'active', digest, issuedOn: now, modifiedOn: now };
  const token = { ...identity, ...checked(body, directory, userId) };
  await store.insert(tx, token);
  return { token, value };
}

/** PUT: what the body leaves out goes, but the status stays. */
export async function replace(
  tx: Tx,
  directory: AccessDirectory,
  userId: string,
  id: string,
  body: PutBody,
): Promise<store.ApiToken> {
  const before = await get(tx.db, userId, id);
  const fields = checked(body, directory, userId);
  const status = body.status ?? before.status;
  const token = { ...before, ...fields, modifiedOn: new Date() };
  if (status === 'expired' && statusNow(token, new Date()) !== 'expired')
    throw new ApiError(
      'invalid_request',
      'status "expired" comes from expires_on; set it to active or disabled',
    );
  const after = { ...token, status: status === 'disabled' ? 'disabled' : 'active' };
  await store.update(tx, after);
  return after;
}

/** The old value counts no more. */
export async function roll(tx: Tx, userId: string, id: string): Promise<NewValue> {
  const before = await get(tx.db, userId, id);
  const { value, digest } = newValue();
  const token = { ...before, digest, modifiedOn: new Date() };
  await store.update(tx, token);
  return { token, value };
}

export async function remove(tx: Tx, userId: string, id: string): Promise<void> {
  await get(tx.db, userId, id);
  await store.remove(tx, id);
}

export const statusNow = (token: store.ApiToken, now: Date) =>
  statusOf({ disabled: token.status === 'disabled', expiresOn: token.expiresOn }, now);

function checked(body: CreateBody, directory: AccessDirectory, userId: string) {
  const problem = policiesProblem(body.policies, userId, directory);
  if (problem !== null) throw new ApiError('invalid_request', problem);
  const { not_before: notBefore = null, expires_on: expiresOn = null } = body;
  if (notBefore && expiresOn && notBefore >= expiresOn)
    throw new ApiError('invalid_request', 'not_before must be earlier than expires_on');
  const policies = storedPolicies(body.policies);
  return { name: body.name, policies, condition: body.condition ?? null, notBefore, expiresOn };
}

/** 40 characters, as Cloudflare's have. */
function newValue() {
  const value = randomBytes(30).toString('base64url');
  return { value, digest: Uint8Array.from(sha256(value)) };
}
