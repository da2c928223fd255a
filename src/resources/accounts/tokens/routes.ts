import { statusOf, type TokenOwner } from '../../../api/access.js';
import { failures, listOf, ok, successOf } from '../../../api/envelope.js';
import type { Http } from '../../../api/http.js';
import { pageRequest, sliced } from '../../../api/pagination.js';
import { PERMISSION_GROUPS } from '../../../api/permission-groups.js';
import type { Context } from '../../context.js';
import type { ApiToken } from './definition.js';
import { canHave, policyNotices } from './policies.js';
import * as rules from './rules.js';
import * as schema from './schema.js';
import { groupToWire, tokenToWire, verifiedToWire } from './to-wire.js';

const tags = ['API tokens'];
const response = { 200: successOf(schema.token), ...failures };

/** The tokens of the user who asks, and those of an account: the same operations at two places. */
export function tokenRoutes(app: Http, context: Context): void {
  const user = { scope: 'user', path: '/user/tokens', whose: 'the user' } as const;
  const account = { scope: 'account', path: '/accounts/:account_id/tokens', whose: 'the account' } as const;
  routesAt(app, context, { ...user, params: schema.userParams, tokenParams: schema.tokenParams });
  routesAt(app, context, {
    ...account,
    params: schema.accountParams,
    tokenParams: schema.accountTokenParams,
  });
}

type PlaceParams = typeof schema.userParams | typeof schema.accountParams;
type PlaceTokenParams = typeof schema.tokenParams | typeof schema.accountTokenParams;

interface Place {
  readonly scope: TokenOwner['scope'];
  readonly path: string;
  /** In summaries. */
  readonly whose: string;
  readonly params: PlaceParams;
  readonly tokenParams: PlaceTokenParams;
}

function routesAt(app: Http, { world, write, access }: Context, place: Place): void {
  const { scope, path, whose, params, tokenParams } = place;
  const one = `${path}/:token_id`;
  const shown = (token: ApiToken) =>
    tokenToWire(token, rules.statusNow(token, new Date()), access.lastUsed(token.id) ?? token.lastUsedOn);

  app.get(
    path,
    {
      schema: {
        tags,
        summary: `List the API tokens of ${whose}`,
        params,
        querystring: schema.listQuery,
        response: { 200: listOf(schema.token), ...failures },
      },
    },
    async (request) => {
      const tokens = rules.listTokens(world, ownerIn(request), request.query);
      return sliced(tokens.map(shown), pageRequest(request.query, 20));
    },
  );

  app.post(
    path,
    {
      schema: {
        tags,
        summary: `Create an API token of ${whose}; its value is shown this once`,
        params,
        body: schema.tokenBody,
        response: { 200: successOf(schema.createdToken), ...failures },
      },
    },
    async (request) => {
      const owner = ownerIn(request);
      const creatorEmail = scope === 'account' ? request.credential!.email : null;
      const { token, value } = await write((draft) =>
        rules.createToken(draft, access, owner, request.body, creatorEmail),
      );
      return ok({ ...shown(token), value }, noticesOf(token));
    },
  );

  app.get(
    `${path}/permission_groups`,
    {
      schema: {
        tags,
        summary: `List the permissions that a token of ${whose} can have`,
        params,
        querystring: schema.groupQuery,
        response: { 200: listOf(schema.permissionGroup), ...failures },
      },
    },
    async ({ query }) => {
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

  app.get(
    `${path}/verify`,
    {
      config: { evenUnusable: true },
      schema: {
        tags,
        summary: `Test the credential, a token of ${whose}`,
        params,
        response: { 200: successOf(schema.verified), ...failures },
      },
    },
    // What is not known, and a token of another kind, has been refused before.
    async ({ credential }) => {
      const { id, token } = credential!;
      return ok(
        token ? verifiedToWire(token, statusOf(token, new Date())) : { id, status: 'active' as const },
      );
    },
  );

  app.get(
    one,
    { schema: { tags, summary: `Get an API token of ${whose}`, params: tokenParams, response } },
    async (request) => ok(shown(rules.getToken(world, ownerIn(request), request.params.token_id))),
  );

  app.put(
    one,
    {
      schema: {
        tags,
        summary: `Replace an API token of ${whose}`,
        params: tokenParams,
        body: schema.tokenBody,
        response,
      },
    },
    async (request) => {
      const { token_id } = request.params;
      const token = await write((draft) =>
        rules.replaceToken(draft, access, ownerIn(request), token_id, request.body),
      );
      return ok(shown(token), noticesOf(token));
    },
  );

  app.put(
    `${one}/value`,
    {
      schema: {
        tags,
        summary: `Give an API token of ${whose} a new value, which is shown this once`,
        params: tokenParams,
        response: { 200: successOf(schema.tokenValue), ...failures },
      },
    },
    async (request) => {
      const { value } = await write((draft) =>
        rules.rollToken(draft, ownerIn(request), request.params.token_id),
      );
      return ok(value);
    },
  );

  app.delete(
    one,
    {
      schema: {
        tags,
        summary: `Delete an API token of ${whose}`,
        params: tokenParams,
        response: { 200: successOf(schema.deleted), ...failures },
      },
    },
    async (request) => {
      await write((draft) => rules.removeToken(draft, ownerIn(request), request.params.token_id));
      return ok({ id: request.params.token_id });
    },
  );
}

const noticesOf = ({ policies }: ApiToken) => policyNotices(policies);

interface Asked {
  readonly credential: { readonly id: string } | null;
  readonly params: { readonly account_id?: string; readonly token_id?: string };
}

const ownerIn = ({ credential, params: { account_id } }: Asked): TokenOwner =>
  account_id === undefined ? { scope: 'user', id: credential!.id } : { scope: 'account', id: account_id };
