import type { TokenOwner } from '../../../api/access.js';
import type { Client } from '../../../storage/database.js';
import type { Definition } from '../../../storage/tables/definition.js';
import type { Condition, WirePolicy } from './schema.js';

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
    {
      table: 'api_token',
      columns: [
        ...[
          'id',
          'user_id',
          'account_id',
          'creator_email',
          'name',
          'status',
          'digest',
          'policies',
          'condition',
        ],
        ...['issued_on', 'modified_on', 'not_before', 'expires_on'],
      ],
      untouched: ['last_used_on'],
      key: ['id'],
      rowsOf: ({ id, owner, name, status, policies, condition, ...token }) => [
        {
          ...{ id, name, status, policies, condition },
          user_id: owner.scope === 'user' ? owner.id : null,
          account_id: owner.scope === 'account' ? owner.id : null,
          creator_email: token.creatorEmail,
          digest: `\\x${token.digest}`,
          issued_on: token.issuedOn,
          modified_on: token.modifiedOn,
          not_before: token.notBefore,
          expires_on: token.expiresOn,
        },
      ],
    },
  ],
  async load(db: Client, ids) {
    const rows = await db.apiToken.findMany({ where: ids ? { id: { in: [...ids] } } : {} });
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
export async function noteUse(db: Client, id: string, at: Date): Promise<void> {
  await db.apiToken.updateMany({ where: { id }, data: { lastUsedOn: at } });
}
