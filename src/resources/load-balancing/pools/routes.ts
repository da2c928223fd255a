import { z } from 'zod';
import { ok } from '../../../api/envelope.js';
import type { Http } from '../../../api/http.js';
import { hexId } from '../../../api/identifiers.js';
import { listed, pageQuery, pageRequest, pageWindow, sliced } from '../../../api/pagination.js';
import { createMayDial } from '../../../net/direct-networks.js';
import { crudRoutes } from '../../_kit/crud.js';
import { operations } from '../../_kit/operations.js';
import type { Context } from '../../context.js';
import { reference } from '../references.js';
import { poolVerdict } from '../verdict.js';
import { poolNotices, poolToWire } from './answer.js';
import type { Pool } from './definition.js';
import { answer, bodies } from './fields.js';
import { poolHealth } from './health.js';
import { changePool, clearEmails, createPool, getPool, poolReferences, removePool } from './rules.js';

const path = '/accounts/:account_id/load_balancers/pools';
const params = z.object({ account_id: hexId });
const oneParams = params.extend({ pool_id: hexId });
const config = { family: 'lb', alsoForUser: true } as const;
const tags = ['Load balancer pools'];

const bulkQuery = z.object({
  ...pageQuery(),
  limit: z.coerce.number().int().min(1).max(1000).optional(),
  offset: z.coerce.number().int().min(0).max(1_000_000).optional(),
});

const health = z
  .object({ pool_id: hexId, pop_health: z.record(z.string(), poolVerdict) })
  .meta({ id: 'PoolHealth' });

export function poolRoutes(app: Http, context: Context): void {
  const { world, views, settings } = context;
  const mayDial = createMayDial(settings.directNetworks.dialled);
  crudRoutes<Pool, unknown>(app, context, {
    path,
    params,
    id: ['pool_id', hexId],
    config,
    tags,
    one: 'a pool',
    many: 'pools',
    deletable: ' that no load balancer names',
    answer,
    bodies,
    filters: { monitor: hexId.optional() },
    filter: (rows, { monitor }) =>
      monitor === undefined ? rows : rows.filter(({ values }) => values.monitor === monitor),
    view: views.pools,
    ownerOf: ({ account_id }) => account_id!,
    create: (draft, { account_id }, body) => createPool(draft, settings, account_id!, body),
    change: (draft, { account_id }, id, body, method) =>
      changePool(draft, settings, account_id!, id, body, method),
    remove: (draft, { account_id }, id) => removePool(draft, account_id!, id),
    notices: (pool) => poolNotices(pool, mayDial),
  });

  const { patchList, get, list } = operations(app, { ...config, tags });
  patchList(
    path,
    'Take the notification address off pools, by name, one page of them at a time',
    { params, query: bulkQuery, body: z.object({ notification_email: z.literal('', 'must be ""') }), answer },
    async ({ params: { account_id }, query }) => {
      const page = pageRequest({ page: query.page, per_page: query.per_page ?? query.limit }, null);
      const { skip: first = 0, take } = pageWindow(page);
      const skip = query.offset ?? first;
      const { pools, total } = await context.write((draft) => {
        const all = draft.pools.of(account_id);
        const byName = [...all].sort((a, b) => (a.values.name < b.values.name ? -1 : 1));
        const window = byName.slice(skip, take === undefined ? undefined : skip + take);
        return { pools: clearEmails(draft, window), total: all.length };
      });
      return listed(pools.map(poolToWire(context.health)), total, page) as never;
    },
  );

  get(
    `${path}/:pool_id/health`,
    'Show the health of a pool and its origins',
    { params: oneParams, answer: health },
    async ({ params: { account_id, pool_id } }) =>
      ok(await poolHealth(context.dataPlane, getPool(world, account_id, pool_id), settings.location)),
  );

  list(
    `${path}/:pool_id/references`,
    'List the load balancers that name a pool, and its monitor or monitor group',
    { params: oneParams, query: z.object(pageQuery()), answer: reference },
    ({ params: { account_id, pool_id }, query }) =>
      sliced(poolReferences(world, account_id, pool_id), pageRequest(query, null)),
  );
}
