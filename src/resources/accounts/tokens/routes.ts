import { z } from 'zod';
import { type TokenOwner, tokenStatus } from '../../../api/access.js';
import { ok } from '../../../api/envelope.js';
import type { Http } from '../../../api/http.js';
import { hexId } from '../../../api/identifiers.js';
import { pageRequest, sliced } from '../../../api/pagination.js';
import { PERMISSION_GROUPS, type PermissionGroup } from '../../../api/permission-groups.js';
import { type Asked, accountParams, operations } from '../../_kit/operations.js';
import type { Context } from '../../context.js';
import { type ApiToken, tokenToWire, verifiedToWire } from './definition.js';
import { canHave, policyNotices } from './policies.js';
import { SCOPE_NAMES } from './resource-names.js';
import * as rules from './rules.js';
import * as schema from './schema.js';

const tags = ['API tokens'];

interface Place {
  readonly scope: TokenOwner['scope'];
  readonly path: string;
  /** In summaries. */
  readonly whose: string;
  readonly params: z.ZodObject<Record<never, z.ZodType>>;
}

const PLACES: readonly Place[] = [
  { scope: 'user', path: '/user/tokens', whose: 'the user', params: z.object({}) },
  { scope: 'account', path: '/accounts/:account_id/tokens', whose: 'the account', params: accountParams },
];

/** The tokens of the user who asks, and those of an account: the same operations at two places. */
export function tokenRoutes(app: Http, context: Context): void {
  for (const place of PLACES) routesAt(app, context, place);
}

function routesAt(app: Http, { world, write, access, clock }: Context, place: Place): void {
  const { scope, path, whose, params } = place;
  const { list, get, post, put, remove } = operations(app, { tags });
  const one = `${path}/:token_id`;
  const tokenParams = params.extend({ token_id: hexId });
  const ofOne = { params: tokenParams, answer: schema.token };
  const now = () => new Date(clock.now());
  const shown = (token: ApiToken) =>
    tokenToWire(token, rules.statusNow(token, now()), access.lastUsed(token.id) ?? token.lastUsedOn);

  list(
    path,
    `List the API tokens of ${whose}`,
    { params, query: schema.listQuery, answer: schema.token },
    (request) => {
      const tokens = rules.listTokens(world, ownerIn(request), request.query, now());
      return sliced(tokens.map(shown), pageRequest(request.query, 20));
    },
  );

  post(
    path,
    `Create an API token of ${whose}; its value is shown this once`,
    { params, body: schema.tokenBody, answer: schema.createdToken },
    async (request) => {
      const owner = ownerIn(request);
      const creatorEmail = scope === 'account' ? request.credential!.email : null;
      const { token, value } = await write((draft) =>
        rules.createToken(draft, access, owner, request.body, creatorEmail),
      );
      return ok({ ...shown(token), value }, noticesOf(token));
    },
  );

  list(
    `${path}/permission_groups`,
    `List the permissions that a token of ${whose} can have`,
    { params, query: schema.groupQuery, answer: schema.permissionGroup },
    ({ query }) => {
      const groups = PERMISSION_GROUPS.filter((group) => canHave({ scope }, group))
        .map(groupToWire)
        .filter(
          ({ name, scopes }) =>
            (query.name === undefined || name === query.name) &&
            (query.scope === undefined || scopes.includes(query.scope as (typeof scopes)[number])),
        );
      return sliced(groups, pageRequest({}, null));
    },
  );

  operations(app, { tags, evenUnusable: true }).get(
    `${path}/verify`,
    `Test the credential, a token of ${whose}`,
    { params, answer: schema.verified },
    // What is not known, and a token of another kind, has been refused before.
    ({ credential }) => {
      const { id, token } = credential!;
      return ok(token ? verifiedToWire(token, tokenStatus(token, now())) : { id, status: 'active' as const });
    },
  );

  get(one, `Get an API token of ${whose}`, ofOne, (request) =>
    ok(shown(rules.getToken(world, ownerIn(request), request.params.token_id))),
  );

  put(one, `Replace an API token of ${whose}`, { ...ofOne, body: schema.tokenBody }, async (request) => {
    const { token_id } = request.params;
    const token = await write((draft) =>
      rules.replaceToken(draft, access, ownerIn(request), token_id, request.body),
    );
    return ok(shown(token), noticesOf(token));
  });

  put(
    `${one}/value`,
    `Give an API token of ${whose} a new value, which is shown this once`,
    { params: tokenParams, answer: z.string() },
    async (request) => {
      const { token_id } = request.params;
      return ok((await write((draft) => rules.rollToken(draft, ownerIn(request), token_id))).value);
    },
  );

  remove(
    one,
    `Delete an API token of ${whose}`,
    { params: tokenParams, answer: z.object({ id: hexId }) },
    async (request) => {
      const { token_id } = request.params;
      await write((draft) => rules.removeToken(draft, ownerIn(request), token_id));
      return ok({ id: token_id });
    },
  );
}

const groupToWire = ({ id, name, category, scope }: PermissionGroup) => ({
  id,
  name,
  category,
  is_selectable: true,
  scopes: [SCOPE_NAMES[scope]],
});

const noticesOf = ({ policies }: ApiToken) => policyNotices(policies);

function ownerIn({ credential, params }: Asked<object, unknown, unknown>): TokenOwner {
  const { account_id } = params as { readonly account_id?: string };
  return account_id === undefined
    ? { scope: 'user', id: credential!.id }
    : { scope: 'account', id: account_id };
}
