import { type AccessDirectory, type TokenOwner, tokenStatus } from '../../../api/access.js';
import { sha256 } from '../../../api/auth.js';
import { ApiError } from '../../../api/errors.js';
import { newTokenValue } from '../../../api/token-value.js';
import { inStoredOrder } from '../../_kit/json.js';
import type { WorkingDraft, WorkingWorld } from '../../definitions.js';
import { type ApiToken, ownerKey } from './definition.js';
import { policiesProblem, storedPolicies } from './policies.js';
import type { ListQuery, TokenBody } from './schema.js';

/** Documented by Cloudflare as the quotas of user and account API tokens. */
const MAX_OF_OWNER = { user: 50, account: 500 } as const;
/** All are kept in memory, and with `--auth any` everybody is a user. */
const MAX_OF_ALL = 10_000;

export interface NewValue {
  readonly token: ApiToken;
  /** Shown once; only its digest is stored. */
  readonly value: string;
}

export function getToken(world: WorkingWorld, owner: TokenOwner, id: string): ApiToken {
  const token = world.apiTokens.get(id);
  if (!token || ownerKey(token.owner) !== ownerKey(owner)) throw new ApiError('token_missing');
  return token;
}

/** Expired ones only when they are asked for. */
export function listTokens(
  world: WorkingWorld,
  owner: TokenOwner,
  query: ListQuery,
  now: Date,
): readonly ApiToken[] {
  const tokens = world.apiTokens
    .of(ownerKey(owner))
    .filter((token) => query.include_expired || statusNow(token, now) !== 'expired');
  return query.direction === 'desc'
    ? tokens.sort((a, b) => b.issuedOn.getTime() - a.issuedOn.getTime())
    : tokens;
}

export function createToken(
  draft: WorkingDraft,
  directory: AccessDirectory,
  owner: TokenOwner,
  body: TokenBody,
  creatorEmail: string | null,
): NewValue {
  const most = MAX_OF_OWNER[owner.scope];
  if (draft.apiTokens.of(ownerKey(owner)).length >= most)
    throw new ApiError(
      'quota_exceeded',
      `${owner.scope === 'user' ? 'a user' : 'an account'} has at most ${most} tokens`,
    );
  if (draft.apiTokens.by('all', '').length >= MAX_OF_ALL)
    throw new ApiError('quota_exceeded', `there are at most ${MAX_OF_ALL} tokens`);
  const { now } = draft;
  const { value, digest } = newValue(owner.scope);
  const token = withStatus(draft, body.status ?? 'active', {
    ...{ id: draft.ids.hex(), owner, creatorEmail },
    ...{ status: 'active', digest, issuedOn: now, modifiedOn: now, lastUsedOn: null },
    ...checked(draft, body, directory, owner),
  });
  draft.apiTokens.put(token);
  return { token, value };
}

/** PUT: what the body leaves out goes, but the status stays. */
export function replaceToken(
  draft: WorkingDraft,
  directory: AccessDirectory,
  owner: TokenOwner,
  id: string,
  body: TokenBody,
): ApiToken {
  const before = getToken(draft, owner, id);
  const token = { ...before, ...checked(draft, body, directory, owner), modifiedOn: draft.now };
  const after = withStatus(draft, body.status ?? before.status, token);
  draft.apiTokens.put(after);
  return after;
}

function withStatus({ now }: { readonly now: Date }, status: string, token: ApiToken): ApiToken {
  if (status === 'expired' && statusNow({ ...token, status: 'active' }, now) !== 'expired')
    throw new ApiError(
      'invalid_request',
      'status "expired" comes from expires_on; set it to active or disabled',
    );
  return { ...token, status: status === 'disabled' ? 'disabled' : 'active' };
}

/** The old value counts no more. */
export function rollToken(draft: WorkingDraft, owner: TokenOwner, id: string): NewValue {
  const { value, digest } = newValue(owner.scope);
  const token = { ...getToken(draft, owner, id), digest, modifiedOn: draft.now };
  draft.apiTokens.put(token);
  return { token, value };
}

export function removeToken(draft: WorkingDraft, owner: TokenOwner, id: string): void {
  getToken(draft, owner, id);
  draft.apiTokens.remove(id);
}

export const statusNow = (token: ApiToken, now: Date) =>
  tokenStatus({ disabled: token.status === 'disabled', expiresOn: token.expiresOn }, now);

function checked(draft: WorkingDraft, body: TokenBody, directory: AccessDirectory, owner: TokenOwner) {
  const problem = policiesProblem(body.policies, owner, directory);
  if (problem !== null) throw new ApiError('invalid_request', problem);
  const { not_before: notBefore = null, expires_on: expiresOn = null } = body;
  if (notBefore && expiresOn && notBefore >= expiresOn)
    throw new ApiError('invalid_request', 'not_before must be earlier than expires_on');
  const policies = inStoredOrder(storedPolicies(draft, body.policies));
  const condition = inStoredOrder(body.condition ?? null);
  return { name: body.name, policies, condition, notBefore, expiresOn };
}

function newValue(scope: TokenOwner['scope']) {
  const value = newTokenValue(scope);
  return { value, digest: sha256(value) };
}
