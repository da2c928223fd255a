import { visibleAccounts } from '../../../api/access.js';
import { failures, listOf, ok, successOf } from '../../../api/envelope.js';
import type { Http } from '../../../api/http.js';
import { newHexId } from '../../../api/identifiers.js';
import { listed, pageRequest } from '../../../api/pagination.js';
import { timestamp } from '../../../api/timestamps.js';
import type { Context } from '../../context.js';
import { noticesOf } from '../../not-yet.js';
import { notYet } from './not-yet.js';
import * as rules from './rules.js';
import * as schema from './schema.js';
import * as store from './store.js';

const tags = ['Accounts'];
const response = { 200: successOf(schema.account), ...failures };

export function accountRoutes(app: Http, { db, access }: Context): void {
  app.get(
    '/accounts',
    {
      schema: {
        tags,
        summary: 'List accounts',
        querystring: schema.listQuery,
        response: { 200: listOf(schema.account), ...failures },
      },
    },
    async ({ credential, query }) => {
      const page = pageRequest(query, 20);
      const visible = visibleAccounts(credential!.token, access);
      const { items, total } = await store.list(db.read, query, visible, page);
      return listed(items.map(toWire), total, page);
    },
  );

  app.post(
    '/accounts',
    { schema: { tags, summary: 'Create an account', body: schema.createBody, response } },
    async ({ body }) =>
      ok(
        toWire(await db.transact((tx) => rules.create(tx, newHexId(), body))),
        noticesOf<schema.CreateBody>(notYet, body),
      ),
  );

  app.get(
    '/accounts/:account_id',
    { schema: { tags, summary: 'Get an account', params: schema.accountParams, response } },
    async ({ params }) => ok(toWire(await rules.get(db.read, params.account_id))),
  );

  app.put(
    '/accounts/:account_id',
    {
      schema: {
        tags,
        summary: 'Change an account',
        params: schema.accountParams,
        body: schema.putBody,
        response,
      },
    },
    async ({ params, body }) =>
      ok(toWire(await db.transact((tx) => rules.replace(tx, params.account_id, body)))),
  );

  app.delete(
    '/accounts/:account_id',
    {
      schema: {
        tags,
        summary: 'Delete an account with everything that it has',
        params: schema.accountParams,
        response: { 200: successOf(schema.deleted), ...failures },
      },
    },
    async ({ params }) => {
      await db.transact((tx) => rules.remove(tx, params.account_id));
      return ok({ id: params.account_id });
    },
  );
}

function toWire(account: store.Account): schema.WireAccount {
  return {
    id: account.id,
    name: account.name,
    type: account.type as schema.WireAccount['type'],
    settings: account.settings as schema.WireAccount['settings'],
    created_on: timestamp(account.createdOn),
  };
}
