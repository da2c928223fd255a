import { type AuthPolicy, OPERATOR_ID, userIdOf } from '../../api/auth.js';
import type { WorkingDraft, WorkingWrite } from '../definitions.js';
import type { ApiToken } from './tokens/definition.js';

/**
 * With `--auth strict` all of `--api-token` are one user, so that what one of them has made can be revoked by any other, and by
 * its successor. Older versions, and `--auth any`, know each credential as a user of its own: the tokens of all such users
 * become the one user's here, and what the holder of an `--api-token` has told about themself is kept.
 */
export async function adoptUsers(write: WorkingWrite, auth: AuthPolicy): Promise<void> {
  if (auth.mode === 'any') return;
  await write((draft) => {
    for (const token of draft.apiTokens.by('all', '')) adoptToken(draft, token);
    adoptProfile(
      draft,
      auth.digests.map((digest) => userIdOf(digest.toString('hex'))),
    );
  });
}

/** Its policies speak of "the user" by its identifier. */
function adoptToken(draft: WorkingDraft, token: ApiToken): void {
  const { scope, id } = token.owner;
  if (scope !== 'user' || id === OPERATOR_ID) return;
  const text = JSON.stringify(token.policies);
  const policies = text.replaceAll(`"${USER}${id}"`, `"${USER}${OPERATOR_ID}"`);
  draft.apiTokens.put({ ...token, owner: { scope, id: OPERATOR_ID }, policies: JSON.parse(policies) });
}

const USER = 'com.cloudflare.api.user.';

function adoptProfile({ users }: WorkingDraft, known: readonly string[]): void {
  if (users.get(OPERATOR_ID)) return;
  const id = [...known].sort().find((one) => users.get(one));
  if (id !== undefined) users.put({ ...users.get(id)!, id: OPERATOR_ID });
}
