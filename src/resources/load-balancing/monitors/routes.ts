import type { Http } from '../../../api/http.js';
import { hexId } from '../../../api/identifiers.js';
import { crudRoutes } from '../../_kit/crud.js';
import { noticesOf } from '../../_kit/fields.js';
import { fromMemory } from '../../_kit/shown.js';
import type { Context } from '../../context.js';
import { referenceRoutes } from '../references.js';
import { answer, body, fields } from './fields.js';
import { monitorReferences, monitorWrites } from './rules.js';

const noun = {
  path: '/accounts/:account_id/load_balancers/monitors',
  id: ['monitor_id', hexId],
  config: { family: 'lb', alsoForUser: true },
  tags: ['Load balancer monitors'],
} as const;

export function monitorRoutes(app: Http, context: Context): void {
  crudRoutes(app, context, {
    ...noun,
    one: 'a monitor',
    many: 'monitors',
    deletable: ' that no pool and no monitor group uses',
    answer,
    bodies: { write: body, patch: body },
    shown: fromMemory(context.views.monitors),
    ...monitorWrites(context.settings),
    notices: ({ values }) => noticesOf(fields, values),
  });

  const summary = 'List the pools and monitor groups that use a monitor';
  referenceRoutes(app, context, noun, summary, monitorReferences);
}
