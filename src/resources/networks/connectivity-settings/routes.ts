import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { failures, ok, successOf } from '../../../api/envelope.js';
import { mergeFields, nullish } from '../../../api/fields.js';
import type { Http } from '../../../api/http.js';
import { hexId } from '../../../api/identifiers.js';
import type { Context } from '../../context.js';
import type { WorkingDraft, WorkingWorld } from '../../definitions.js';
import { type NotYet, noticesOf } from '../../not-yet.js';

const PATH = '/accounts/:account_id/zerotrust/connectivity_settings';
const config = { family: 'zt' } as const;
const tags = ['Connectivity settings'];

const members = { icmp_proxy_enabled: z.boolean(), offramp_warp_enabled: z.boolean() };
const params = z.object({ account_id: hexId });
const patchBody = z.object(nullish(members));
const settings = z.object(members).meta({ id: 'ConnectivitySettings' });
const response = { 200: successOf(settings), ...failures };
type Settings = z.output<typeof settings>;

const DEFAULTS: Settings = { icmp_proxy_enabled: false, offramp_warp_enabled: false };

const notYet: NotYet<Settings> = {
  icmp_proxy_enabled: (enabled) => (enabled ? 'no ICMP is proxied' : undefined),
  offramp_warp_enabled: (enabled) => (enabled ? 'there is no traffic between devices' : undefined),
};

function settingsOf(world: Pick<WorkingWorld, 'connectivitySettings'>, accountId: string): Settings {
  const { id: _id, ...stored } = world.connectivitySettings.get(accountId) ?? { id: accountId, ...DEFAULTS };
  return stored;
}

/** Changes what the body names; a null goes back to the default. */
function changeSettings(draft: WorkingDraft, id: string, body: z.output<typeof patchBody>): Settings {
  const before = settingsOf(draft, id);
  const after = mergeFields<Settings>(body, before, DEFAULTS);
  if (!isDeepStrictEqual(after, before)) draft.connectivitySettings.put({ id, ...after });
  return after;
}

export function connectivitySettingsRoutes(app: Http, { world, write }: Context): void {
  app.get(
    PATH,
    { config, schema: { tags, summary: 'Get the connectivity settings of the account', params, response } },
    async ({ params }) => ok(settingsOf(world, params.account_id)),
  );

  app.patch(
    PATH,
    {
      config,
      schema: {
        tags,
        summary: 'Change the connectivity settings of the account',
        params,
        body: patchBody,
        response,
      },
    },
    async ({ params: { account_id }, body }) => {
      const changed = await write((draft) => changeSettings(draft, account_id, body));
      return ok(changed, noticesOf(notYet, changed));
    },
  );
}
