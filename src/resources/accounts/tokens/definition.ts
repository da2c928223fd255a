import type { AccessToken, TokenOwner, TokenStatus } from '../../../api/access.js';
import { present } from '../../../api/fields.js';
import type { DatabaseClient } from '../../../storage/database.js';
import { Prisma } from '../../../storage/generated/client.js';
import type { Definition } from '../../../storage/tables/definition.js';
import { tableOf } from '../../_kit/soft-deleted.js';
import { among } from '../../_kit/stored.js';
import type { Condition, WirePolicy, WireToken } from './schema.js';

export interface ApiToken {
  readonly id: string;
  readonly owner: TokenOwner;
  /** Of who made a token of an account, when that was told. */
  readonly creatorEmail: string | null;
  readonly name: string;
  readonly status: 'active' | 'disabled';
  /** SHA-256 of the value, hexadecimal. */
  readonly digest: string;
  readonly policies: readonly WirePolicy[];
  readonly condition: Condition | null;
  readonly issuedOn: Date;
  readonly modifiedOn: Date;
  readonly notBefore: Date | null;
  readonly expiresOn: Date | null;
  /** As an earlier process has noted it. */
  readonly lastUsedOn: Date | null;
}

export const ownerKey = ({ scope, id }: TokenOwner) => `${scope} ${id}`;

export const apiTokens: Definition<ApiToken, 'digest' | 'all'> = {
  noun: 'api_token',
  ownerOf: ({ owner }) => ownerKey(owner),
  createdAt: ({ issuedOn }) => issuedOn,
  indexes: { digest: ({ digest }) => digest, all: () => '' },
  relations: [
    tableOf(
      'api_token',
      Object.values(Prisma.ApiTokenScalarFieldEnum).filter((member) => member !== 'lastUsedOn'),
      {
        untouched: ['last_used_on'],
        part: ({ owner, ...token }: ApiToken) => ({
          ...token,
          userId: owner.scope === 'user' ? owner.id : null,
          accountId: owner.scope === 'account' ? owner.id : null,
          digest: `\\x${token.digest}`,
        }),
      },
    ),
  ],
  async load(db: DatabaseClient, ids) {
    const rows = await db.apiToken.findMany({ where: among(ids) });
    return rows.map(({ userId, accountId, ...row }) => ({
      ...row,
      owner: accountId === null ? { scope: 'user', id: userId! } : { scope: 'account', id: accountId },
      status: row.status as ApiToken['status'],
      digest: Buffer.from(row.digest).toString('hex'),
      policies: row.policies as WirePolicy[],
      condition: row.condition as Condition | null,
    }));
  },
};

/** No change of configuration. The token may be gone meanwhile. */
export async function noteUse(db: DatabaseClient, id: string, at: Date): Promise<void> {
  await db.apiToken.updateMany({ where: { id }, data: { lastUsedOn: at } });
}

/** RFC 3339 in UTC, in seconds, as tokens have it. */
const seconds = (date: Date) => date.toISOString().replace(/\.\d+Z$/, 'Z');
const secondsOrNull = (date: Date | null) => date && seconds(date);

const validity = ({ notBefore, expiresOn }: Pick<AccessToken, 'notBefore' | 'expiresOn'>) =>
  present({ not_before: secondsOrNull(notBefore), expires_on: secondsOrNull(expiresOn) });

export function tokenToWire(token: ApiToken, status: TokenStatus, lastUsed: Date | null): WireToken {
  return {
    id: token.id,
    name: token.name,
    status,
    issued_on: seconds(token.issuedOn),
    modified_on: seconds(token.modifiedOn),
    ...validity(token),
    policies: token.policies.map(({ resources, ...policy }) => ({
      ...policy,
      resources: inOrder(resources),
    })),
    ...present({
      condition: token.condition,
      last_used_on: secondsOrNull(lastUsed),
      creator_email_at_creation: token.creatorEmail,
    }),
  };
}

/**
 * By name, as Terraform writes it: its provider compares the text, and the database keeps members by the length of their names.
 */
function inOrder<R extends object>(resources: R): R {
  const members = Object.entries(resources).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(
    members.map(([name, value]) => [name, typeof value === 'string' ? value : inOrder(value)]),
  ) as R;
}

export const verifiedToWire = (token: AccessToken, status: TokenStatus) => ({
  id: token.id,
  status,
  ...validity(token),
});
