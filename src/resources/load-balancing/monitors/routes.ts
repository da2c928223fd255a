import { z } from 'zod';
import type { Http } from '../../../api/http.js';
import { hexId } from '../../../api/identifiers.js';
import { pageQuery, pageRequest, sliced } from '../../../api/pagination.js';
import { crudRoutes } from '../../_kit/crud.js';
import { noticesOf } from '../../_kit/fields.js';
import { operations } from '../../_kit/operations.js';
import type { Context } from '../../context.js';
import { reference } from '../references.js';
import { answer, body, fields } from './fields.js';
import { changeMonitor, createMonitor, monitorReferences, removeMonitor } from './rules.js';

const path = '/accounts/:account_id/load_balancers/monitors';
const params = z.object({ account_id: hexId });
const config = { family: 'lb', alsoForUser: true } as const;
const tags = ['Load balancer monitors'];

export function monitorRoutes(app: Http, context: Context): void {
  const { world, views, settings } = context;
  crudRoutes(app, context, {
    path,
    params,
    id: ['monitor_id', hexId],
    config,
    tags,
    one: 'a monitor',
    many: 'monitors',
    deletable: ' that no pool and no monitor group uses',
    answer,
    bodies: { write: body, patch: body },
    view: views.monitors,
    ownerOf: ({ account_id }) => account_id!,
    create: (draft, { account_id }, body) => createMonitor(draft, settings, account_id!, body),
    change: (draft, { account_id }, id, body, method) =>
      changeMonitor(draft, settings, account_id!, id, body, method),
    remove: (draft, { account_id }, id) => removeMonitor(draft, account_id!, id),
    notices: ({ values }) => noticesOf(fields, values),
  });

  operations(app, { ...config, tags }).list(
    `${path}/:monitor_id/references`,
    'List the pools and monitor groups that use a monitor',
    {
      params: params.extend({ monitor_id: hexId }),
      query: z.object(pageQuery()),
      answer: reference,
    },
    ({ params: { account_id, monitor_id }, query }) =>
      sliced(monitorReferences(world, account_id, monitor_id), pageRequest(query, null)),
  );
}
