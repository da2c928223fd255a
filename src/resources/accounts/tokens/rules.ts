import { type AccessDirectory, statusOf, type TokenOwner } from '../../../api/access.js';
import { sha256 } from '../../../api/auth.js';
import { ApiError } from '../../../api/errors.js';
import { newHexId } from '../../../api/identifiers.js';
import { newTokenValue } from '../../../api/token-value.js';
import type { Client, Tx } from '../../../storage/database.js';
import { policiesProblem, storedPolicies } from './policies.js';
import type { ListQuery, TokenBody } from './schema.js';
import * as store from './store.js';

/** Documented by Cloudflare as the quotas of user and account API tokens. */
const MAX_OF_OWNER = { user: 50, account: 500 } as const;
/** All are kept in memory, and with `--auth any` everybody is a user. */
const MAX_OF_ALL = 10_000;

export interface NewValue {
  readonly token: store.ApiToken;
  /** Shown once; only its digest is stored. */
  readonly value: string;
}

export async function get(db: Client, owner: TokenOwner, id: string): Promise<store.ApiToken> {
  const token = await store.find(db, owner, id);
  if (!token) throw new ApiError('token_missing');
  return token;
}

/** Expired ones only when they are asked for. */
export async function list(db: Client, owner: TokenOwner, query: ListQuery): Promise<store.ApiToken[]> {
  const tokens = await store.list(db, owner, query.direction ?? 'asc');
  const now = new Date();
  return tokens.filter((token) => query.include_expired || statusNow(token, now) !== 'expired');
}

export async function create(
  tx: Tx,
  directory: AccessDirectory,
  owner: TokenOwner,
  body: TokenBody,
  creatorEmail: string | null,
): Promise<NewValue> {
  const { ofOwner, all } = await store.counts(tx.db, owner);
  const most = MAX_OF_OWNER[owner.scope];
  if (ofOwner >= most)
    throw new ApiError(
      'quota_exceeded',
      `${owner.scope === 'user' ? 'a user' : 'an account'} has at most ${most} tokens`,
    );
  if (all >= MAX_OF_ALL) throw new ApiError('quota_exceeded', `there are at most ${MAX_OF_ALL} tokens`);
  const now = new Date();
  const { value, digest } = newValue(owner.scope);
  const token = withStatus(body.status ?? 'active', {
    ...{ id: newHexId(), ...store.ownedBy(owner), creatorEmail },
    ...{ status: 'active', digest, issuedOn: now, modifiedOn: now, lastUsedOn: null },
    ...checked(body, directory, owner),
  });
  await store.insert(tx, token);
  return { token, value };
}

/** PUT: what the body leaves out goes, but the status stays. */
export async function replace(
  tx: Tx,
  directory: AccessDirectory,
  owner: TokenOwner,
  id: string,
  body: TokenBody,
): Promise<store.ApiToken> {
  const before = await get(tx.db, owner, id);
  const fields = checked(body, directory, owner);
  const token = { ...before, ...fields, modifiedOn: new Date() };
  const after = withStatus(body.status ?? before.status, token);
  await store.update(tx, after);
  return after;
}

function withStatus(status: string, token: store.ApiToken): store.ApiToken {
  if (status === 'expired' && statusNow({ ...token, status: 'active' }, new Date()) !== 'expired')
    throw new ApiError(
      'invalid_request',
      'status "expired" comes from expires_on; set it to active or disabled',
    );
  return { ...token, status: status === 'disabled' ? 'disabled' : 'active' };
}

/** The old value counts no more. */
export async function roll(tx: Tx, owner: TokenOwner, id: string): Promise<NewValue> {
  const before = await get(tx.db, owner, id);
  const { value, digest } = newValue(owner.scope);
  const token = { ...before, digest, modifiedOn: new Date() };
  await store.update(tx, token);
  return { token, value };
}

export async function remove(tx: Tx, owner: TokenOwner, id: string): Promise<void> {
  await get(tx.db, owner, id);
  await store.remove(tx, id);
}

export const statusNow = (token: store.ApiToken, now: Date) =>
  statusOf({ disabled: token.status === 'disabled', expiresOn: token.expiresOn }, now);

function checked(body: TokenBody, directory: AccessDirectory, owner: TokenOwner) {
  const problem = policiesProblem(body.policies, owner, directory);
  if (problem !== null) throw new ApiError('invalid_request', problem);
  const { not_before: notBefore = null, expires_on: expiresOn = null } = body;
  if (notBefore && expiresOn && notBefore >= expiresOn)
    throw new ApiError('invalid_request', 'not_before must be earlier than expires_on');
  const policies = storedPolicies(body.policies);
  return { name: body.name, policies, condition: body.condition ?? null, notBefore, expiresOn };
}

function newValue(scope: TokenOwner['scope']) {
  const value = newTokenValue(scope);
  return { value, digest: Uint8Array.from(sha256(value)) };
}
