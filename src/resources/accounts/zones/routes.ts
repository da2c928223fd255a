import { z } from 'zod';
import { visibleZones } from '../../../api/access.js';
import { failures, listOf, ok, successOf } from '../../../api/envelope.js';
import type { Http } from '../../../api/http.js';
import { hexId } from '../../../api/identifiers.js';
import { pageRequest, sliced } from '../../../api/pagination.js';
import { accountsForZones } from '../../../api/permissions.js';
import { noticesOf, type ValuesOf } from '../../_kit/fields.js';
import type { Context } from '../../context.js';
import { type Zone, zoneToWire } from './definition.js';
import { answer, changeBody, createBody, listQuery, sent } from './fields.js';
import { chosen } from './listing.js';
import { changeZone, createZone, getZone, removeZone } from './rules.js';

const tags = ['Zones'];
const params = z.object({ zone_id: hexId });
const response = { 200: successOf(answer), ...failures };

export function zoneRoutes(app: Http, { world, write, access, settings }: Context): void {
  const accountOf = ({ accountId }: Zone) => world.accounts.get(accountId)!;
  const toWire = (zone: Zone) => zoneToWire(zone, accountOf(zone), settings.dns.nameServers);

  app.get(
    '/zones',
    {
      schema: {
        tags,
        summary: 'List zones',
        querystring: listQuery,
        response: { 200: listOf(answer), ...failures },
      },
    },
    async ({ credential, query }) => {
      const visible = visibleZones(credential!.token, access);
      const among = visible && new Set(visible);
      const all = world.zones.by('all', '').filter(({ id }) => among === null || among.has(id));
      const zones = chosen(
        all.map((zone) => ({ zone, account: accountOf(zone) })),
        query,
      );
      const page = sliced(zones, pageRequest(query, 20));
      return { ...page, result: page.result.map(({ zone }) => toWire(zone)) };
    },
  );

  app.post(
    '/zones',
    { schema: { tags, summary: 'Create a zone', body: createBody, response } },
    async ({ body, credential }) => {
      const among = accountsForZones(credential!.token, access);
      return ok(toWire(await write((draft) => createZone(draft, body, among))));
    },
  );

  app.get(
    '/zones/:zone_id',
    { schema: { tags, summary: 'Get a zone', params, response } },
    async ({ params }) => ok(toWire(getZone(world, params.zone_id))),
  );

  app.patch(
    '/zones/:zone_id',
    { schema: { tags, summary: 'Change a zone', params, body: changeBody, response } },
    async ({ params, body }) =>
      ok(
        toWire(await write((draft) => changeZone(draft, params.zone_id, body))),
        noticesOf(sent, body as ValuesOf<typeof sent>),
      ),
  );

  app.delete(
    '/zones/:zone_id',
    {
      schema: {
        tags,
        summary: 'Delete a zone and its load balancers',
        params,
        response: { 200: successOf(z.object({ id: hexId })), ...failures },
      },
    },
    async ({ params }) => {
      await write((draft) => removeZone(draft, params.zone_id));
      return ok({ id: params.zone_id });
    },
  );
}
