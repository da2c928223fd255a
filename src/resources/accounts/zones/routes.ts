import { z } from 'zod';
import { visibleZones } from '../../../api/access.js';
import { ok } from '../../../api/envelope.js';
import type { Http } from '../../../api/http.js';
import { hexId } from '../../../api/identifiers.js';
import { pageRequest, sliced } from '../../../api/pagination.js';
import { accountsForZones } from '../../../api/permissions.js';
import { noticesOf, type ValuesOf } from '../../_kit/fields.js';
import { operations } from '../../_kit/operations.js';
import type { Context } from '../../context.js';
import { type Zone, zoneToWire } from './definition.js';
import { answer, changeBody, createBody, listQuery, sent } from './fields.js';
import { chosenZones } from './listing.js';
import { changeZone, createZone, getZone, removeZone } from './rules.js';

const params = z.object({ zone_id: hexId });

export function zoneRoutes(app: Http, { world, write, access, settings }: Context): void {
  const accountOf = ({ accountId }: Zone) => world.accounts.get(accountId)!;
  const toWire = (zone: Zone) => zoneToWire(zone, accountOf(zone), settings.dns.nameServers);

  const { list, post, get, patch, remove } = operations(app, { tags: ['Zones'] });
  const one = '/zones/:zone_id';

  list('/zones', 'List zones', { query: listQuery, answer }, ({ credential, query }) => {
    const visible = visibleZones(credential!.token, access);
    const among = visible && new Set(visible);
    const all = world.zones.by('all', '').filter(({ id }) => among === null || among.has(id));
    const zones = chosenZones(
      all.map((zone) => ({ zone, account: accountOf(zone) })),
      query,
    );
    const page = sliced(zones, pageRequest(query, 20));
    return { ...page, result: page.result.map(({ zone }) => toWire(zone)) };
  });

  post('/zones', 'Create a zone', { body: createBody, answer }, async ({ body, credential }) => {
    const among = accountsForZones(credential!.token, access);
    return ok(toWire(await write((draft) => createZone(draft, body, among))));
  });

  get(one, 'Get a zone', { params, answer }, ({ params }) => ok(toWire(getZone(world, params.zone_id))));

  patch(one, 'Change a zone', { params, body: changeBody, answer }, async ({ params, body }) =>
    ok(
      toWire(await write((draft) => changeZone(draft, params.zone_id, body))),
      noticesOf(sent, body as ValuesOf<typeof sent>),
    ),
  );

  remove(
    one,
    'Delete a zone and its load balancers',
    { params, answer: z.object({ id: hexId }) },
    async ({ params: { zone_id: id } }) => {
      await write((draft) => removeZone(draft, id));
      return ok({ id });
    },
  );
}
