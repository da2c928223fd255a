import { type AuthPolicy, OPERATOR_ID, userIdOf } from '../../api/auth.js';
import type { Database, Tx } from '../../storage/database.js';

/**
 * With `--auth strict` all of `--api-token` are one user, so that what one of them has made can be revoked by any other, and by
 * its successor. Older versions, and `--auth any`, know each credential as a user of its own: the tokens of all such users
 * become the one user's here, and what the holder of an `--api-token` has told about themself is kept.
 */
export async function adoptUsers(db: Database, auth: AuthPolicy): Promise<void> {
  if (auth.mode === 'any') return;
  await db.transact(async (tx) => {
    await adoptTokens(tx);
    await adoptProfile(tx, auth.digests.map(userIdOf));
  });
}

/** Their policies speak of "the user" by its identifier. */
async function adoptTokens(tx: Tx): Promise<void> {
  const adopted = await tx.db.$queryRaw<{ id: string }[]>`
    update api_token set
      policies = replace(policies::text, '"com.cloudflare.api.user.' || user_id || '"', ${`"com.cloudflare.api.user.${OPERATOR_ID}"`})::jsonb,
      user_id = ${OPERATOR_ID}
    where user_id <> ${OPERATOR_ID}
    returning id`;
  for (const { id } of adopted) tx.changed('api_token', id);
}

async function adoptProfile({ db, changed }: Tx, users: readonly string[]): Promise<void> {
  if (await db.user.findUnique({ where: { id: OPERATOR_ID } })) return;
  const [known] = await db.user.findMany({
    where: { id: { in: [...users] } },
    orderBy: { id: 'asc' },
    take: 1,
  });
  if (!known) return;
  await db.user.create({ data: { ...known, id: OPERATOR_ID } });
  changed('user', OPERATOR_ID);
}
