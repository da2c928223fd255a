import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { ok } from '../../../api/envelope.js';
import type { Http } from '../../../api/http.js';
import { hexId } from '../../../api/identifiers.js';
import {
  field,
  initialOf,
  noticesOf,
  patchBody,
  shownShape,
  type ValuesOf,
  valuesAfter,
} from '../../_kit/fields.js';
import { operations } from '../../_kit/operations.js';
import type { Context } from '../../context.js';
import type { WorkingDraft, WorkingWorld } from '../../definitions.js';

const PATH = '/accounts/:account_id/zerotrust/connectivity_settings';

const fields = {
  icmp_proxy_enabled: field(z.boolean(), false, {
    notYet: (enabled) => (enabled ? 'no ICMP is proxied' : undefined),
  }),
  offramp_warp_enabled: field(z.boolean(), false, {
    notYet: (enabled) => (enabled ? 'there is no traffic between devices' : undefined),
  }),
};
const body = patchBody(fields);
const answer = z.object(shownShape(fields)).meta({ id: 'ConnectivitySettings' });
type Settings = ValuesOf<typeof fields>;

export function connectivitySettingsRoutes(app: Http, { world, write }: Context): void {
  const { get, patch } = operations(app, { family: 'zt', tags: ['Connectivity settings'] });
  const schemas = { params: z.object({ account_id: hexId }), answer };

  get(PATH, 'Get the connectivity settings of the account', schemas, ({ params }) =>
    ok(settingsOf(world, params.account_id)),
  );

  patch(
    PATH,
    'Change the connectivity settings of the account',
    { ...schemas, body },
    async ({ params, body }) => {
      const changed = await write((draft) => changeSettings(draft, params.account_id, body));
      return ok(changed, noticesOf(fields, changed));
    },
  );
}

function settingsOf(world: Pick<WorkingWorld, 'connectivitySettings'>, accountId: string): Settings {
  const stored = world.connectivitySettings.get(accountId);
  const { id: _id, ...settings } = stored ?? { id: accountId, ...initialOf(fields) };
  return settings;
}

/** Changes what the body names; a null goes back to the default. */
function changeSettings(draft: WorkingDraft, id: string, changes: z.output<typeof body>): Settings {
  const before = settingsOf(draft, id);
  const after = valuesAfter(fields, changes, before, initialOf(fields));
  if (!isDeepStrictEqual(after, before)) draft.connectivitySettings.put({ id, ...after });
  return after;
}
