import { z } from 'zod';
import { visibleAccounts } from '../../../api/access.js';
import { failures, listOf, ok, successOf } from '../../../api/envelope.js';
import type { Http } from '../../../api/http.js';
import { hexId, newHexId } from '../../../api/identifiers.js';
import { pageRequest, sliced } from '../../../api/pagination.js';
import type { Context } from '../../context.js';
import { noticesOf } from '../../not-yet.js';
import { accountToWire } from './definition.js';
import * as schema from './fields.js';
import * as rules from './rules.js';

const tags = ['Accounts'];
const params = z.object({ account_id: hexId });
const response = { 200: successOf(schema.answer), ...failures };

export function accountRoutes(app: Http, { db, world, write, access }: Context): void {
  app.get(
    '/accounts',
    {
      schema: {
        tags,
        summary: 'List accounts',
        querystring: schema.listQuery,
        response: { 200: listOf(schema.answer), ...failures },
      },
    },
    async ({ credential, query }) => {
      const accounts = rules.listAccounts(world, query, visibleAccounts(credential!.token, access));
      return sliced(accounts.map(accountToWire), pageRequest(query, 20));
    },
  );

  app.post(
    '/accounts',
    { schema: { tags, summary: 'Create an account', body: schema.createBody, response } },
    async ({ body }) =>
      ok(
        accountToWire(await db.transact((tx) => rules.createAccount(tx, newHexId(), body))),
        noticesOf<schema.CreateBody>(schema.notYet, body),
      ),
  );

  app.get(
    '/accounts/:account_id',
    { schema: { tags, summary: 'Get an account', params, response } },
    async ({ params }) => ok(accountToWire(rules.getAccount(world, params.account_id))),
  );

  app.put(
    '/accounts/:account_id',
    {
      schema: {
        tags,
        summary: 'Change an account',
        params,
        body: schema.putBody,
        response,
      },
    },
    async ({ params, body }) =>
      ok(accountToWire(await write((draft) => rules.replaceAccount(draft, params.account_id, body)))),
  );

  app.delete(
    '/accounts/:account_id',
    {
      schema: {
        tags,
        summary: 'Delete an account with everything that it has',
        params,
        response: { 200: successOf(z.object({ id: hexId })), ...failures },
      },
    },
    async ({ params }) => {
      await db.transact((tx) => rules.removeAccount(tx, world, params.account_id));
      return ok({ id: params.account_id });
    },
  );
}
