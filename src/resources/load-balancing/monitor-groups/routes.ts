import { z } from 'zod';
import type { Http } from '../../../api/http.js';
import { hexId } from '../../../api/identifiers.js';
import { pageQuery, pageRequest, sliced } from '../../../api/pagination.js';
import { change, create } from '../../_kit/change.js';
import { crudRoutes } from '../../_kit/crud.js';
import { operations } from '../../_kit/operations.js';
import type { Context } from '../../context.js';
import { reference } from '../references.js';
import { monitorGroupToWire } from './definition.js';
import { answer, bodies } from './fields.js';
import { getGroup, groupReferences, groupRules, removeGroup } from './rules.js';

const path = '/accounts/:account_id/load_balancers/monitor_groups';
const params = z.object({ account_id: hexId });
const config = { family: 'lb' } as const;
const tags = ['Load balancer monitor groups'];

export function monitorGroupRoutes(app: Http, context: Context): void {
  const { world, views } = context;
  crudRoutes(app, context, {
    path,
    params,
    id: ['monitor_group_id', hexId],
    config,
    tags,
    one: 'a monitor group',
    many: 'monitor groups',
    deletable: ' that no pool uses',
    answer,
    deleted: answer,
    bodies,
    view: views.monitorGroups,
    ownerOf: ({ account_id }) => account_id!,
    create: (draft, { account_id }, body) =>
      create(groupRules(draft, account_id!), draft.monitorGroups, body),
    // PUT names both fields, so where it starts from does not matter.
    change: (draft, { account_id }, id, body) =>
      change(
        groupRules(draft, account_id!),
        draft.monitorGroups,
        getGroup(draft, account_id!, id),
        body,
        'PATCH',
      ),
    remove: (draft, { account_id }, id) => monitorGroupToWire(removeGroup(draft, account_id!, id)),
  });

  operations(app, { ...config, tags }).list(
    `${path}/:monitor_group_id/references`,
    'List the pools that use a monitor group, and its monitors',
    {
      params: params.extend({ monitor_group_id: hexId }),
      query: z.object(pageQuery()),
      answer: reference,
    },
    ({ params: { account_id, monitor_group_id }, query }) =>
      sliced(groupReferences(world, account_id, monitor_group_id), pageRequest(query, null)),
  );
}
