import { z } from 'zod';
import { visibleAccounts } from '../../../api/access.js';
import { ok } from '../../../api/envelope.js';
import type { Http } from '../../../api/http.js';
import { hexId } from '../../../api/identifiers.js';
import { pageRequest, sliced } from '../../../api/pagination.js';
import { noticesOf, type ValuesOf } from '../../_kit/fields.js';
import { accountParams, operations } from '../../_kit/operations.js';
import type { Context } from '../../context.js';
import { accountToWire } from './definition.js';
import { answer, createBody, listQuery, putBody, sent } from './fields.js';
import * as rules from './rules.js';

export function accountRoutes(app: Http, { world, write, access }: Context): void {
  const { list, post, get, put, remove } = operations(app, { tags: ['Accounts'] });
  const one = '/accounts/:account_id';

  list('/accounts', 'List accounts', { query: listQuery, answer }, ({ credential, query }) => {
    const accounts = rules.listAccounts(world, query, visibleAccounts(credential!.token, access));
    return sliced(accounts.map(accountToWire), pageRequest(query, 20));
  });

  post('/accounts', 'Create an account', { body: createBody, answer }, async ({ body }) => {
    const account = await write((draft) => rules.createAccount(draft, draft.ids.hex(), body));
    return ok(accountToWire(account), noticesOf(sent, body as ValuesOf<typeof sent>));
  });

  get(one, 'Get an account', { params: accountParams, answer }, ({ params }) =>
    ok(accountToWire(rules.getAccount(world, params.account_id))),
  );

  put(one, 'Change an account', { params: accountParams, body: putBody, answer }, async ({ params, body }) =>
    ok(accountToWire(await write((draft) => rules.replaceAccount(draft, params.account_id, body)))),
  );

  remove(
    one,
    'Delete an account with everything that it has',
    { params: accountParams, answer: z.object({ id: hexId }) },
    async ({ params: { account_id: id } }) => {
      await write((draft) => rules.removeAccount(draft, id));
      return ok({ id });
    },
  );
}
