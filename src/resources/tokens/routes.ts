import { statusOf } from '../../wire/access.js';
import { failures, listOf, ok, successOf } from '../../wire/envelope.js';
import type { Http } from '../../wire/http.js';
import { pageRequest, sliced } from '../../wire/pagination.js';
import { PERMISSION_GROUPS } from '../../wire/permission-groups.js';
import type { Context } from '../context.js';
import * as rules from './rules.js';
import * as schema from './schema.js';
import type { ApiToken } from './store.js';
import { groupToWire, tokenToWire, verifiedToWire } from './to-wire.js';

const PATH = '/user/tokens';
const ONE = `${PATH}/:token_id`;
const tags = ['API tokens'];
const response = { 200: successOf(schema.token), ...failures };
const { tokenParams } = schema;

export function tokenRoutes(app: Http, { db, access }: Context): void {
  app.get(
    PATH,
    {
      schema: {
        tags,
        summary: 'List the API tokens of the user',
        querystring: schema.listQuery,
        response: { 200: listOf(schema.token), ...failures },
      },
    },
    async ({ credential, query }) => {
      const tokens = await rules.list(db.read, credential!.id, query);
      return sliced(tokens.map(shown), pageRequest(query, 20));
    },
  );

  app.post(
    PATH,
    {
      schema: {
        tags,
        summary: 'Create an API token; its value is shown this once',
        body: schema.createBody,
        response: { 200: successOf(schema.createdToken), ...failures },
      },
    },
    async ({ credential, body }) => {
      const { token, value } = await db.transact((tx) => rules.create(tx, access, credential!.id, body));
      return ok({ ...shown(token), value });
    },
  );

  app.get(
    `${PATH}/permission_groups`,
    {
      schema: {
        tags,
        summary: 'List the permissions that a token can have',
        querystring: schema.groupQuery,
        response: { 200: listOf(schema.permissionGroup), ...failures },
      },
    },
    async ({ query }) => {
      const groups = PERMISSION_GROUPS.map(groupToWire).filter(
        ({ name, scopes }) =>
          (query.name === undefined || name === query.name) &&
          (query.scope === undefined || scopes.includes(query.scope as (typeof scopes)[number])),
      );
      return sliced(groups, pageRequest({}, null));
    },
  );

  app.get(
    `${PATH}/verify`,
    {
      config: { evenUnusable: true },
      schema: {
        tags,
        summary: 'Test the credential',
        response: { 200: successOf(schema.verified), ...failures },
      },
    },
    // A credential that is not known has been refused before.
    async ({ credential }) => {
      const { id, token } = credential!;
      return ok(
        token ? verifiedToWire(token, statusOf(token, new Date())) : { id, status: 'active' as const },
      );
    },
  );

  app.get(
    ONE,
    { schema: { tags, summary: 'Get an API token', params: tokenParams, response } },
    async ({ credential, params }) => ok(shown(await rules.get(db.read, credential!.id, params.token_id))),
  );

  app.put(
    ONE,
    {
      schema: { tags, summary: 'Replace an API token', params: tokenParams, body: schema.putBody, response },
    },
    async ({ credential, params, body }) =>
      ok(shown(await db.transact((tx) => rules.replace(tx, access, credential!.id, params.token_id, body)))),
  );

  app.put(
    `${ONE}/value`,
    {
      schema: {
        tags,
        summary: 'Give an API token a new value, which is shown this once',
        params: tokenParams,
        response: { 200: successOf(schema.tokenValue), ...failures },
      },
    },
    async ({ credential, params }) => {
      const { value } = await db.transact((tx) => rules.roll(tx, credential!.id, params.token_id));
      return ok(value);
    },
  );

  app.delete(
    ONE,
    {
      schema: {
        tags,
        summary: 'Delete an API token',
        params: tokenParams,
        response: { 200: successOf(schema.deleted), ...failures },
      },
    },
    async ({ credential, params }) => {
      await db.transact((tx) => rules.remove(tx, credential!.id, params.token_id));
      return ok({ id: params.token_id });
    },
  );
}

const shown = (token: ApiToken) => tokenToWire(token, rules.statusNow(token, new Date()));
