import type { Http } from '../../../api/http.js';
import { hexId } from '../../../api/identifiers.js';
import { crudRoutes } from '../../_kit/crud.js';
import { fromMemory } from '../../_kit/shown.js';
import type { Context } from '../../context.js';
import { referenceRoutes } from '../references.js';
import { answer, bodies } from './fields.js';
import { groupReferences, groupWrites } from './rules.js';

const noun = {
  path: '/accounts/:account_id/load_balancers/monitor_groups',
  id: ['monitor_group_id', hexId],
  config: { family: 'lb' },
  tags: ['Load balancer monitor groups'],
} as const;

export function monitorGroupRoutes(app: Http, context: Context): void {
  crudRoutes(app, context, {
    ...noun,
    one: 'a monitor group',
    many: 'monitor groups',
    deletable: ' that no pool uses',
    answer,
    deleted: answer,
    bodies,
    shown: fromMemory(context.views.monitorGroups),
    ...groupWrites,
  });

  const summary = 'List the pools that use a monitor group, and its monitors';
  referenceRoutes(app, context, noun, summary, groupReferences);
}
