import { z } from 'zod';
import { ok } from '../../../api/envelope.js';
import type { Http } from '../../../api/http.js';
import { hexId } from '../../../api/identifiers.js';
import { listed, pageQuery, pageRequest, pageWindow } from '../../../api/pagination.js';
import { createMayDial } from '../../../net/addresses.js';
import { crudRoutes } from '../../_kit/crud.js';
import { operations } from '../../_kit/operations.js';
import { fromMemory } from '../../_kit/shown.js';
import type { Context } from '../../context.js';
import { referenceRoutes } from '../references.js';
import { poolNotices, poolToWire } from './answer.js';
import { answer, bodies } from './fields.js';
import { health, poolHealth } from './health.js';
import { clearEmails, getPool, poolReferences, poolWrites } from './rules.js';

const path = '/accounts/:account_id/load_balancers/pools';
const id = ['pool_id', hexId] as const;
const config = { family: 'lb', alsoForUser: true } as const;
const tags = ['Load balancer pools'];
const params = z.object({ account_id: hexId });

const bulkQuery = z.object({
  ...pageQuery(),
  limit: z.coerce.number().int().min(1).max(1000).optional(),
  offset: z.coerce.number().int().min(0).max(1_000_000).optional(),
});

export function poolRoutes(app: Http, context: Context): void {
  const { world, views, settings } = context;
  const mayDial = createMayDial(settings.directNetworks.dialled);
  crudRoutes(app, context, {
    path,
    id,
    config,
    tags,
    one: 'a pool',
    many: 'pools',
    deletable: ' that no load balancer names',
    answer,
    bodies,
    shown: fromMemory(views.pools, {
      filters: { monitor: hexId.optional() },
      filter: (rows, { monitor }: { readonly monitor?: string }) =>
        monitor === undefined ? rows : rows.filter(({ values }) => values.monitor === monitor),
    }),
    ...poolWrites(settings),
    notices: (pool) => poolNotices(pool, mayDial),
  });

  const { patchList, get } = operations(app, { ...config, tags });
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
    { params: params.extend({ pool_id: hexId }), answer: health },
    async ({ params: { account_id, pool_id } }) =>
      ok(await poolHealth(context.dataPlane, getPool(world, account_id, pool_id), settings.location)),
  );

  const summary = 'List the load balancers that name a pool, and its monitor or monitor group';
  referenceRoutes(app, context, { path, id, config, tags }, summary, poolReferences);
}
